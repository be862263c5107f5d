"""Which acts the organisation view keeps, and what of each: the file, read once.

Read before: schemas/organisation/facts.json. Read next: ``projection``.
Trusts: the installed package; a test holds every field that is named against its schema.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from schemas.loader import file_json

FILE: Final = "organisation/facts.json"
STREAM: Final = "stream"  # ``about``: the agency whose stream it is.
AGGREGATE: Final = "aggregate"  # ``officer``: the act's aggregate.


class FactRule(NamedTuple):
    """What is kept of the acts of one type; names are payload fields, None where there is none."""

    about: str | None
    officer: str | None
    from_day: str | None
    from_at: str | None
    to_day: str | None
    keep: tuple[str, ...]
    lengths: tuple[str, ...]


class HoursRule(NamedTuple):
    """Where an act says how long who was trained on which day."""

    source: str  # HELD: an attendance list; COMPLETED: the record of one officer.
    officers: str | None  # None: the act's aggregate.
    day: str
    hours: str
    topic: str


@cache
def fact_rules() -> dict[str, FactRule]:
    """Return the rules by event type."""
    rows = file_json(FILE)["facts"]
    return {
        event_type: FactRule(
            row.get("about"),
            row.get("officer"),
            row.get("from_day"),
            row.get("from_at"),
            row.get("to_day"),
            tuple(row["keep"]),
            tuple(row.get("count", ())),
        )
        for event_type, row in rows.items()
    }


@cache
def hours_rules() -> dict[str, HoursRule]:
    """Return the rules of training hours by event type."""
    rows = file_json(FILE)["hours"]
    return {
        event_type: HoursRule(
            row["source"], row.get("officers"), row["day"], row["hours"], row["topic"]
        )
        for event_type, row in rows.items()
    }
