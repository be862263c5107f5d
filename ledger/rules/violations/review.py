"""Rules of legal review (法制审核) of major decisions.

Read before: ``major``. Read next: ``timing``. Statutes: 行政处罚法 art. 58; 任务分解表 10 to 14.

What counts is the last conclusion that happened before the decision; one that was withdrawn is
none. A head's wish to decide against it changes nothing (domain: OVERRIDE): the coordination that
ended so is then among the causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from ledger.domain.control_records import day_of
from ledger.domain.law_lists import in_force
from ledger.domain.review import AGREE, CHECKLIST, GATE_QUESTION, PROPOSALS
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import Spans, add_working_days, joined_spans
from ledger.rules.violations.chronicle import (
    ALL_TYPES,
    between,
    chronicle,
    concerned,
    found,
    is_late,
    last,
    when,
)
from ledger.rules.violations.law import number
from ledger.rules.violations.major import is_major, own_catalogue
from ledger.rules.violations.penalties import plain
from ledger.rules.violations.people import People, named_handlers, reviewer
from ledger.rules.violations.procedure import DECISION
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import missed_from

_CONCLUDED: Final = "LegalReviewConcluded"
_ACCEPTED: Final = "LegalReviewAccepted"
_RESOLVED: Final = "ReviewCoordinationResolved"
_DISAGREED: Final = "ReviewDisagreementRaised"
_REFUSED: Final = "DecisionGateRefused"
_PERMIT: Final = "DecisionGateCleared"
_HEARING: Final = "HearingHeld"
_EVIDENCE: Final = "EvidenceRegistered"
_LIMIT_MAX: Final = 366  # Working days; an agency may claim any number, and each is counted.
# Each begins the reviewer's time anew.
_CLOCK_STARTS: Final = (_ACCEPTED, "LegalReviewResubmitted", _RESOLVED)
_RETURNED: Final = "LegalReviewMaterialsReturned"
# Each brings the papers that were sent back, so that the time runs again.
_BROUGHT: Final = ("LegalReviewSubmitted", "LegalReviewResubmitted", _ACCEPTED)


def conclusion(sight: Sight, decision: StreamAct) -> StreamAct | None:
    """Return the last conclusion before a decision that was not withdrawn before it."""
    held = between(sight, _CONCLUDED, 0, when(decision))
    return next((it for it in reversed(held) if not _is_withdrawn(sight, it, decision)), None)


def _is_withdrawn(sight: Sight, held: StreamAct, decision: StreamAct) -> bool:
    withdrawn = sight.matter.last_of(held.act.aggregate_id, "LegalReviewWithdrawn")
    return withdrawn is not None and when(held) <= when(withdrawn) <= when(decision)


def _agreed(sight: Sight, decision: StreamAct) -> StreamAct | None:
    held = conclusion(sight, decision)
    return held if held is not None and held.payload["conclusion"] == AGREE else None


@BOOK.rule("V-LR-01", DECISION, _HEARING, cured_by=(_CONCLUDED,))
def major_without_review(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 58: a major decision that was not reviewed is not made.

    A permit that the gate refused before is among the causes.
    """
    for decision in concerned(sight, DECISION):
        if conclusion(sight, decision) is None and is_major(sight, decision):
            yield found(sight, decision, chronicle(sight).last(_REFUSED))


