"""The whole environment of the eventsourcing library, pinned; and how a recorder is opened.

Read before: ``ledger/application.py``. Read next: ``ledger/store/recorder.py``.

The library reads ambient variables, with and without the application's name before them: a stray
``COMPRESSOR_TOPIC`` would change the bytes that are stored. So every key it knows is set here, used
or not, under the prefixed name that wins over the plain one.
"""

from __future__ import annotations

from typing import Any, Final

from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from ledger.errors import LedgerError, MalformedError
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import table_prefix
from ledger.store.recorder import LedgerRecorder

NAMESPACE: Final = "ledger"
POOL_SIZE: Final = 2  # One connection appends, one promises.
POOL_OVERFLOW: Final = 14  # For programs that read for many visitors.
CONNECT_TIMEOUT_S: Final = 10
# A lock or an idle transaction that lasts this long belongs to somebody who is gone.
LOCK_TIMEOUT_S: Final = 30
STATEMENT_TIMEOUT_S: Final = 60  # Of a program that appends, relays or answers visitors.
IDLE_TIMEOUT_S: Final = 60
# A host that drops packets is given up after about 20 seconds, not after the system's hours.
LOST_HOST: Final[dict[str, Any]] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}

# Every statement here goes by an index. A plan is kept as long as its connection: one that was
# made while a table was nearly empty must not read the whole of it when it has grown.
_SESSION: Final = f"-c lock_timeout={LOCK_TIMEOUT_S}s -c enable_seqscan=off"

_RECORDER: Final = "ledger.store.recorder:LedgerRecorder"
_PINNED: Final = {
    "PERSISTENCE_MODULE": "eventsourcing.postgres",
    "APPLICATION_RECORDER_TOPIC": _RECORDER,
    "PROCESS_RECORDER_TOPIC": _RECORDER,
    "TRACKING_RECORDER_TOPIC": "",
    "MAPPER_TOPIC": "",
    "TRANSCODER_TOPIC": "",
    "CIPHER_TOPIC": "",
    "CIPHER_KEY": "",
    "COMPRESSOR_TOPIC": "",
    "IS_SNAPSHOTTING_ENABLED": "n",
    "AGGREGATE_CACHE_MAXSIZE": "",
    "AGGREGATE_CACHE_FASTFORWARD": "n",
    "AGGREGATE_CACHE_FASTFORWARD_SKIPPING": "n",
    "DEEPCOPY_FROM_AGGREGATE_CACHE": "y",
    "CREATE_TABLE": "n",
    "ORIGINATOR_ID_TYPE": "text",
    "SINGLE_ROW_TRACKING": "y",
    "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
    "POSTGRES_SCHEMA": NAMESPACE,
    "POSTGRES_GET_PASSWORD_TOPIC": "",
    "POSTGRES_POOL_SIZE": str(POOL_SIZE),
    "POSTGRES_MAX_OVERFLOW": str(POOL_OVERFLOW),
    "POSTGRES_MAX_WAITING": "0",
    "POSTGRES_CONN_MAX_AGE": "3600",
    "POSTGRES_PRE_PING": "n",
    "POSTGRES_CONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S),
    "POSTGRES_LOCK_TIMEOUT": str(LOCK_TIMEOUT_S),
    "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": str(IDLE_TIMEOUT_S),
}


def recorder_environment(database_url: str, log: str) -> dict[str, str]:
    """Return every variable that the library's factory reads, for the application of one log.

    The application's name must be ``table_prefix(log)``: it names the tables. Programs here open
    their recorders by ``open_recorder``; this is for who runs an application of the library on a
    log, and a contract test shows that our recorder is what the library then makes.

    Raises:
        MalformedError: The URL names no host, database or user.
    """
    target = _target(database_url)
    values = _PINNED | {
        "POSTGRES_HOST": str(target["host"]),
        "POSTGRES_PORT": str(target.get("port", 5432)),
        "POSTGRES_DBNAME": str(target["dbname"]),
        "POSTGRES_USER": str(target["user"]),
        "POSTGRES_PASSWORD": str(target.get("password", "")),
    }
    prefix = table_prefix(log).upper()
    return {f"{prefix}_{key}": value for key, value in values.items()}


def open_datastore(
    database_url: str, *, pool_size: int = POOL_SIZE, statement_timeout_s: int = 0
) -> PostgresDatastore:
    """Return the library's connections for a database; what else the URL says (TLS) is kept.

    Args:
        database_url: As libpq reads it.
        pool_size: Connections to keep.
        statement_timeout_s: After which the server gives up a statement; 0: never, for who reads
            whole tables.

    Raises:
        MalformedError: The URL names no host, database or user.
    """
    target = _target(database_url)
    datastore = PostgresDatastore(
        dbname=str(target.pop("dbname")),
        host=str(target.pop("host")),
        port=str(target.pop("port", 5432)),
        user=str(target.pop("user")),
        password=str(target.pop("password", "")),
        connect_timeout=CONNECT_TIMEOUT_S,
        idle_in_transaction_session_timeout=IDLE_TIMEOUT_S,
        pool_size=pool_size,
        max_overflow=POOL_OVERFLOW,
        pre_ping=False,  # ``LedgerRecorder.connection`` drops broken ones when it meets one.
        lock_timeout=LOCK_TIMEOUT_S,
        schema=NAMESPACE,
        originator_id_type="text",
        enable_db_functions=False,
    )
    assert isinstance(datastore.pool.kwargs, dict)
    datastore.pool.kwargs |= LOST_HOST | target | {"options": _session(statement_timeout_s)}
    return datastore


def open_recorder(database_url: str, log: str, key_store: KeyStore | None = None) -> LedgerRecorder:
    """Return the recorder of one log on connections of its own; close ``recorder.datastore``.

    Raises:
        MalformedError: The URL names no host, database or user.
        UnavailableError: PostgreSQL is away.
    """
    datastore = open_datastore(database_url)
    try:
        return LedgerRecorder.for_log(datastore, log, key_store)
    except LedgerError:
        datastore.close()
        raise


def _session(statement_timeout_s: int) -> str:
    return f"{_SESSION} -c statement_timeout={statement_timeout_s}s"


def _target(database_url: str) -> dict[str, object]:
    target: dict[str, object] = dict(conninfo_to_dict(database_url))
    if not {"host", "dbname", "user"} <= set(target):
        raise MalformedError("a database URL needs host, database and user")
    return target
