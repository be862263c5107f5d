"""Deadlines of matters and of agencies in one list.

Read before: ``portal/deadlines.py``, ``projections/deadlines/agencies.py``. Read next:
``portal/api/deadlines.py``.

Those of a stream are rows of the view; those over all acts of an agency are reckoned from what the
view knows of its acts. Whoever reads the list sees one order: the earliest due first.
"""

from __future__ import annotations

from portal.deadlines import Reckoning
from projections.deadlines.agencies import agency_deadline, agency_deadlines
from projections.deadlines.view import DeadlineQuery, DeadlineReader, DeadlineRow
from projections.reading import Cursor, Listing, listing


def deadline_list(
    reader: DeadlineReader,
    query: DeadlineQuery,
    reckoning: Reckoning,
    limit: int,
    after: Cursor | None = None,
) -> Listing[DeadlineRow]:
    """Return one page of deadlines, the earliest due first.

    Args:
        reader: The view.
        query: Which.
        reckoning: The moment that is asked with, and the control log.
        limit: At most so many.
        after: The last row of the page before.

    Raises:
        TooCostlyError: The question took too long.
        UnavailableError: The database is away.
    """
    now = reckoning.now
    page = reader.deadlines(query, now, limit, after)
    own = agency_deadlines(reader.agencies, query, now, reckoning.state, limit + 1, after)
    if page.next_cursor is not None:
        own = [row for row in own if row.order < page.next_cursor]
    rows = sorted([*page.rows, *own], key=lambda row: row.order)
    if page.next_cursor is None or len(rows) > limit:
        return listing(rows, limit, lambda row: row.order)
    return Listing(rows, page.next_cursor)


def find_deadline(
    reader: DeadlineReader, instance_id: str, reckoning: Reckoning
) -> DeadlineRow | None:
    """Return one deadline, None if there is none with this id. Raises as ``deadline_list``."""
    found = reader.deadline(instance_id)
    if found is not None:
        return found
    return agency_deadline(reader.agencies, instance_id, reckoning.now, reckoning.state)
