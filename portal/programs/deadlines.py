"""Deadlines as a person on the command line sees them.

Read before: ``portal/cli/deadline.py``. Read next: ``projections/deadlines/postgres.py``.

Rows come from the view; calendar and words are read from the control log and held against the
promise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.clock import SystemClock
from ledger.errors import MalformedError
from portal.deadline_list import deadline_list, find_deadline
from portal.deadlines import Reckoning
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.streams import open_ledger, require_stream
from projections.deadlines.postgres import PostgresDeadlineReader
from projections.deadlines.view import STATES, DeadlineQuery, DeadlineRow
from projections.reading import PAGE_ROWS_MAX, Cursor

ROLE = "audit"


def list_deadlines(
    data: Path, query: DeadlineQuery, limit: int, at: int | None
) -> tuple[list[dict[str, Any]], bool]:
    """Return at most ``limit`` deadlines, the earliest due first, and whether there are more.

    Args:
        data: Folder of the ledger.
        query: Which.
        limit: At most so many.
        at: The moment that what is overdue is reckoned by, microseconds UTC; None: now.

    Raises:
        MalformedError: There is no such state, or no such row in any published rule set.
        RejectedError: There is no such stream.
        UnavailableError: Database or tile store is away.
        VerificationError: The control log is not what was promised.
    """
    if query.state is not None and query.state not in STATES:
        raise MalformedError(f"{query.state!r} is none of {', '.join(STATES)}")
    reckoning = _reckoning(data, at)
    rows: list[DeadlineRow] = []
    after: Cursor | None = None
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresDeadlineReader(connection)
        while len(rows) < limit:
            count = min(PAGE_ROWS_MAX, limit - len(rows))
            page = deadline_list(reader, query, reckoning, count, after)
            rows += page.rows
            after = page.next_cursor
            if after is None:
                break
    if not rows:
        _require_known(data, query)
    return [reckoning.document(row) for row in rows], after is not None


def read_deadline(data: Path, instance_id: str, at: int | None) -> dict[str, Any]:
    """Return one deadline.

    Raises:
        MalformedError: There is none with this id.
        UnavailableError: Database or tile store is away.
        VerificationError: The control log is not what was promised.
    """
    reckoning = _reckoning(data, at)
    with connect(owner_url(data, ROLE)) as connection:
        row = find_deadline(PostgresDeadlineReader(connection), instance_id, reckoning)
    if row is None:
        raise MalformedError(f"there is no deadline {instance_id}", code="NOT_FOUND")
    return reckoning.document(row)


def _require_known(data: Path, query: DeadlineQuery) -> None:
    """Check that nothing was found of something that there is: a slip is not good news."""
    if query.deadline_id is not None:
        with open_ledger(data) as ledger:
            published = [one.deadlines.rules for one in ledger.state.rule_sets if one.deadlines]
        if not any(query.deadline_id in rules for rules in published):
            raise MalformedError(f"there is no deadline row {query.deadline_id}", code="NOT_FOUND")
    if query.stream_id is not None:
        require_stream(data, query.stream_id)


def _reckoning(data: Path, at: int | None) -> Reckoning:
    with open_ledger(data) as ledger:
        return Reckoning(SystemClock().now_micros() if at is None else at, ledger.state)
