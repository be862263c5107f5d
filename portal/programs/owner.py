"""Connection strings for commands that a person runs beside a ledger."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import MalformedError, UnavailableError
from portal.cli.context import read_run


def owner_url(data: Path, role: str = "owner") -> str:
    """Return the connection string of a role for the ledger of a data folder.

    ``LEDGER_DATABASE_URL`` wins, for ledgers whose database this program did not start; else the
    ledger has to run, and its password files are read.

    Args:
        data: Data folder.
        role: ``owner``, ``append``, ``project``, ``relay``, ``portal`` or ``audit``.

    Raises:
        MalformedError: ``LEDGER_DATABASE_URL`` is no connection string.
        UnavailableError: Nothing runs there, or a password file cannot be read.
    """
    if url := os.environ.get("LEDGER_DATABASE_URL"):
        return _checked(url)
    run = read_run(data)
    if url := run.get("database_url"):
        return str(url)
    user, file = ("lianzheng", "postgres-superuser.txt")
    if role != "owner":
        user, file = f"lz_{role}", f"postgres-lz_{role}.txt"
    try:
        password = (data / "keys" / file).read_text().strip()
    except OSError as error:
        raise UnavailableError(f"{data}/keys/{file} cannot be read") from error
    return f"postgresql://{user}:{password}@{run['postgres']}/lianzheng"


def _checked(url: str) -> str:
    """Return a connection string if it is one; the driver's own words could hold a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        raise MalformedError("LEDGER_DATABASE_URL is no PostgreSQL connection string") from error
    return url
