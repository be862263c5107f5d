"""V-DIS-10: what an agency publishes beforehand is older than what it should show.

Read before: ``rule``.

Basis: 政府信息公开条例 art. 26. Which acts change what has to be shown, which bring it up to
date, and within how many working days, are D-DIS-05's in the rule set. Rows: one an agency, with
one act a day that is not shown yet, until the first of them is due; and one of those that wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.domain.deadline_rules import DeadlineRule, Fulfilment, Start, Use
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import add_working_days
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Row, Rows, about_agency
from ledger.rules.deadline_facts import Reading
from ledger.rules.violations.chronicle import severity

_DEADLINE: Final = "D-DIS-05"
_LENGTH_UNIT: Final = "WD"
_POWERS: Final = frozenset({"EnforcementItemRegistered", "PowerListPublished"})
FACTS_MAX: Final = 64  # Of one agency.
_WAITS: Final = "waits "  # No identifier has a space.


class OldLists:
    """The trigger is the first act not shown, its event id the subject; since the day's end.

    An act of publication shows all that happened on its day or before. Once a finding was made, the
    next begins to count after the next publication. An agency of which no enforcement item and no
    power list is on record publishes none of it.
    """

    rule_id = "V-DIS-10"
    event_types = None  # The rule set says which.

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in an act that changes what is shown, or that shows it."""
        rules = act.control.rule_set_at(act.entry.received_at)
        uses = None if rules is None or rules.deadlines is None else rules.deadlines.by_type
        found = None if uses is None else uses.get(act.act.event_type)
        if found is None:
            return
        shows, is_power = _is_meant(act, found.fulfils), act.act.event_type in _POWERS
        changes = not shows and _is_meant(act, found.starts)
        if not (shows or changes or is_power):
            return
        agency_id = _agency_of(act)
        row = rows.open(agency_id, _new_row)
        if shows:
            _show(row, act)
        elif changes:
            _change(row, act)
        if is_power:
            row["enforces"] = 1
        if row["enforces"] and row["facts"]:
            rows.put(_WAITS + agency_id, 1)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge what was not shown in time."""
        deadlines = day.rules.deadlines
        rule = None if deadlines is None else deadlines.rules.get(_DEADLINE)
        if rule is None or rule.unit != _LENGTH_UNIT:
            return
        for key, _ in rows.items(_WAITS):
            agency_id = key.removeprefix(_WAITS)
            row = rows.get(agency_id) or _new_row()
            finding = _judged(day, rule, agency_id, row) if row["facts"] else None
            if finding is not None:
                rows.put(agency_id, {**row, "facts": [], "is_found": 1})
                yield finding
            if finding is not None or not row["facts"]:
                rows.drop(key)


def _new_row() -> Row:
    return {"facts": [], "shown": 0, "is_found": 0, "enforces": 0}


def _agency_of(act: DayAct) -> str:
    """Return whose publication an act is about; of a credential: the officer's agency."""
    officer = act.control.officers.get(act.act.aggregate_id)
    return about_agency(act) if officer is None else officer.agency_id


def _is_meant(act: DayAct, uses: Iterable[Use]) -> bool:
    """Tell whether an act plays a role in the row, its conditions held."""
    refs = [
        use.what.ref
        for use in uses
        if use.rule.id == _DEADLINE and isinstance(use.what, Start | Fulfilment)
    ]
    if not refs:
        return False
    if not any(ref.when for ref in refs):
        return True
    codec = act.control.codec(act.act.event_type, act.act.schema_version)
    payload: Mapping[str, Any] = act.payload or codec.decode(act.act.payload)
    reading = Reading(StreamAct(act.entry, act.act, payload), None, None, {})
    return any(reading.fits(ref) for ref in refs)


def _change(row: Row, act: DayAct) -> None:
    happened = day_of(act.act.occurred_at)
    is_shown = row["is_found"] or happened <= row["shown"]
    if not is_shown and all(day != happened for day, _ in row["facts"]):
        row["facts"].append([happened, act.ref()])
        row["facts"].sort(key=lambda fact: fact[0])
        del row["facts"][FACTS_MAX:]


def _show(row: Row, act: DayAct) -> None:
    shown = day_of(act.act.occurred_at)
    row["is_found"] = 0
    row["shown"] = max(shown, row["shown"])
    row["facts"] = [fact for fact in row["facts"] if fact[0] > shown]


def _judged(day: Day, rule: DeadlineRule, agency_id: str, row: Row) -> DayFinding | None:
    happened, first = row["facts"][0]
    due = add_working_days(happened, rule.length, day.control.calendar)
    if due.day > day.number:
        return None
    trigger = Ref(*first)
    return DayFinding(
        trigger.event_id,
        trigger,
        severity=severity(is_provisional=due.provisional),
        stream_id=f"agency:{agency_id}",
        agency_id=agency_id,
        at=day.cut,
    )
