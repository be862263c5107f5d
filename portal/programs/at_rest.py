"""The database of a ledger for a look at it, whether the ledger runs or not.

Read before: ``portal/programs/owner.py``. Read next: ``portal/programs/ledger_check.py``.

A ledger that does not prove what it claims does not run (exit 10), and just then its database has
to be looked at. So a server of the data folder is started for the look, and nothing else is: no
role, no migration, no grant. What the server itself does to its files at a start it does at any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import UnavailableError
from ledger.store.birth import LedgerOptions
from portal.cli import output
from portal.cli.context import read_options, read_run
from portal.programs.owner import given_database, owner_url
from portal.stack.ledger_stack import LedgerStack, StackPlan
from portal.stack.postgres import EmbeddedPostgres

_NAMES = ("name", "operator", "logs", "profile", "synthetic", "sim_start")


@contextmanager
def readable_database(data: Path, role: str) -> Iterator[str]:
    """Lend the connection string of a role for the database of a ledger.

    Args:
        data: Data folder.
        role: As ``owner_url``; a database that was started for this is read as its superuser.

    Raises:
        MalformedError: A setting is none.
        RejectedError: The ledger is starting or stopping.
        UnavailableError: There is no ledger, its database is elsewhere and not named, or does not
            start.
    """
    has_cluster = (data / "postgres" / "PG_VERSION").exists()
    if given_database() or not has_cluster or _runs(data):
        yield owner_url(data, role)
        return
    there = read_options(data, _NAMES)
    options = LedgerOptions(**{name: there[name] for name in _NAMES})
    stack = LedgerStack(StackPlan(data, options), output.say)
    stack.prepare_folder()  # Its lock: nobody starts the ledger meanwhile.
    try:
        server = EmbeddedPostgres(stack.data, stack.diagnostics)
        output.say("the ledger does not run; starting its database alone")
        try:
            server.start()
            yield server.url()
        finally:
            server.stop()
    finally:
        stack.release_folder()


def _runs(data: Path) -> bool:
    try:
        read_run(data)
    except UnavailableError:
        return False
    return True
