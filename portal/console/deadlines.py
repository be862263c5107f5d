"""Deadlines for people: what is due, for whom, in how many working days, what is overdue first.

Read before: ``portal/api/deadlines.py``. Read next: ``portal/console/replay.py``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.domain.deadline_rules import DeadlineRule
from ledger.domain.projection import CONTROL_LOG
from ledger.rules.calendar import end_of_day
from portal.access import require
from portal.api.deadlines import Filtered
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, next_path, position
from portal.deadline_list import deadline_list
from portal.deadlines import Reckoning, due_text, left_words, pauses_of
from portal.names import agency_names
from portal.pages import page, rfc3339
from portal.permissions import Permission
from portal.resources import Resources
from projections.deadlines.view import DeadlineRow

PATH = "/console/deadlines"
SOON_DAYS: Final = 7
router = APIRouter(prefix=PATH, include_in_schema=False)


class ShownDeadline(NamedTuple):
    """One line of the list."""

    row: DeadlineRow
    rule: DeadlineRule | None
    due: str | None
    left: str | None  # How much time is left or over, in words.
    is_today: bool  # It ends today, or within hours.
    has_case: bool  # What lies in the control log has no page of a case.
    is_overdue: bool
    pauses: list[tuple[int, int | None]]


@router.get("")
def show_deadlines(request: Request, filters: Filtered, cursor: CursorQuery = None) -> Response:
    """Show deadlines, the earliest due first."""
    require(request, Permission.READ_DEADLINES)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(PATH, filters.texts, LIMIT_DEFAULT, cursor)
    after, reckoning = position(request, wanted), filters.reckoning(resources)
    with resources.deadlines() as reader:
        found = deadline_list(reader, filters.query, reckoning, LIMIT_DEFAULT, after)
    soon = end_of_day(day_of(reckoning.now + SOON_DAYS * DAY_MICROS)) + 1
    return page(
        request,
        "deadlines.html",
        view_sizes=resources.view_sizes("deadlines"),
        shown=[_shown(row, reckoning) for row in found.rows],
        agencies=agency_names(resources),
        filters=filters.texts,
        soon=rfc3339(soon),
        now=reckoning.now,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


def _shown(row: DeadlineRow, reckoning: Reckoning) -> ShownDeadline:
    rule, left, now = reckoning.rule(row), reckoning.remaining(row), reckoning.now
    is_left = row.is_outstanding and left is not None
    return ShownDeadline(
        row,
        rule,
        None if row.due_at is None else due_text(row.due_at),
        left_words(row, rule, left, now) if is_left and left is not None else None,
        is_left and row.due_at is not None and day_of(row.due_at - 1) == day_of(now),
        row.log != CONTROL_LOG,
        row.is_overdue(reckoning.now),
        pauses_of(row),
    )
