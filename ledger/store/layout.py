"""A role looks at its start whether the database has the layout that it was written for.

Read before: ``ledger/store/migrations.py``. Read next: ``portal/cli/roles.py``.

Only the owner of the tables may bring them up to date (``lianzheng ledger create``, ``up``); a role
has no such right and must not guess on an older or a newer layout.
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg.errors import InsufficientPrivilege, InvalidSchemaName, UndefinedTable

from ledger.errors import MalformedError
from ledger.store.migrations import migrations
from ledger.store.outage import postgres_away
from ledger.store.sql import load

CONNECT_LIMIT_S: Final = 10
_REMEDY: Final = (
    "as its owner, run lianzheng ledger create and then infra/postgres/roles.sql "
    "(docs/howto/operate.md#upgrade-go-back)"
)


def require_layout(url: str) -> None:
    """Check a database's layout against this program's, reading only.

    Args:
        url: Connection string of a role.

    Raises:
        MalformedError: It has another layout, none, or does not let this role see which.
        UnavailableError: PostgreSQL is away.
    """
    ours = {item.number: item.sha256 for item in migrations()}
    applied = _applied(url)
    if applied == ours:
        return
    if applied.keys() - ours.keys():
        raise _refused(f"it is {max(applied)}, newer than this program's {max(ours)}: upgrade this")
    if missing := ours.keys() - applied.keys():
        raise _refused(f"it lacks migration {min(missing)} of {max(ours)}; {_REMEDY}")
    number = min(number for number in ours if applied[number] != ours[number])
    raise _refused(f"migration {number} is not the one of this program")


def _applied(url: str) -> dict[int, str]:
    query = load("ledger.store", "migrations.sql")["select_applied"]
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_LIMIT_S) as connection:
            return dict(connection.execute(query).fetchall())
    except InsufficientPrivilege as error:
        raise _refused(f"this role may not see it; {_REMEDY}") from error
    except (InvalidSchemaName, UndefinedTable) as error:
        raise _refused(f"there is none; {_REMEDY}") from error
    except psycopg.OperationalError as error:
        raise postgres_away(error) from error
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        # Nothing was asked of a server yet; the driver's own words could hold a password.
        raise MalformedError("LEDGER_DATABASE_URL is no PostgreSQL connection string") from None


def _refused(text: str) -> MalformedError:
    return MalformedError(f"layout of the database: {text}", code="DATABASE_LAYOUT")
