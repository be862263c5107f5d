"""Judge the acts of one stream one after the other, and say which alerts they raise.

Read before: ``matter``. Read next: ``consumers/supervise``.

An act counts as it counts for a gate: its agency owns the stream, its emitter is a supervisor or
the platform, or the ledger made it (docs/spec/gates.md). An annulled act is forgotten, and not
judged if its annulment came first. One that is corrected is judged again as it reads then, as if it
came last; the correction is the trigger. What was raised stays raised, whatever comes later
(docs/spec/corrections.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.chain.ids import alert_id
from ledger.domain.amendments import CORRECTED, Amended, Amendments
from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleSet, RuleWords
from ledger.domain.stream import StreamAct, count_step
from ledger.rules.violations.matter import Matter, Part
from ledger.rules.violations.rule import Finding, Raised, RuleBook, Sight

# What is derived or only spoken of; no rule may make an alert of an alert.
DERIVED: Final = frozenset({"SupervisionAlertRaised", "LegalReviewInvalidated"})


class Alert(NamedTuple):
    """One alert: the fields of ``SupervisionAlertRaised`` and the act that raised it."""

    alert_id: str
    rule_id: str
    rule_set_version: str
    severity: str
    subject: str
    trigger: StreamAct
    causes: tuple[bytes, ...]


class StreamJudge:
    """Judges one stream.

    Args:
        stream_id: Id of the stream.
        origin: Origin of its log.
        book: The rules.
        parts: What families of rules remember.
    """

    def __init__(
        self, stream_id: str, origin: str, book: RuleBook, parts: tuple[type[Part], ...]
    ) -> None:
        self._stream_id = stream_id
        self._origin = origin
        self._book = book
        self._parts = parts
        self._owner: str | None = None
        self._amendments = Amendments()
        self._raised: dict[str, dict[str, Raised]] = {}
        self.matter = Matter(stream_id, parts)

    def judge(self, item: StreamAct, control: ControlState) -> list[Alert]:
        """Take in the next act of the stream; return the alerts it raises, in the book's order.

        Args:
            item: The act.
            control: The control log at the entry's ``controlSize``.
        """
        rules = control.rule_set_at(item.entry.received_at)
        if rules is None:
            return []
        does_count, self._owner = count_step(item, self._owner, control, self._origin)
        if not does_count:
            return []
        alerts, is_void = list[Alert](), self._amendments.is_void(item)
        if item.event_type not in DERIVED and not is_void:
            alerts = list(self._alerts(item, item, control, rules))
        changed = self._amendments.take(item, control)
        if changed is not None and self.matter.act(changed.event_id) is not None:
            alerts += self._amend(changed, item, control, rules)
        if not is_void:
            self.matter.apply(item)
        return alerts

    def _amend(
        self, changed: Amended, by: StreamAct, control: ControlState, rules: RuleSet
    ) -> list[Alert]:
        """Have an earlier act count otherwise; return what a correction of it raises."""
        self.matter.forget(changed.event_id)
        if changed.item is None:
            return []
        alerts = []
        if by.event_type == CORRECTED:
            alerts = list(self._alerts(changed.item, by, control, rules))
        self.matter.restore(changed.item)
        return alerts

    def _alerts(
        self, item: StreamAct, trigger: StreamAct, control: ControlState, rules: RuleSet
    ) -> Iterator[Alert]:
        """Yield what rules find of an act; ``trigger`` came with it: itself, or its correction."""
        about = self._book.in_force(item.event_type, rules)
        if not about:
            return
        sight = Sight(item, self.matter, control, rules, self._raised, item is not trigger)
        for rule, word in about:
            for finding in rule.predicate(sight):
                subjects = self._raised.setdefault(rule.rule_id, {})
                if finding.subject not in subjects:
                    shown = finding if trigger is item else finding.caused_by(item.act.event_id)
                    alert = self._alert(rule.rule_id, shown, word, trigger, rules)
                    subjects[finding.subject] = Raised(alert.alert_id, item, alert.causes)
                    yield alert

    def _alert(
        self, rule_id: str, finding: Finding, word: RuleWords, item: StreamAct, rules: RuleSet
    ) -> Alert:
        trigger = f"{self._origin}#{item.entry.leaf_index}"
        return Alert(
            alert_id(rule_id, finding.subject, trigger),
            rule_id,
            rules.version,
            finding.severity or word.severity,
            finding.subject,
            item,
            (item.act.event_id, *finding.causes),
        )
