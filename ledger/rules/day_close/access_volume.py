"""V-RET-05: an officer who looks at far more records in a day than those of the role do.

Read before: ``rule``.

Basis: 平台规则. More than three standard deviations above the mean of a day of one officer of the
role, over the 90 days before; days on which an officer looked at nothing do not count. Counted in
whole numbers, so that everybody counts the same. Rows: one a role with at most ``DAYS`` days, and
one an officer of the day that is not closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.rules.day_close.rule import CAUSES_MAX, Day, DayAct, DayFinding, Ref, Row, Rows, key_of
from ledger.rules.violations.law import number

DAYS: Final = 90
_SIGMAS: Final = 3
_OFFICER, _ROLE = "officer:", "role:"


class AccessVolume:
    """One finding an officer and day: subject ``<officer>:<day>``, the trigger is the last access.

    Below ``access_times_a_day_min`` nothing is unusual, nor while fewer than
    ``access_sample_times_min`` days of officers are known of the role.
    """

    rule_id = "V-RET-05"
    event_types = frozenset({"RecordAccessed", "RecordCopied"})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Count an access for who had it, in the role in which the act names the officer."""
        who = act.payload.get("who") or next((it.officer_id for it in act.act.actors), None)
        if who is None:
            return
        roles = sorted(it.role for it in act.act.actors if it.officer_id == who)
        row = rows.open(f"{_OFFICER}{who}", lambda: {"role": "", "count": 0, "last": []})
        row["role"] = row["role"] or key_of(roles[0] if roles else "")
        row["count"] += 1
        row["last"] = [*row["last"], act.ref()][-CAUSES_MAX:]

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Hold the officers of the day against the days before, then count them among those."""
        least = number(day.rules, "access_times_a_day_min")
        sample = number(day.rules, "access_sample_times_min")
        today: dict[str, list[int]] = {}
        for key, row in rows.items(_OFFICER):
            today.setdefault(row["role"], []).append(row["count"])
            sums = _sums(rows.get(_ROLE + row["role"]) or [])
            if row["count"] >= least and sums[0] >= sample and _is_unusual(row["count"], sums):
                *others, trigger = (Ref(*ref) for ref in row["last"])
                subject = f"{key.removeprefix(_OFFICER)}:{day.number}"
                yield DayFinding(subject, trigger, tuple(ref.event for ref in others))
            rows.drop(key)
        _remember(rows, day.number, today)


def _sums(days: list[list[int]]) -> tuple[int, int, int]:
    """Return how many, their sum and the sum of their squares."""
    return sum(it[1] for it in days), sum(it[2] for it in days), sum(it[3] for it in days)


def _is_unusual(count: int, sums: tuple[int, int, int]) -> bool:
    n, total, squares = sums
    above = n * count - total
    return above > 0 and above * above > _SIGMAS * _SIGMAS * (n * squares - total * total)


def _remember(rows: Rows, today: int, counts: dict[str, list[int]]) -> None:
    for role, values in sorted(counts.items()):
        row: Row = rows.open(_ROLE + role, list)
        row.append([today, len(values), sum(values), sum(it * it for it in values)])
    for key, row in rows.items(_ROLE):
        if row[0][0] <= today - DAYS:
            kept: list[Any] = [it for it in row if it[0] > today - DAYS]
            rows.put(key, kept) if kept else rows.drop(key)
