"""Fold the acts of all logs day by day, and say what follows at the end of each: alerts, misses.

Read before: ``rule``. Read next: ``book``, ``consumers/supervise/day_closing.py``.

Pure: the same acts in the same order and the same rows give the same alerts and the same rows. A
day is begun, takes its acts and is closed; what it changes is kept apart, so that a day that was
begun and not finished leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from ledger.chain.ids import alert_id
from ledger.domain.control import ControlState
from ledger.domain.control_records import DAY_MICROS, SHANGHAI_MICROS
from ledger.domain.stream import StreamAct
from ledger.rules.day_close.agency_deadlines import ROWS_ID, AgencyDeadlines
from ledger.rules.day_close.held_rows import RowStore
from ledger.rules.day_close.rule import (
    CAUSES_MAX,
    Day,
    DayAct,
    DayFinding,
    DayRule,
    Person,
    Place,
    Ref,
    Row,
    Rows,
)
from ledger.rules.deadline_instance import Deadline

RowChanges: TypeAlias = Mapping[tuple[str, str], Row | None]  # By rule and key; None: gone.
ALERTS_MAX: Final = 10_000  # Of one rule and day: a day ends, whoever floods it.


class Past(Protocol):
    """The acts of a ledger up to the end of a day."""

    def stream(self, ref: Ref, /) -> Sequence[StreamAct]:
        """As ``Day.stream``."""
        ...

    def acts(self, places: Iterable[Place], /) -> Iterator[DayAct]:
        """As ``Day.acts``."""
        ...

    def same_persons(self, parties: Sequence[Person], /) -> Iterable[Iterable[Person]]:
        """As ``Day.same_persons``."""
        ...


class DayAlert(NamedTuple):
    """One alert of a day: the fields of its ``SupervisionAlertRaised``."""

    alert_id: str
    rule_id: str
    rule_set_version: str
    severity: str
    subject: str
    trigger: Ref
    causes: tuple[bytes, ...]  # Event ids, the trigger's first.
    stream_id: str
    agency_id: str
    at: int
    is_by_vault: bool

    @property
    def case_id(self) -> str | None:
        """The case it is about, where its stream is one."""
        return self.stream_id if self.stream_id.startswith("case:") else None

    @property
    def item_code(self) -> str | None:
        """The item of the trigger, where the alert lies in its stream."""
        return self.trigger.item_code if self.stream_id == self.trigger.stream_id else None


class Findings(NamedTuple):
    """What a day shows."""

    alerts: list[DayAlert]
    missed: list[Deadline]  # Of agencies, over all of their acts.


class ClosingDay:
    """One day while its acts are taken in.

    Args:
        number: Days since 1970-01-01 in Shanghai.
        rules: The rules, in the order in which they find.
        rows: What they remember of the days before; not changed.
        origins: Origin of each log.
    """

    def __init__(
        self, number: int, rules: Sequence[DayRule], rows: RowStore, origins: Mapping[str, str]
    ) -> None:
        self._number = number
        self._rules = rules
        self._rows = {rule.rule_id: Rows(rows.of(rule.rule_id)) for rule in rules}
        self._agencies = AgencyDeadlines()
        self._rows[ROWS_ID] = Rows(rows.of(ROWS_ID))
        self._origins = origins
        self._about: dict[str, list[DayRule]] = {}

    def take(self, act: DayAct) -> None:
        """Take in the next act of the day; of all logs by receipt, log and leaf index."""
        event_type = act.act.event_type
        about = self._about.get(event_type)
        if about is None:
            about = self._about[event_type] = list(_about(self._rules, event_type))
        for rule in about:
            rule.take(act, self._rows[rule.rule_id])
        self._agencies.take(act, self._rows[ROWS_ID])

    def close(self, control: ControlState, past: Past) -> Findings:
        """Return what the day shows, alerts in the order of rules and findings.

        Args:
            control: The control log as it stood at the end of the day.
            past: What was before.
        """
        in_force = control.rule_set_at(self._number * DAY_MICROS - SHANGHAI_MICROS)
        if in_force is None:
            self._agencies.forget(self._rows[ROWS_ID])
            return Findings([], [])
        day = Day(self._number, control, in_force, past.stream, past.acts, past.same_persons)
        alerts = []
        for rule in self._rules:
            if rule.rule_id in in_force.violations:
                found = rule.close(day, self._rows[rule.rule_id])
                alerts += [self._alert(rule.rule_id, one, day) for one in found][:ALERTS_MAX]
        return Findings(alerts, self._agencies.close(day, self._rows[ROWS_ID]))

    def changes(self) -> RowChanges:
        """Return the rows that are others than before the day."""
        return {
            (rule_id, key): row
            for rule_id, rows in self._rows.items()
            for key, row in rows.changes.items()
        }

    def _alert(self, rule_id: str, finding: DayFinding, day: Day) -> DayAlert:
        trigger = finding.trigger
        origin = self._origins[trigger.log]
        causes = dict.fromkeys((trigger.event, *finding.causes[:CAUSES_MAX]))
        return DayAlert(
            alert_id(rule_id, finding.subject, f"{origin}#{trigger.leaf_index}"),
            rule_id,
            day.rules.version,
            finding.severity or day.rules.violations[rule_id].severity,
            finding.subject,
            trigger,
            tuple(causes),
            finding.stream_id or trigger.stream_id,
            finding.agency_id or trigger.agency_id,
            trigger.received_at if finding.at is None else finding.at,
            finding.is_by_vault,
        )


def _about(rules: Sequence[DayRule], event_type: str) -> Iterator[DayRule]:
    return (one for one in rules if one.event_types is None or event_type in one.event_types)
