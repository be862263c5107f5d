"""V-LED-01: numbers that an emitter gave to acts which nobody has received.

Read before: ``runs``. Basis: 平台规则; docs/spec/act.md, ``emitterSeq``.

Acts of one emitter reach several logs, each in its own time; so a number is missing only when a
larger one was received some time before the day ended. Rows: one an emitter, and one of those whose
numbers of late are not settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.control_records import HOUR_MICROS
from ledger.rules.day_close.rule import CAUSES_MAX, Day, DayAct, DayFinding, Ref, Rows
from ledger.rules.day_close.runs import enter, new_row, settle
from ledger.rules.violations.law import number

_WAITS: Final = "waits "  # No identifier has a space.


class SequenceGaps:
    """One finding an emitter and day: subject ``<emitter>:<first missing number>``.

    The trigger is the act above the first gap, causes are those above further ones.
    """

    rule_id = "V-LED-01"
    event_types = None

    def take(self, act: DayAct, rows: Rows) -> None:
        """Enter an act's number."""
        if act.act.emitter_seq is not None:
            enter(rows.open(act.act.emitter_id, new_row), act.act.emitter_seq, act)
            rows.put(f"{_WAITS}{act.act.emitter_id}", 1)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge the gaps below what was received early enough."""
        settled_at = day.cut - number(day.rules, "sequence_settle_hours") * HOUR_MICROS
        for key, _ in rows.items(_WAITS):
            emitter_id = key.removeprefix(_WAITS)
            row = rows.open(emitter_id, new_row)
            gaps = list(settle(row, settled_at))
            if not row["runs"]:
                rows.drop(key)
            if gaps:
                yield _finding(emitter_id, gaps)


def _finding(emitter_id: str, gaps: list[tuple[int, Ref]]) -> DayFinding:
    first, trigger = gaps[0]
    causes = tuple(above.event for _, above in gaps[1:][:CAUSES_MAX])
    subject = f"{emitter_id}:{first}"
    return DayFinding(subject, trigger, causes, stream_id=f"emitter:{emitter_id}")
