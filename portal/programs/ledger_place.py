"""Where the database of a ledger that was born lies, and whether it is that ledger's.

Read before: ``portal/programs/outside.py``. Read next: ``portal/programs/lifetime.py``.

``ledger.json`` does not say where the database is. So an absent ``DATA/postgres`` means that it is
elsewhere, or was lost: a new cluster in its place would look like a ledger whose entries were taken
away. Nobody was wronged by a wrong address, so these are mistakes of the question, never exit 10.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from ledger.errors import MalformedError, UnavailableError
from ledger.store.log_tables import CONTROL, origin_of
from ledger.store.sql import load
from portal.cli.context import read_options
from portal.programs.outside import CONNECT_LIMIT_S, EMBEDDED
from portal.programs.owner import given_database


def require_cluster(data: Path) -> None:
    """Raise MalformedError unless the database of a ledger lies in its data folder."""
    if not (data / "postgres" / "PG_VERSION").exists():
        raise MalformedError(
            f"there is no database in {data}, and none is made for a ledger that was born: if its "
            "PostgreSQL is elsewhere, name that with --database URL; if the folder postgres was "
            "lost, put its backup back first (docs/howto/operate.md)"
        )


def require_born_cluster(data: Path, database: str) -> None:
    """Raise MalformedError where a new database would be made for a ledger that has one."""
    is_born = (data / "ledger.json").exists() and read_options(data).get("created_at") is not None
    if database == EMBEDDED and is_born:
        require_cluster(data)


def place_of(data: Path, database: str | None) -> str:
    """Return where the database of a ledger is: as given, as set, or ``embedded``.

    Args:
        data: Data folder of a ledger that was born.
        database: ``embedded``, a URL, or None where the user did not say.

    Raises:
        MalformedError: It would be the data folder's, and there is none.
    """
    place = database or given_database() or EMBEDDED
    if place == EMBEDDED:
        require_cluster(data)
    return place


def require_ledger(url: str, name: str) -> None:
    """Look whether a database holds the ledger ``name``, before anything is changed in it.

    Args:
        url: Connection string of a server that answers.
        name: The ledger's name.

    Raises:
        MalformedError: It holds no ledger, or another one.
        UnavailableError: It does not answer.
    """
    origins = _origins(url)
    if not origins:
        raise MalformedError(
            f"this database holds no ledger; name that of {name} with --database URL, or put its "
            "backup back first"
        )
    if origin_of(name, CONTROL) not in origins:
        raise MalformedError(f"this database holds {min(origins)}, and not the ledger {name}")


def _origins(url: str) -> set[str]:
    """Return the origins of all logs in a database; none where it was never a ledger's."""
    queries = load("portal.programs", "ledger_place.sql")
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_LIMIT_S) as connection:
            found: Any = connection.execute(queries["has_heads"].encode()).fetchone()
            if not found[0]:
                return set()
            return {str(row[0]) for row in connection.execute(queries["origins"].encode())}
    except psycopg.OperationalError as error:
        raise UnavailableError("PostgreSQL does not let us in") from error
