"""The daily reconciliation as a person on the command line sees it.

Read before: ``portal/cli/reconciliation.py``. Read next: ``portal/reconciliation.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ledger.clock import SystemClock
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.streams import open_ledger
from portal.reconciliation import (
    channels_of,
    day_at,
    day_named,
    emitter_document,
    emitter_lines,
    line_document,
    lines,
    name_of,
    push_document,
)
from projections.reading import PAGE_ROWS_MAX, Cursor
from projections.sharing.postgres import PostgresSharingReader
from projections.sharing.view import GAPS, Day, PushRow

ROLE: Final = "audit"


def read_reconciliation(data: Path, day: str | None, agency: str | None) -> dict[str, Any]:
    """Return the reconciliation of a day: lines, gaps, and what was heard of each system.

    Args:
        data: Folder of the ledger.
        day: A date; None: today, by the ledger's clock.
        agency: Of this agency only.

    Raises:
        MalformedError: Not a date.
        UnavailableError: Database or tile store is away.
        VerificationError: The control log is not what was promised.
    """
    with open_ledger(data) as ledger:
        state = ledger.state
    now = state.received_at if state.is_simulated else SystemClock().now_micros()
    wanted = day_at(now) if day is None else day_named(day)
    names = {one: found.name for one, found in state.agencies.items()}
    emitters = sorted(
        name for name, one in state.emitters.items() if agency is None or agency in one.agency_ids
    )
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresSharingReader(connection)
        agencies = _agencies(reader, wanted) if agency is None else [agency]
        found = lines(reader, wanted, channels_of(state, wanted), agencies)
        gaps = _gaps(reader, wanted, agency)
        heard = emitter_lines(reader, state, wanted, now, emitters)
    return {
        "day": name_of(wanted),
        "items": [line_document(line, names) for line in found],
        "gaps": [push_document(row) for row in gaps],
        "emitters": [emitter_document(line) for line in heard],
    }


def _agencies(reader: PostgresSharingReader, day: Day) -> list[str]:
    found: list[str] = []
    while True:
        page = reader.agencies(day, PAGE_ROWS_MAX, found[-1] if found else "")
        found += page
        if len(page) < PAGE_ROWS_MAX:
            return found


def _gaps(reader: PostgresSharingReader, day: Day, agency: str | None) -> list[PushRow]:
    found: list[PushRow] = []
    after: Cursor | None = None
    while True:
        page = reader.pushes(GAPS, day, agency, PAGE_ROWS_MAX, after)
        found += page.rows
        after = page.next_cursor
        if after is None:
            return found
