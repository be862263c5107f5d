"""Servers that somebody else runs: named as they must be, and answering, before anything is made.

Read before: ``portal/cli/up.py``. Read next: ``portal/stack/servers.py``.

A ledger is born into whatever is there, and half a ledger is hard to tell from a broken one; so a
wrong address is found before the first folder is made.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

EMBEDDED: Final = "embedded"
OWN_BROKERS: Final = (EMBEDDED, "apache", "none")  # ``none``: the command talks to no broker.
CONNECT_LIMIT_S: Final = 15


def require_servers(broker: str, database: str) -> None:
    """Look once at each server that is not started here.

    Args:
        broker: ``embedded``, ``apache``, ``none`` or ``HOST:PORT[,HOST:PORT...]``.
        database: ``embedded`` or a PostgreSQL URL.

    Raises:
        MalformedError: One of them is named wrongly.
        UnavailableError: One of them does not answer.
    """
    from consumers.emitter.reachable import check_servers, require_broker
    from consumers.kafka_client import KafkaAddress

    if broker not in OWN_BROKERS:
        check_servers(broker)
    if database != EMBEDDED:
        _require_database(database)
    if broker not in OWN_BROKERS:
        require_broker(KafkaAddress(broker))


def _require_database(url: str) -> None:
    import psycopg

    from ledger.errors import MalformedError, UnavailableError

    fault = "--database is embedded or a URL such as postgresql://USER@HOST:5432/NAME"
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname}:{parts.port or 5432}"
    except ValueError as error:  # A port that is no number.
        raise MalformedError(fault) from error
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise MalformedError(fault)
    try:
        psycopg.connect(url, connect_timeout=CONNECT_LIMIT_S).close()
    except psycopg.ProgrammingError as error:
        raise MalformedError(fault) from error
    except psycopg.OperationalError as error:
        # The driver's own words can hold the password.
        raise UnavailableError(f"PostgreSQL at {place} does not let us in") from error
