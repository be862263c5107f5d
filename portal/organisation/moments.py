"""As of when organisations are asked about, and how a moment and an act stand in a document.

Read before: ``portal/as_of.py``. Read next: ``declared``.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ledger.domain.control_records import day_of
from portal.api.faults import BAD_TIME, Fault
from portal.api.problem import problem
from portal.as_of import ClockName, as_of
from portal.pages import calendar_date, rfc3339
from projections.organisation.projection import day_begins
from projections.organisation.view import Fact, Moment

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_DAY, _LAST_DAY = -25_567, 376_200  # 1900-01-01 to 2999-12-31: no agency is older.
_ALL: Final = Moment(2**62, 2**62)


def moment_of(at: str | None, clock: ClockName, now: int) -> Moment:
    """Return as of when a request asks; a date without a time is the end of that day in China.

    Args:
        at: As it came; empty: now.
        clock: RECEIVED: what the ledger held then; OCCURRED: what is known of then today.
        now: Microseconds UTC.

    Raises:
        ProblemError: INVALID: ``at`` is not a time.
    """
    text = (at or "").strip()
    micros = as_of(text, ClockName.RECEIVED).received_at if text else now
    if micros is None or not _FIRST_DAY <= day_of(micros) <= _LAST_DAY:
        raise problem("INVALID", errors=[Fault("/query/at", BAD_TIME)])
    if _DATE.fullmatch(text):
        micros = day_begins(day_of(micros) + 1) - 1
    return Moment(micros, micros if clock is ClockName.RECEIVED else max(micros, now))


def everything() -> Moment:
    """Return the moment after all: what was ever registered."""
    return _ALL


def asked_document(moment: Moment) -> dict[str, Any]:
    """Return as of when a document is."""
    is_received = moment.at == moment.known_at
    return {"at": rfc3339(moment.at), "clock": "received" if is_received else "occurred"}


def date_of(micros: int | None) -> str | None:
    """Return the day in China of a moment, as ``2026-11-25``."""
    return None if micros is None else calendar_date(day_of(micros))


def fact_document(fact: Fact) -> dict[str, Any]:
    """Return where an act lies and when it happened; leaf indexes are strings."""
    row = fact.row
    return {
        "event_id": row.event_id,
        "event_type": row.event_type,
        "log": row.log,
        "leaf_index": str(row.leaf_index),
        "occurred_at": rfc3339(row.occurred_at),
        "received_at": rfc3339(row.received_at),
    }


def paper_document(fact: Fact, path: str = "doc") -> dict[str, Any] | None:
    """Return a document that an act refers to: kind, number, date and digest of its file."""
    paper = fact.value(path)
    if paper is None:
        return None
    return {
        "doc_type": paper["docType"],
        "doc_no": paper["docNo"],
        "doc_date": calendar_date(paper["docDate"]),
        "file_hash": paper["fileHash"],
    }
