"""Where the servers of a ledger are, for commands that a person runs beside it.

Read before: ``portal/cli/settings.py``. Read next: ``portal/programs/platform_hand.py``.

A ledger of ``lianzheng up`` says it in ``run.json``; one whose roles are separate programs does
not, so there commands are given the settings that the roles have. What is set counts first.
"""

from __future__ import annotations

from pathlib import Path

from consumers.emitter.reachable import check_servers
from ledger.errors import MalformedError, UnavailableError
from portal.cli.context import read_run
from portal.cli.settings import read_command_settings


def owner_url(data: Path, role: str = "owner") -> str:
    """Return the connection string of a role for the ledger of a data folder.

    ``LEDGER_DATABASE_URL`` wins, for ledgers whose database this program did not start; else the
    ledger has to run, and its password files are read. The roles' strings are made for the ledger's
    own programs; what each may do is in ``infra/postgres/roles.sql``.

    Args:
        data: Data folder.
        role: ``owner``, ``append``, ``project``, ``relay``, ``portal`` or ``audit``.

    Raises:
        MalformedError: ``LEDGER_DATABASE_URL`` is no connection string, or a setting is unknown.
        UnavailableError: Nothing runs there, or a password file cannot be read.
    """
    if url := given_database():
        return url
    run = read_run(data)
    user, file = ("lianzheng", "postgres-superuser.txt")
    if role != "owner":
        user, file = f"lz_{role}", f"postgres-lz_{role}.txt"
    try:
        password = (data / "keys" / file).read_text().strip()
    except OSError as error:
        raise UnavailableError(
            f"{data}/keys/{file} cannot be read; a PostgreSQL of your own is named with "
            "LEDGER_DATABASE_URL"
        ) from error
    return f"postgresql://{user}:{password}@{run['postgres']}/lianzheng"


def kafka_servers(data: Path) -> str:
    """Return the Kafka servers of the ledger of a data folder: those set, or those it runs on.

    Raises:
        MalformedError: ``LEDGER_KAFKA`` is not ``HOST:PORT[,HOST:PORT...]``.
        UnavailableError: It is not set and nothing runs there.
    """
    return given_kafka() or str(read_run(data)["kafka"])


def given_kafka() -> str:
    """Return what ``LEDGER_KAFKA`` says, or nothing. Raises MalformedError."""
    servers = read_command_settings().kafka
    return check_servers(servers) if servers else ""


def given_database() -> str:
    """Return what ``LEDGER_DATABASE_URL`` or its file says, or nothing. Raises MalformedError."""
    url = read_command_settings().database_url.get_secret_value()
    return _checked(url) if url else ""


def _checked(url: str) -> str:
    """Return a connection string if it is one; the driver's own words could hold a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        raise MalformedError("LEDGER_DATABASE_URL is no PostgreSQL connection string") from error
    return url