@BOOK.rule("V-LR-02", DECISION, _CONCLUDED, _HEARING)
def major_against_review(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 58: a major decision whose review was not passed is not made."""
    for decision in concerned(sight, DECISION):
        held = conclusion(sight, decision)
        if held is None or held.payload["conclusion"] == AGREE or not is_major(sight, decision):
            continue
        resolved = last(sight, _RESOLVED, when(decision))
        is_override = resolved is not None and resolved.payload["outcome"] == "HEAD_DECIDES"
        override = resolved if is_override else None
        yield found(sight, decision, held, override, chronicle(sight).last(_REFUSED))


@BOOK.rule("V-LR-03", DECISION, _CONCLUDED)
def agreed_after_decision(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 58: the review comes before the decision, not after it."""
    item = sight.item
    if item.event_type == DECISION:
        later = [it for it in chronicle(sight).since(_CONCLUDED, when(item) + 1) if _agrees(it)]
        decision, agreed = item, later[0] if later else None
    else:
        before = chronicle(sight).last(DECISION, when(item) - 1)
        decision, agreed = before or item, item if before and _agrees(item) else None
    if agreed and _agreed(sight, decision) is None and is_major(sight, decision):
        yield found(sight, decision, agreed)


def _agrees(item: StreamAct) -> bool:
    return bool(item.payload["conclusion"] == AGREE)


@BOOK.rule("V-LR-04", *ALL_TYPES)
def reviewer_is_handler(sight: Sight) -> Iterator[Finding]:
    """审核与办案分离: who handles a case does not review it."""
    people = sight.matter.part(People)
    officer_id = reviewer(sight.item)
    handled = None if officer_id is None else people.handler(officer_id)
    if officer_id is not None and handled is not None:
        yield Finding(officer_id, (handled.act.event_id,))
    for handler in named_handlers(sight.item):
        reviewed = people.reviewed(handler)
        if reviewed is not None:
            yield Finding(handler, (reviewed.act.event_id,))


@BOOK.rule("V-LR-05", DECISION, _HEARING, _EVIDENCE)
def review_is_stale(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 58(1)(2): what came to light after the review is reviewed again.

    A hearing after it (HIGH); evidence, or another penalty than was proposed (MEDIUM).
    """
    for decision in concerned(sight, DECISION):
        agreed = _agreed(sight, decision)
        if agreed is None or not is_major(sight, decision):
            continue
        hearing = _after(sight, _HEARING, agreed, decision)
        evidence = _after(sight, _EVIDENCE, agreed, decision)
        if hearing is not None:
            yield found(sight, decision, agreed, hearing, severity="HIGH")
        elif evidence is not None or _is_changed(sight, agreed, decision):
            yield found(sight, decision, agreed, evidence, severity="MEDIUM")


def _after(
    sight: Sight, event_type: str, agreed: StreamAct, decision: StreamAct
) -> StreamAct | None:
    """Return the last act of a type after the review and up to the decision."""
    held = last(sight, event_type, when(decision))
    return held if held is not None and when(held) > when(agreed) else None


def _is_changed(sight: Sight, agreed: StreamAct, decision: StreamAct) -> bool:
    """Tell whether the penalty is not the one proposed when the review was passed."""
    acts = [last(sight, it, when(agreed)) for it in PROPOSALS]
    reviewed = max((it for it in acts if it is not None), key=when, default=None)
    if reviewed is None:
        return False
    later = [_after(sight, it, agreed, decision) for it in PROPOSALS]
    proposed = [it.payload["proposedPenalty"] for it in later if it is not None]
    known = plain(reviewed.payload["proposedPenalty"])
    return any(plain(it) != known for it in [*proposed, decision.payload["penalties"]])


@BOOK.rule("V-LR-06", _CONCLUDED, _RESOLVED, "DeadlineMissed", cured_by=(_CONCLUDED, _RESOLVED))
def reviewed_late(sight: Sight) -> Iterator[Finding]:
    """任务分解表 14.1: the agency's workflow limits review and coordination (D-LR-01, D-LR-02)."""
    yield from missed_from(sight, "D-LR-01", "D-LR-02")
    item = sight.item
    is_review = item.event_type == _CONCLUDED
    begun = _newest(sight, _ACCEPTED if is_review else _DISAGREED)
    if item.event_type == "DeadlineMissed" or begun is None:
        return
    starts = [_newest(sight, it) for it in _CLOCK_STARTS] if is_review else [begun]
    start = max(when(it) for it in starts if it is not None)
    paused = _sent_back(sight, start) if is_review else ()
    limit = _limit(sight, is_review=is_review)
    due = add_working_days(day_of(start), limit, sight.control.calendar, paused)
    if is_late(when(item), due):
        yield found(sight, begun, item)


def _sent_back(sight: Sight, start: int) -> Spans:
    """Return when the reviewer had no papers: from their return until they came again."""
    until, review = when(sight.item), sight.item.act.aggregate_id

    def own(event_type: str) -> list[StreamAct]:
        acts = between(sight, event_type, start, until)
        return [it for it in acts if it.act.aggregate_id == review]

    brought = sorted(when(it) for event_type in _BROUGHT for it in own(event_type))
    return joined_spans(
        (day_of(at), day_of(next((it for it in brought if it >= at), until)))
        for at in map(when, own(_RETURNED))
    )


def _newest(sight: Sight, event_type: str) -> StreamAct | None:
    """Return the newest act of a type about the same review that did not happen later."""
    held = sight.matter.last_of(sight.item.act.aggregate_id, event_type)
    return held if held is not None and when(held) <= when(sight.item) else None


def _limit(sight: Sight, *, is_review: bool) -> int:
    """Return the working days that the agency's workflow gives, else the rule set."""
    item = sight.item
    held = sight.control.review_workflows.get(item.act.agency_id, ())
    workflow = in_force(held, day_of(when(item)))
    if workflow is not None:
        given = workflow.limit if is_review else workflow.coordination_limit
        return min(max(1, given), _LIMIT_MAX)
    return number(sight.rules, "review_working_days" if is_review else "coordination_working_days")


@BOOK.rule("V-LR-07", DECISION, _CONCLUDED, _HEARING)
def decided_another_draft(sight: Sight) -> Iterator[Finding]:
    """平台规则: what is decided is the draft that was reviewed, under a permit that still holds.

    A decision may cite no permit (``gateId``): a review that was passed is enough. One that it
    cites, major or not, must be for its draft, in this stream before it, and not over.
    """
    for decision in concerned(sight, DECISION):
        agreed = _agreed(sight, decision)
        is_other = (
            agreed is not None
            and agreed.payload["draftHash"] != decision.payload["draftHash"]
            and is_major(sight, decision)
        )
        verdict = _cited(sight, decision)
        if is_other or (decision.payload["gateId"] and not _covers(verdict, decision)):
            yield found(sight, decision, agreed, verdict)


def _cited(sight: Sight, decision: StreamAct) -> StreamAct | None:
    """Return the gate's verdict that a decision cites, by its own id or by the request's.

    The ledger answers a request in the transaction that takes it, so at the same moment. Of a
    request whose answer is not at hand, a bare file of what emitters sent, the request itself.
    """
    cited = sight.matter.act(decision.payload["gateId"] or b"")
    if cited is None or cited.entry.stream_version > decision.entry.stream_version:
        return None
    at, asked = cited.entry.received_at, cited.act.event_id
    for kind in (_PERMIT, _REFUSED):
        same = takewhile(lambda it: when(it) == at, chronicle(sight).since(kind, at))
        for verdict in same:
            if verdict.act.causation_id == asked:
                return verdict
    return cited


def _covers(verdict: StreamAct | None, decision: StreamAct) -> bool:
    """Tell whether a verdict is a permit for the draft that was decided, not over by then."""
    if verdict is None or verdict.event_type not in (_PERMIT, GATE_QUESTION):
        return False
    is_same = bool(verdict.payload["draftHash"] == decision.payload["draftHash"])
    until = verdict.payload.get("validUntil")
    return is_same and (until is None or day_of(when(decision)) <= until)


@BOOK.rule("V-LR-09", DECISION)
def decided_without_catalogue(sight: Sight) -> Iterator[Finding]:
    """任务分解表 12.1: the agency has a catalogue of major decisions in force."""
    if own_catalogue(sight, sight.item) is None:
        yield found(sight, sight.item)


@BOOK.rule("V-LR-10", _CONCLUDED)
def checklist_incomplete(sight: Sight) -> Iterator[Finding]:
    """任务分解表 13.1: an opinion answers each of the eight points."""
    if CHECKLIST - {it["key"] for it in sight.item.payload["checklist"]}:
        yield found(sight, sight.item)


@BOOK.rule("V-LR-11", _CONCLUDED)
def opinion_by_another_unit(sight: Sight) -> Iterator[Finding]:
    """任务分解表 11.1: opinions come from the unit that the agency has designated."""
    item = sight.item
    held = sight.control.review_units.get(item.act.agency_id, ())
    unit = in_force(held, day_of(when(item)))
    if unit is not None and unit.unit_id != item.payload["unitId"]:
        yield found(sight, item)
