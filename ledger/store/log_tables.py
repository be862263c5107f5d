"""The tables of one log, and the names they have.

Read before: ``ledger/store/migrations.py``. Read next: ``ledger/store/transaction.py``.

A log is called ``control``, ``0``, ``1``, ... up to ``15``; its tables ``control_events`` or
``log_0_events``, and so on, in namespace ``ledger``. Trusts its caller for nothing but a name that
it checks, so that no name from outside becomes an identifier.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from psycopg import Connection
from psycopg.sql import Composed, Identifier

from ledger.chain.tree import EMPTY_ROOT
from ledger.errors import VerificationError
from ledger.limits import CASE_LOGS_MAX
from ledger.store.sql import compose, load

CONTROL: Final = "control"
LOG_NAMES: Final = (CONTROL, *(str(number) for number in range(CASE_LOGS_MAX)))


def table_prefix(log: str) -> str:
    """Return the prefix of a log's tables: ``control`` or ``log_<n>``."""
    if log not in LOG_NAMES:
        raise ValueError("a log is called control or 0 to 15")
    return CONTROL if log == CONTROL else f"log_{log}"


def log_of(prefix: str) -> str:
    """Return the log whose tables have ``prefix``."""
    log = prefix.removeprefix("log_")
    if log not in LOG_NAMES or table_prefix(log) != prefix:
        raise ValueError("a table prefix is control or log_0 to log_15")
    return log


def origin_of(ledger: str, log: str) -> str:
    """Return a log's origin: ``<ledger>/control`` or ``<ledger>/log/<n>``."""
    assert log in LOG_NAMES
    return f"{ledger}/control" if log == CONTROL else f"{ledger}/log/{log}"


def log_names(case_logs: int) -> tuple[str, ...]:
    """Return the logs of a ledger, control log first."""
    assert 1 <= case_logs <= CASE_LOGS_MAX
    return LOG_NAMES[: case_logs + 1]


class LogTables(NamedTuple):
    """Names of one log's tables in namespace ``ledger``."""

    log: str
    events: str
    nodes: str
    refusals: str
    tracking: str

    @classmethod
    def of(cls, log: str) -> LogTables:
        """Return the names for ``log``."""
        prefix = table_prefix(log)
        return cls(
            log, f"{prefix}_events", f"{prefix}_nodes", f"{prefix}_refusals", f"{prefix}_tracking"
        )

    def compose(self, text: str) -> Composed:
        """Return a statement with this log's table names filled in."""
        return compose(
            text,
            events=Identifier(self.events),
            nodes=Identifier(self.nodes),
            refusals=Identifier(self.refusals),
            tracking=Identifier(self.tracking),
        )


def create_log_tables(connection: Connection, log: str, origin: str, profile: str) -> None:
    """Create a log's tables and its empty head; one transaction of its own, repeatable.

    Raises:
        VerificationError: The log is there already with another origin or hash profile.
    """
    tables = LogTables.of(log)
    queries = load("ledger.store", "log_tables.sql")
    values = {"log": log, "origin": origin, "profile": profile, "root": EMPTY_ROOT}
    with connection.transaction():
        connection.execute(compose(queries["insert_head"]), values)
        connection.execute(compose(queries["insert_promise"]), values)
        found = connection.execute(compose(queries["select_identity"]), values).fetchone()
        if found is None or tuple(found) != (origin, profile):
            raise VerificationError(f"log {log} exists with another origin or hash profile")
        for name in ("create_events", "store_plain", "create_nodes", "create_refusals"):
            connection.execute(tables.compose(queries[name]))
        connection.execute(tables.compose(queries["create_tracking"]))
        for table in (tables.events, tables.nodes, tables.refusals):
            connection.execute(compose(queries["refuse_change"], table=Identifier(table)))
