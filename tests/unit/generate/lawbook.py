"""The law that a generated case must keep, as plain predicates over its decoded steps.

Written for the tests alone and after the statutes, not after the generator: it says which rules a
case breaks and at which act. The rules of the product come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from consumers.generate.timeline import WorkCalendar, day_of
from tests.support.history import Step

Finding = tuple[str, bytes]
HOUR = 3_600_000_000
PAIRED = {"CredentialsShown", "OnSiteExamined", "InquiryRecorded", "MeasureImposed"}
AFTER_CLOSING = ("CaseFile", "Retrieval", "Disclosure", "EventCorrected")
MAJOR_FINE_FEN = {"NATURAL": 1_000_000, "LEGAL": 5_000_000}
HEARING_FINE_FEN = {"NATURAL": 100_000, "LEGAL": 2_000_000}
KEYS = 8


class Register(NamedTuple):
    """What the control log says."""

    calendar: WorkCalendar
    suspended: frozenset[str]


class Case:
    """One stream, with look-ups by type."""

    def __init__(self, steps: Iterable[Step], register: Register) -> None:
        self.steps = list(steps)
        self.calendar = register.calendar
        self.suspended = register.suspended
        filed = self.first("CaseFiled")
        self.party: dict[str, Any] = filed.payload["party"] if filed else {}

    def all(self, *types: str) -> list[Step]:
        """Return all steps of these types in order."""
        return [step for step in self.steps if step.type in types]

    def first(self, *types: str) -> Step | None:
        """Return the first step of these types."""
        return next(iter(self.all(*types)), None)

    def before(self, step: Step, *types: str) -> list[Step]:
        """Return the steps of these types that come before ``step``."""
        return [s for s in self.steps[: self.steps.index(step)] if s.type in types]

    def due(self, start: Step, workdays: int) -> int:
        """Return the last day of a period of working days."""
        return self.calendar.add(day_of(start.occurred), workdays)


def findings(case: Case) -> set[Finding]:
    """Return every rule that a case breaks, with the act at which it first does."""
    checks = (
        _people,
        _before_decision,
        _review,
        _recording,
        _evidence,
        _service,
        _disclosure,
        _retrieval,
        _times,
    )
    return {finding for check in checks for finding in check(case)}


def _people(case: Case) -> Iterator[Finding]:
    for step in case.steps:
        if step.act is None:
            continue
        actors = {actor.officer_id for actor in step.act.actors}
        if actors & case.suspended:
            yield "V-CRED-01", step.event_id
        if step.type in PAIRED and len(actors) < 2:
            yield "V-CRED-02", step.event_id
    examined = case.first("OnSiteExamined")
    if examined and not case.before(examined, "CredentialsShown"):
        yield "V-CRED-03", examined.event_id


def _fine(penalties: list[dict[str, Any]]) -> int:
    return sum(item["amountFen"] for item in penalties if item["kind"] == "FINE")


def _before_decision(case: Case) -> Iterator[Finding]:
    decision = case.first("PenaltyDecisionMade")
    if decision is None:
        return
    found = decision.event_id
    day = day_of(decision.occurred)
    fine, kind = _fine(decision.payload["penalties"]), case.party["partyType"]
    notices = case.before(decision, "PenaltyPreNoticeServed")
    waived = case.before(decision, "StatementWaived")
    held, asked = case.before(decision, "HearingHeld"), case.before(decision, "HearingRequested")
    if not notices:
        yield "V-PROC-02", found
    for notice in notices:
        if notice.payload["hearingRight"] and day <= case.due(notice, 5) and not waived:
            yield "V-PROC-03", found
        if fine >= HEARING_FINE_FEN[kind] and not notice.payload["hearingRight"]:
            yield "V-PROC-05", found
        if case.all("StatementReceived") and fine > _fine(notice.payload["proposedPenalty"]):
            yield "V-PROC-09", found
        if notice.payload["factIds"] != decision.payload["factIds"]:
            yield "V-PROC-10", found
    if asked and not held:
        yield "V-PROC-04", found
    for hearing in held:
        notice = case.before(hearing, "HearingNoticeServed")[-1]
        if day_of(notice.occurred) > case.calendar.add(day_of(hearing.payload["heldAt"]), -7):
            yield "V-PROC-06", hearing.event_id
        assigned = case.all("HandlersAssigned")[0].payload["handlers"]
        if hearing.payload["chair"] in assigned:
            yield "V-PROC-07", hearing.event_id
    statements = case.before(decision, "StatementReceived")
    if statements and not case.before(decision, "StatementReviewed"):
        yield "V-PROC-08", found
    if statements and decision.payload["reasons"]["responseToStatement"] is None:
        yield "V-PROC-19", found
    if is_major(case, decision) and not case.before(decision, "CollectiveDiscussionHeld"):
        yield "V-PROC-11", found
    filed = case.all("CaseFiled")[0]
    if day > day_of(filed.occurred) + 90:
        yield "V-PROC-12", found
    is_young = case.party["ageBand"] in ("UNDER_14", "FROM_14_TO_17")
    if is_young and "mitigation:minor-party" not in decision.payload["factIds"]:
        yield "V-PROC-16", found
    if not case.before(decision, "RectificationOrdered"):
        yield "V-PROC-21", found


def is_major(case: Case, decision: Step) -> bool:
    """Return whether the adopted catalogue or a hearing makes a decision major."""
    assert decision.act is not None
    fine = _fine(decision.payload["penalties"])
    by_item = decision.act.item_code == "HN-JT-02"
    by_fine = fine >= MAJOR_FINE_FEN[case.party["partyType"]]
    return by_fine or by_item or bool(case.before(decision, "HearingHeld"))


def _review(case: Case) -> Iterator[Finding]:
    decision = case.first("PenaltyDecisionMade")
    handlers = {i for step in case.all("HandlersAssigned") for i in step.payload["handlers"]}
    for step in case.all("LegalReviewAccepted"):
        if step.payload["reviewer"] in handlers:
            yield "V-LR-04", step.event_id
    for step in case.all("LegalReviewConcluded"):
        if len({item["key"] for item in step.payload["checklist"]}) < KEYS:
            yield "V-LR-10", step.event_id
        if day_of(step.occurred) > case.due(case.before(step, "LegalReviewAccepted")[-1], 10):
            yield "V-LR-06", step.event_id
    if decision is None or not is_major(case, decision):
        return
    concluded = case.before(decision, "LegalReviewConcluded")
    if not concluded:
        yield "V-LR-01", decision.event_id
        return
    last = concluded[-1]
    if last.payload["conclusion"] != "AGREE":
        yield "V-LR-02", decision.event_id
    elif last.payload["draftHash"] != decision.payload["draftHash"]:
        yield "V-LR-07", decision.event_id
    later = case.steps[case.steps.index(last) : case.steps.index(decision)]
    if any(step.type in ("HearingHeld", "EvidenceRegistered") for step in later):
        yield "V-LR-05", decision.event_id


def _recording(case: Case) -> Iterator[Finding]:
    spans = []
    for stopped in case.all("RecordingStopped"):
        media = stopped.act.aggregate_id if stopped.act else ""
        started = next(
            s for s in case.all("RecordingStarted") if s.act and s.act.aggregate_id == media
        )
        spans.append((started.payload["at"], stopped.payload["at"]))
    for step in case.all("OnSiteExamined", "MeasureImposed"):
        start, end = step.payload["from"], step.payload["to"]
        if case.all("CaseClosed") and not any(a <= start and end <= b for a, b in spans):
            yield "V-EVD-04", step.event_id
    for uploaded in case.all("RecordingUploaded"):
        stopped = case.before(uploaded, "RecordingStopped")[-1]
        if uploaded.at - stopped.payload["at"] > 24 * HOUR:
            yield "V-EVD-06", uploaded.event_id


def _evidence(case: Case) -> Iterator[Finding]:
    decision = case.first("PenaltyDecisionMade")
    if decision is None:
        return
    cited = set(case.before(decision, "InvestigationConcluded")[-1].payload["evidenceIds"])
    for kind, rule in (("EvidenceRegistered", "V-EVD-10"), ("EvidenceVerified", "V-EVD-11")):
        known = {s.act.aggregate_id for s in case.before(decision, kind) if s.act}
        if not cited or cited - known:
            yield rule, decision.event_id


def _service(case: Case) -> Iterator[Finding]:
    decision, served = case.first("PenaltyDecisionMade"), case.first("DocumentServed")
    if decision is None or served is None:
        return
    if day_of(served.occurred) > case.due(decision, 7):
        yield "V-SRV-01", served.event_id
    confirmed = case.before(served, "ServiceAddressConfirmed")
    if served.payload["method"] == "ELECTRONIC" and not confirmed:
        yield "V-SRV-02", served.event_id
    paid = case.first("FinePaid")
    if paid and day_of(paid.occurred) > day_of(served.occurred) + 15:
        yield "D-EXE-01", paid.event_id


def _disclosure(case: Case) -> Iterator[Finding]:
    decision, served = case.first("PenaltyDecisionMade"), case.first("DocumentServed")
    for published in case.all("publish_disclosure"):
        assert decision is not None
        if day_of(published.at) > case.due(decision, 7):
            yield "V-DIS-01", decision.event_id
        if served is None or published.at < served.occurred:
            yield "V-DIS-07", decision.event_id
        if not case.before(published, "PartyInformedOfDisclosure"):
            yield "V-DIS-11", decision.event_id
    for outside in case.all("DisclosurePublishedExternally"):
        if case.party["ageBand"] in ("UNDER_14", "FROM_14_TO_17"):
            yield "V-DIS-08", outside.event_id
    revoked, withdrawn = case.first("DecisionRevoked"), case.first("withdraw_disclosure")
    if revoked and withdrawn and day_of(withdrawn.at) > case.due(revoked, 3):
        yield "V-DIS-02", revoked.event_id


def _retrieval(case: Case) -> Iterator[Finding]:
    for step in case.all("OfflineAccessReported"):
        if step.payload["approvedBy"] is None:
            yield "V-RET-01", step.event_id
    asked = {s.command.retrieval_id: s for s in case.all("request_retrieval") if s.command}
    for step in case.all("approve_retrieval"):
        assert step.command is not None
        request = asked[step.command.retrieval_id]
        assert request.command is not None
        assert request.command.officer_id != step.command.officer_id
        assert day_of(step.at) <= case.due(request, 3)


def _times(case: Case) -> Iterator[Finding]:
    latest, closed = 0, False
    for step in case.steps:
        if step.act is None:
            continue
        if step.at - step.occurred > 24 * HOUR:
            yield "V-TIME-01", step.event_id
        elif step.occurred < latest - 90_000_000:
            yield "V-TIME-02", step.event_id
        latest = max(latest, step.occurred)
        if closed and not step.type.startswith(AFTER_CLOSING):
            yield "V-PROC-24", step.event_id
        closed = closed or step.type == "CaseClosed"
    lead, filed = case.first("LeadRegistered"), case.first("CaseFiled")
    if lead and filed and day_of(filed.occurred) > case.due(lead, 15):
        yield "D-PEN-01", filed.event_id
    closing, archived = case.first("CaseClosed"), case.first("archive_case")
    if closing and archived and day_of(archived.at) > day_of(closing.occurred) + 30:
        yield "D-ARC-01", closing.event_id
