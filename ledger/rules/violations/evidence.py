"""Rules of evidence (证据): its digest, and what a decision may rest on.

Read before: ``custody``. Statute: 行政处罚法 arts. 40, 46.

A decision rests on the evidence that the newest report of the investigation names before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.stream import StreamAct
from ledger.rules.violations.prerequisites import had_happened_to
from ledger.rules.violations.rule import BOOK, Finding, Sight

_REFERENCES: Final[Mapping[str, str]] = {
    "DocumentServed": "receipt",
    "SeizedPropertyReturned": "receipt",
    "AlertExplained": "evidence",
}


class Evidences:
    """The evidence of a matter: digests by algorithm, and what decisions rest on."""

    def __init__(self) -> None:
        self.digests: dict[str, dict[str, str]] = {}
        self.named: dict[str, dict[str, str]] = {}  # By acts that refer to it.
        self.cited: tuple[str, ...] = ()  # By the newest report.
        self.unfounded: StreamAct | None = None  # The newest decision that no report came before.
        self.decision_of: dict[str, StreamAct] = {}  # The newest decision that rests on it.

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type = item.event_type
        if event_type == "EvidenceSealed":
            self.digests.setdefault(item.act.aggregate_id, {}).update(_digests(item.payload))
        elif event_type == "InvestigationConcluded":
            self.cited = tuple(item.payload["evidenceIds"])
            if (decision := self.founds(item)) is not None:
                self.unfounded = None
                self._rest(decision)
        elif event_type == "PenaltyDecisionMade":
            self.unfounded = None if self.cited else item
            self._rest(item)
        elif (named := reference(item)) is not None:
            self.named.setdefault(named["evidenceId"], {}).update(_digest(named["fileHash"]))

    def founds(self, report: StreamAct) -> StreamAct | None:
        """Return the decision that a report came before though it was received after it."""
        decision = self.unfounded
        is_earlier = decision is not None and report.act.occurred_at <= decision.act.occurred_at
        return decision if is_earlier else None

    def _rest(self, decision: StreamAct) -> None:
        self.decision_of.update(dict.fromkeys(self.cited, decision))


def reference(item: StreamAct) -> Mapping[str, Any] | None:
    """Return what an act says of a piece of evidence that it refers to."""
    field = _REFERENCES.get(item.event_type)
    return None if field is None else item.payload[field]


def _digest(text: str) -> dict[str, str]:
    algorithm, _, digits = text.partition(":")
    return {algorithm: digits}


def _digests(sealed: Mapping[str, Any]) -> dict[str, str]:
    return _digest(sealed["sha256"]) | _digest(sealed["fileHash"])


def _differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(other.get(algorithm, digits) != digits for algorithm, digits in one.items())


@BOOK.rule("V-EVD-01", "EvidenceIntegrityChecked", "EvidenceSealed", *_REFERENCES)
def digest_mismatch(sight: Sight) -> Iterator[Finding]:
    """A file, and whatever refers to it, has the digest with which it was sealed."""
    evidence, payload = sight.item.act.aggregate_id, sight.item.payload
    held = sight.matter.part(Evidences)
    named = reference(sight.item)
    if sight.item.event_type == "EvidenceIntegrityChecked":
        found, is_broken = _digest(payload["expected"]), not payload["ok"]
    elif sight.item.event_type == "EvidenceSealed":
        found = _digests(payload)
        is_broken = _differ(found, held.named.get(evidence, {}))
    elif named is not None:
        evidence, found, is_broken = named["evidenceId"], _digest(named["fileHash"]), False
    else:
        return
    if is_broken or _differ(found, held.digests.get(evidence, {})):
        yield Finding(evidence)


@BOOK.rule("V-EVD-09", "PenaltyDecisionMade", "InvestigationConcluded", "EvidenceExcluded")
def decision_on_excluded_evidence(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 46(3): what was obtained by unlawful means founds no decision."""
    if sight.item.event_type == "EvidenceExcluded":
        evidence = sight.item.act.aggregate_id
        decision = sight.matter.part(Evidences).decision_of.get(evidence)
        if decision and sight.item.act.occurred_at <= decision.act.occurred_at:
            yield Finding(evidence, (decision.act.event_id,))
    else:
        yield from _founded(sight, "EvidenceExcluded", wanted=True)


@BOOK.rule(
    "V-EVD-10",
    "PenaltyDecisionMade",
    "InvestigationConcluded",
    cured_by=("EvidenceRegistered",),
)
def decision_before_its_evidence(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 40, 46: facts are found before the decision, by evidence that is there."""
    yield from _founded(sight, "EvidenceRegistered", wanted=False)


@BOOK.rule(
    "V-EVD-11",
    "PenaltyDecisionMade",
    "InvestigationConcluded",
    cured_by=("EvidenceVerified",),
)
def decision_on_unverified_evidence(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 46(2): evidence founds a finding of fact only when it was verified."""
    yield from _founded(sight, "EvidenceVerified", wanted=False)


def _founded(sight: Sight, event_type: str, *, wanted: bool) -> Iterator[Finding]:
    """Find the evidence of a decision to which something had happened before it, or had not.

    A report that is received after the decision says of a decision without one what it rests on.
    """
    held = sight.matter.part(Evidences)
    decision: StreamAct | None = sight.item
    cited = held.cited
    causes: tuple[bytes, ...] = ()
    if sight.item.event_type == "InvestigationConcluded":
        decision, cited = held.founds(sight.item), tuple(sight.item.payload["evidenceIds"])
    if decision is None:
        return
    if decision is not sight.item:
        causes = (decision.act.event_id,)
    until = decision.act.occurred_at
    for evidence in cited:
        if had_happened_to(sight, evidence, event_type, until=until) is wanted:
            yield Finding(evidence, causes)
