"""V-LED-03: an emitter that corrects more than a share of its acts in a month.

Read before: ``sequence``. Basis: 平台规则. Rows: one an emitter, with the counts of one month.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.control_records import day_of
from ledger.rules.day_close.dates import ends_month, month_of
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows
from ledger.rules.violations.law import number

_CORRECTION = "EventCorrected"


class ManyCorrections:
    """One finding an emitter and month: subject ``<emitter>:<month>``, since the month's end.

    The trigger is the last correction of the month. Months are those of receipt.
    """

    rule_id = "V-LED-03"
    event_types = None

    def take(self, act: DayAct, rows: Rows) -> None:
        """Count an act, and whether it is a correction."""
        month = month_of(day_of(act.entry.received_at))
        row = rows.open(act.act.emitter_id, dict)
        if row.get("month") != month:
            row |= {"month": month, "acts": 0, "corrections": 0, "last": None}
        row["acts"] += 1
        if act.act.event_type == _CORRECTION:
            row["corrections"] += 1
            row["last"] = act.ref()

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge at the end of a month, and forget it."""
        if not ends_month(day.number):
            return
        month = month_of(day.number)
        percent = number(day.rules, "correction_percent_max")
        for emitter_id, row in rows.items():
            is_many = row["corrections"] * 100 > row["acts"] * percent
            if row["month"] == month and is_many:
                trigger = Ref(*row["last"])
                stream = f"emitter:{emitter_id}"
                yield DayFinding(f"{emitter_id}:{month}", trigger, stream_id=stream, at=day.cut)
            rows.drop(emitter_id)
