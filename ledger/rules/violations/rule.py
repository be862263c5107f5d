"""What a violation rule is: an id, the event types it looks at, and one small predicate.

Read before: ``ledger/domain/stream.py``. Read next: ``matter``, ``engine``, and any module of rules
beside it.

A rule sees the act that arrives, its matter as it was before that act, and the control log at the
act's ``controlSize``. It never looks at the vault, a clock or another stream, and it is asked once
for each act, in the order of the stream, so that whoever has the log finds the same alerts again
(docs/spec/derived.md). What a rule says is a finding, never a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleSet, RuleWords
from ledger.domain.stream import StreamAct

if TYPE_CHECKING:
    from ledger.rules.violations.matter import Matter


class Finding(NamedTuple):
    """What a rule found.

    Attributes:
        subject: What broke it, an identifier: a rule is raised once for each subject of a stream.
        causes: Event ids of the acts that show it besides the one that arrived.
        severity: Where it depends on the facts; None: as the rule set says.
    """

    subject: str
    causes: tuple[bytes, ...] = ()
    severity: str | None = None

    def caused_by(self, event_id: bytes) -> Finding:
        """Return the finding with another act before what shows it."""
        return self._replace(causes=tuple(dict.fromkeys((event_id, *self.causes))))


class Raised(NamedTuple):
    """An alert of this stream that was raised before."""

    alert_id: str
    trigger: StreamAct
    causes: tuple[bytes, ...]  # Event ids, the trigger's first.


class Sight(NamedTuple):
    """Everything a rule may look at.

    Attributes:
        item: The act that arrives.
        matter: Its stream before it, acts that count only.
        control: The control log at the act's ``controlSize``.
        rules: The rule set in force when the act was received.
        raised: The alerts of this stream so far, by rule and subject.
        is_corrected: Whether the act is there already and was corrected now: its matter has acts
            that came after it, and what a rule says of how it came was said.
    """

    item: StreamAct
    matter: Matter
    control: ControlState
    rules: RuleSet
    raised: Mapping[str, Mapping[str, Raised]]
    is_corrected: bool = False


Predicate: TypeAlias = Callable[[Sight], Iterable[Finding]]


class ViolationRule(NamedTuple):
    """One rule with what it is asked about."""

    rule_id: str
    event_types: frozenset[str]
    predicate: Predicate
    cured_by: frozenset[str]  # Event types of the prerequisite that the rule misses.


class RuleBook:
    """Rules by the event type they look at, in the order they were written down."""

    def __init__(self) -> None:
        self._rules: dict[str, ViolationRule] = {}
        self._by_type: dict[str, list[ViolationRule]] = {}
        self._by_cure: dict[str, list[str]] = {}
        # By event type: of the rule set that was asked for last, which is nearly always the same.
        self._in_force: dict[str, tuple[RuleSet, list[tuple[ViolationRule, RuleWords]]]] = {}

    def rule(
        self, rule_id: str, *event_types: str, cured_by: Iterable[str] = ()
    ) -> Callable[[Predicate], Predicate]:
        """Enter a predicate under its id, for these event types.

        Args:
            rule_id: Id of the rule.
            event_types: Types of the acts at which the rule can first turn true.
            cured_by: Where the rule misses a prerequisite: the types that would be it. One of
                them received too late does not undo the alert, but is told of (V-TIME-03).
        """

        def enter(predicate: Predicate) -> Predicate:
            assert rule_id not in self._rules, rule_id
            rule = ViolationRule(rule_id, frozenset(event_types), predicate, frozenset(cured_by))
            self._rules[rule_id] = rule
            for event_type in rule.cured_by:
                self._by_cure.setdefault(event_type, []).append(rule_id)
            for event_type in event_types:
                self._by_type.setdefault(event_type, []).append(rule)
            return predicate

        return enter

    def about(self, event_type: str) -> Iterator[ViolationRule]:
        """Return the rules that look at acts of this type."""
        return iter(self._by_type.get(event_type, ()))

    def in_force(
        self, event_type: str, rules: RuleSet
    ) -> Sequence[tuple[ViolationRule, RuleWords]]:
        """Return those of ``about`` that a rule set names, with what it says of each."""
        held = self._in_force.get(event_type)
        if held is None or held[0] is not rules:
            words = rules.violations
            named = [
                (it, words[it.rule_id]) for it in self.about(event_type) if it.rule_id in words
            ]
            held = self._in_force[event_type] = rules, named
        return held[1]

    def cured_by(self, event_type: str) -> Iterable[str]:
        """Return the ids of the rules that an act of this type would have kept."""
        return self._by_cure.get(event_type, ())

    @property
    def rules(self) -> Mapping[str, ViolationRule]:
        """All rules by id."""
        return self._rules


BOOK: Final = RuleBook()
"""Every rule of the stream rules; a module of rules enters its own when it is imported."""
