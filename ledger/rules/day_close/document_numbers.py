"""V-PROC-20: two decisions under one document number (文号), or a number that no decision has.

Read before: ``runs``.

Basis: 平台规则. A number is ``<series><n>号``; a series is an agency's, of one year, such as
``长市监处罚〔2026〕``. Rows: one a series and one a number of it, both forgotten ``KEPT_DAYS``
after their newest act: the decisions of an agency of about a year; and one of each series that has
an open gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.amendments import CORRECTED
from ledger.domain.control_records import DAY_MICROS
from ledger.rules.day_close.dates import ends_month
from ledger.rules.day_close.rule import CAUSES_MAX, Day, DayAct, DayFinding, Ref, Rows, key_of, told
from ledger.rules.day_close.runs import enter, new_row, settle
from ledger.rules.violations.law import number

KEPT_DAYS: Final = 400
SAME_MAX: Final = 20  # Decisions under one number that are told apart.
_NUMBER: Final = re.compile(r"(.{1,60}?)([0-9]{1,9})号", re.DOTALL)
_NUMBERED: Final = frozenset({"PenaltyDecisionMade"})
_SERIES, _ONE, _WAITS = "series:", "number:", "waits:"


class DocumentNumbers:
    """HIGH for two decisions of different matters under one number, MEDIUM for a gap.

    Of two the trigger is the one received later, the subject its event id. Of a gap the trigger is
    the decision above it, the subject ``gap:<its event id>``; it waits ``document_gap_days``. Only
    decisions that count are compared, as they read by the end of the day: a number whose decision
    is annulled, or corrected to another, is free. One that a correction gives has the correction
    for its trigger.
    """

    rule_id = "V-PROC-20"
    event_types = frozenset({*_NUMBERED, CORRECTED})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in the number of a decision."""
        payload = told(act, _NUMBERED)
        found = None if payload is None else _number(act.act.agency_id, payload)
        if found is None:
            return  # No number that follows another.
        series, one = found
        row = rows.open(_SERIES + series, new_row)
        row["at"] = act.entry.received_at
        enter(row, one, act)
        rows.put(_WAITS + series, 1)
        same = rows.open(f"{_ONE}{series}:{one}", lambda: {"refs": [], "told": []})
        if len(same["refs"]) < SAME_MAX:
            same["refs"].append(act.ref())

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge the numbers of the day, and the gaps that have waited long enough."""
        for key, row in [*rows.touched()]:
            if key.startswith(_ONE):
                yield from _doubles(day, key, row)
        before = day.cut - number(day.rules, "document_gap_days") * DAY_MICROS
        for key, _ in rows.items(_WAITS):
            yield from _gaps(rows, key.removeprefix(_WAITS), before)
        if ends_month(day.number):
            _forget(rows, day.cut - KEPT_DAYS * DAY_MICROS)


def _number(agency_id: str, payload: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return series and number of a decision, None if it has no such number."""
    found = _NUMBER.fullmatch(payload["doc"]["docNo"] or "")
    return None if found is None else (f"{agency_id}:{key_of(found[1])}", int(found[2]))


def _decision(day: Day, ref: Ref, key: str) -> str | None:
    """Return the event id of a decision that counts and still has the number of a row."""
    current = day.current(ref)
    if current is None or current.event_type not in _NUMBERED:
        return None  # A correction may bring a decision, whatever it is about.
    found = _number(ref.agency_id, current.payload)
    is_same = found is not None and key == f"{_ONE}{found[0]}:{found[1]}"
    return current.act.event_id.hex() if is_same else None


def _doubles(day: Day, key: str, same: dict[str, list[Any]]) -> Iterator[DayFinding]:
    if len(same["refs"]) < 2:
        return
    read = ((ref, _decision(day, ref, key)) for ref in (Ref(*row) for row in same["refs"]))
    counted = [(ref, decision) for ref, decision in read if decision is not None]
    for place, (ref, decision) in enumerate(counted):
        earlier = [one.event for one, _ in counted[:place] if one.stream_id != ref.stream_id]
        if earlier and ref.received_at >= day.start and decision not in same["told"]:
            same["told"].append(decision)  # A correction of something else says it no second time.
            yield DayFinding(ref.event_id, ref, tuple(earlier), severity="HIGH")


def _gaps(rows: Rows, series: str, before: int) -> Iterator[DayFinding]:
    row = rows.open(_SERIES + series, new_row)
    gaps = list(settle(row, before))
    if not row["runs"]:
        rows.drop(_WAITS + series)
    if gaps:
        _, trigger = gaps[0]
        causes = tuple(above.event for _, above in gaps[1:][:CAUSES_MAX])
        yield DayFinding(f"gap:{trigger.event_id}", trigger, causes, severity="MEDIUM")


def _forget(rows: Rows, before: int) -> None:
    for key, row in rows.items(_SERIES):
        if row["at"] < before:
            rows.drop(key)
            rows.drop(_WAITS + key.removeprefix(_SERIES))
    for key, row in rows.items(_ONE):
        if max(Ref(*ref).received_at for ref in row["refs"]) < before:
            rows.drop(key)
