"""Database roles: who may do what, from ``roles.sql``.

Read before: ``ledger/store/birth.py``.

One role a program. ``infra/postgres/roles.sql`` is a link to the file beside this module, so that
an administrator runs exactly what the embedded stack runs. Trusts whoever holds the owner's
password.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from ledger.store.sql import read_text

ROLES: Final = (
    "lz_append",
    "lz_project",
    "lz_relay",
    "lz_supervise",
    "lz_portal",
    "lz_audit",
)


def apply_roles(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles and their grants, and let those with a password log in. Repeatable.

    Args:
        connection: As an administrator who owns the tables; one transaction of its own.
        passwords: By role name. They go into a statement's text because PostgreSQL takes no
            parameter there: turn statement logging off, as the embedded stack does.
    """
    assert set(passwords) <= set(ROLES)
    with connection.transaction():
        connection.execute(read_text("ledger.store", "roles.sql"))
        for role, password in passwords.items():
            connection.execute(
                SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(password))
            )
