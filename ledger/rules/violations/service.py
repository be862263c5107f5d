"""Rules of service (送达): in time, by wire only with consent, left behind only before witnesses.

Read before: ``terms``. Statutes: 行政处罚法 art. 61, 民事诉讼法 arts. 89, 90.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.stream import StreamAct
from ledger.rules.violations.prerequisites import had_happened
from ledger.rules.violations.recordings import Recordings, span_of
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import Lateness, late_by_working_days, missed

# Who tried to serve in time and could not goes on by announcement (民诉法 art. 95).
_ATTEMPTS: Final = ("DocumentServiceFailed", "ServiceAnnouncementPublished")


class Services:
    """Decisions and what was served, by the digest of the document's file and by its number."""

    def __init__(self) -> None:
        self.decisions: dict[str, StreamAct] = {}
        self.served: dict[str, StreamAct] = {}  # What happened first.
        self.consented_at: int | None = None  # To service by wire; the earliest.
        self.filmed: set[str] = set()  # Evidence that is a recording.

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type, payload = item.event_type, item.payload
        if event_type == "PenaltyDecisionMade":
            self.decisions.update(dict.fromkeys(_names(payload["doc"]), item))
        elif event_type == "DocumentServed":
            for name in _names(payload["doc"]):
                held = self.served.get(name)
                if held is None or item.act.occurred_at < held.act.occurred_at:
                    self.served[name] = item
        elif event_type == "EvidenceRegistered" and payload["evidenceKind"] == "AV":
            self.filmed.add(item.act.aggregate_id)
        elif event_type == "ServiceAddressConfirmed" and "ELECTRONIC" in payload["methods"]:
            at = item.act.occurred_at
            self.consented_at = min(at, self.consented_at or at)


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    yield document["fileHash"]
    if document["docNo"] is not None:
        yield document["docNo"]


def named(held: Mapping[str, StreamAct], document: Mapping[str, Any]) -> StreamAct | None:
    """Return what is held about a document, by its file or else by its number."""
    return next((held[name] for name in _names(document) if name in held), None)


@BOOK.rule("V-SRV-01", "DocumentServed", "PenaltyDecisionMade", "DeadlineMissed")
def decision_served_late(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 61, 85: the decision is served within seven working days."""
    late = missed(sight, "D-SRV-01") or _late_service(sight)
    if late and not had_happened(sight, *_ATTEMPTS, until=late.due_at):
        yield late.finding(sight, late.trigger.act.event_id.hex())


def _late_service(sight: Sight) -> Lateness | None:
    if sight.item.event_type == "DeadlineMissed":
        return None
    services, document = sight.matter.part(Services), sight.item.payload["doc"]
    decision, service = named(services.decisions, document), named(services.served, document)
    if sight.item.event_type == "PenaltyDecisionMade":
        return service and _late(sight, sight.item, service)
    return decision and (None if service else _late(sight, decision, sight.item))


def _late(sight: Sight, decision: StreamAct, service: StreamAct) -> Lateness | None:
    return late_by_working_days(sight, decision, "service_working_days", done=service)


@BOOK.rule("V-SRV-02", "DocumentServed", cured_by=("ServiceAddressConfirmed",))
def electronic_without_consent(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 61(2): by wire only where the party agreed and signed."""
    agreed = sight.matter.part(Services).consented_at
    has_consent = agreed is not None and agreed <= sight.item.act.occurred_at
    if sight.item.payload["method"] == "ELECTRONIC" and not has_consent:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-SRV-03", "DocumentServed")
def left_without_witness(sight: Sight) -> Iterator[Finding]:
    """民事诉讼法 art. 89: what is left behind is left before a witness, or filmed."""
    payload = sight.item.payload
    if payload["method"] == "LEFT" and payload["witness"] is None and not _is_filmed(sight):
        yield Finding(sight.item.act.event_id.hex())


def _is_filmed(sight: Sight) -> bool:
    payload: Mapping[str, Any] = sight.item.payload
    if payload["receipt"]["evidenceId"] in sight.matter.part(Services).filmed:
        return True
    return sight.matter.part(Recordings).covers(span_of(sight.item))
