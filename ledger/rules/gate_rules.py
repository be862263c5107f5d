"""The rules that gates run: one small predicate an id, true when the rule is kept.

Read before: schemas/rules/rule-set-1.json, which lists the ids of each gate and says in Chinese
what each stands for. Read next: ``consumers/append/gates.py``, which runs them.

A predicate sees the act that asks, the acts of its stream that count, and the control log. It
never looks at the vault, a clock or another stream, so that whoever has the log can run it again
(docs/spec/gates.md). What a rule needs and cannot find is a rule that is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

from ledger.domain.case import Case, fold_case
from ledger.domain.control import ControlState
from ledger.domain.control_records import DAY_MICROS, RuleSet
from ledger.domain.disclosure import (
    CAUSES,
    MUST_NOT,
    PUBLISHED,
    Disclosure,
    Disclosures,
    fold_disclosures,
)
from ledger.domain.hold import open_alerts, open_holds
from ledger.domain.major import Assessment, assess_major
from ledger.domain.retrieval import Retrieval, Scope, Window, fold_retrievals, scope_of
from ledger.domain.review import AGREE, CHECKLIST, Review, fold_reviews, newest_review
from ledger.domain.stream import StreamAct

_FIRST_PUBLICATIONS: Final = ("NONE", "DRAFT", "APPROVED", "WITHHELD", "PUBLISHED_EXTERNAL")


class GateContext:
    """Everything a gate rule may look at; each fold is made when a rule first asks for it."""

    def __init__(
        self,
        request: StreamAct,
        acts: Sequence[StreamAct],
        state: ControlState,
        rules: RuleSet,
        *,
        is_asker_counted: bool = True,
    ) -> None:
        """Describe one request.

        Args:
            request: The act that asks, with the entry it would become.
            acts: Acts of its stream that count, without the request.
            state: The control log at the request's ``controlSize``.
            rules: The rule set in force.
            is_asker_counted: Whether the request counts in its stream: a stranger's does not.
        """
        self.request = request
        self.acts = acts
        self.state = state
        self.rules = rules
        self.is_asker_counted = is_asker_counted

    @property
    def payload(self) -> Mapping[str, Any]:
        """The payload of the request."""
        return self.request.payload

    @property
    def received_at(self) -> int:
        """When the request was received, microseconds UTC."""
        return self.request.entry.received_at

    @cached_property
    def case(self) -> Case:
        """The case before the request."""
        return fold_case(self.acts)

    @cached_property
    def review(self) -> Review | None:
        """The newest legal review; another penalty than the case proposes makes it stale."""
        return newest_review(fold_reviews(self.acts, self.request))

    @cached_property
    def assessment(self) -> Assessment:
        """Whether the proposed decision is a major one."""
        act, at = self.request.act, self.received_at
        own = self.state.review_catalogue_at(act.agency_id, at)
        item_code = act.item_code or self.case.item_code
        return assess_major(
            self.payload["proposedPenalty"],
            self.payload["declared"],
            self.case,
            None if item_code is None else self.state.items.get(item_code),
            own or self.rules.review_catalogue,
        )

    @cached_property
    def disclosures(self) -> Disclosures:
        """The disclosures of the stream."""
        return fold_disclosures(self.acts)

    @cached_property
    def disclosure(self) -> Disclosure:
        """The disclosure that the request is about."""
        return self.disclosures.of(self.request.act.aggregate_id)

    @cached_property
    def retrieval(self) -> Retrieval:
        """The retrieval that the request is about."""
        hours = self.rules.numbers["emergency_access_hours"]
        retrieval_id = self.request.act.aggregate_id
        return fold_retrievals(self.acts, hours).get(retrieval_id) or Retrieval(retrieval_id)

    @property
    def window(self) -> Window | None:
        """The window that the request names."""
        return self.retrieval.windows.get(self.payload["windowId"])


Rule: TypeAlias = Callable[[GateContext], bool]


# --- decision permit (domain: 决定前置核验), judged only where the decision is a major one, except
# who asks ----------------------------------------------------------------------------------------


def _asker_is_the_owner(gate: GateContext) -> bool:
    return gate.is_asker_counted


def _review_concluded(gate: GateContext) -> bool:
    return gate.review is not None and gate.review.conclusion is not None


def _review_agrees(gate: GateContext) -> bool:
    return gate.review is None or gate.review.conclusion in (None, AGREE)


def _reviewer_is_no_handler(gate: GateContext) -> bool:
    return gate.review is None or not gate.review.reviewers & gate.case.handlers


def _review_is_fresh(gate: GateContext) -> bool:
    return gate.review is None or not gate.review.stale


def _draft_is_the_reviewed_one(gate: GateContext) -> bool:
    review = gate.review
    return (
        review is None
        or review.concluded_hash is None
        or review.concluded_hash == gate.payload["draftHash"]
    )


def _checklist_is_complete(gate: GateContext) -> bool:
    review = gate.review
    return review is None or review.conclusion is None or review.answered >= CHECKLIST


# --- disclosure ----------------------------------------------------------------------------------


def _review_is_of_the_draft(gate: GateContext) -> bool:
    draft = gate.disclosure.draft
    hashes = {gate.payload["contentHash"], gate.payload["scan"]["contentHash"]}
    return draft is not None and hashes == {draft["contentHash"]}


def _reviewer_is_no_drafter(gate: GateContext) -> bool:
    if gate.request.event_type == "DisclosureReviewed":
        return gate.payload["reviewer"] not in gate.disclosure.drafters
    review = gate.disclosure.review
    return review is not None and review["reviewer"] not in gate.disclosure.drafters


def _checks_are_done(gate: GateContext) -> bool:
    payload = gate.payload
    is_checked: bool = payload["secrecyCheck"] and payload["privacyCheck"]
    return is_checked or payload["decision"] != "APPROVED"


def _state_allows(gate: GateContext) -> bool:
    if gate.request.event_type == "DisclosurePublished":
        return gate.disclosure.state in _FIRST_PUBLICATIONS
    return gate.disclosure.state == PUBLISHED


def _version_is_next(gate: GateContext) -> bool:
    return bool(gate.payload["version"] == gate.disclosure.version + 1)


def _obligation_is_assessed(gate: GateContext) -> bool:
    return gate.disclosures.obligation(gate.disclosure) is not None


def _disclosure_is_not_prohibited(gate: GateContext) -> bool:
    return gate.disclosures.obligation(gate.disclosure) != MUST_NOT


def _content_is_approved(gate: GateContext) -> bool:
    """The draft, its review and the publication name one hash, and one channel."""
    draft, review = gate.disclosure.draft, gate.disclosure.review
    if draft is None or review is None or review["decision"] != "APPROVED":
        return False
    channel = gate.payload.get("channel", draft["channel"])
    hashes = {draft["contentHash"], review["contentHash"], gate.payload["contentHash"]}
    return len(hashes) == 1 and channel == draft["channel"]


def _scan_is_clean(gate: GateContext) -> bool:
    """A first publication rests on the review's scan, whatever adds public text on its own too."""
    scans = [gate.payload["scan"]] if "scan" in gate.payload else []
    review = gate.disclosure.review
    if gate.request.event_type == "DisclosureWithdrawn":
        return all(scan["clean"] for scan in scans)
    if review is None:
        return False
    scans.append(review["scan"])
    return all(
        scan["clean"] and scan["contentHash"] == gate.payload["contentHash"] for scan in scans
    )


def _open_alerts_are_acknowledged(gate: GateContext) -> bool:
    review = gate.disclosure.review
    acknowledged = () if review is None else review["acknowledgedAlerts"]
    return open_alerts(gate.acts) <= set(acknowledged)


def _withdrawal_has_ground(gate: GateContext) -> bool:
    held = gate.disclosure
    return (
        bool(gate.payload["publicReason"].strip())
        and gate.payload["contentHash"] == held.content_hash
        and gate.payload["version"] == held.version
    )


def _withdrawal_has_cause(gate: GateContext) -> bool:
    needed = CAUSES.get(gate.payload["ground"])
    if needed is None:
        return True
    cause = gate.payload["causeEventId"]
    return any(item.act.event_id == cause and item.event_type == needed for item in gate.acts)


# --- retrieval -----------------------------------------------------------------------------------


def _retrieval_state_allows(gate: GateContext) -> bool:
    if gate.request.event_type == "RetrievalApproved":
        return gate.retrieval.state == "REQUESTED"
    return gate.retrieval.state not in ("NONE", "CLOSED")


def _approver_is_not_requester(gate: GateContext) -> bool:
    people = [gate.payload["approver"], gate.payload["secondApprover"]]
    people += [actor.officer_id for actor in gate.request.act.actors if actor.role == "APPROVER"]
    approvers = [person for person in people if person is not None]
    second = gate.payload["secondApprover"]
    return gate.retrieval.requester not in approvers and second != gate.payload["approver"]


def _approved_scope_is_explicit(gate: GateContext) -> bool:
    asked, given = gate.retrieval.scope, scope_of(gate.payload)
    if asked is None or given.is_empty or not asked.covers(given):
        return False
    return gate.payload["mode"] in ("VIEW", gate.retrieval.mode)


def _approved_window_is_bounded(gate: GateContext) -> bool:
    start, end = gate.payload["from"], gate.payload["to"]
    longest = gate.rules.numbers["retrieval_window_days_max"] * DAY_MICROS
    is_bounded: bool = start < end <= start + longest
    return is_bounded and end > gate.received_at


def _access_is_approved(gate: GateContext) -> bool:
    return gate.window is not None and gate.retrieval.state not in ("REJECTED", "CLOSED")


def _access_is_in_scope(gate: GateContext) -> bool:
    media_id, doc_id = gate.payload["mediaId"], gate.payload["docId"]
    named = Scope(
        frozenset(() if media_id is None else (media_id,)),
        frozenset(() if doc_id is None else (doc_id,)),
        frozenset(),
    )
    return gate.window is not None and not named.is_empty and gate.window.scope.covers(named)


def _access_is_in_time(gate: GateContext) -> bool:
    # What counts is when the ledger took it: the access follows the entry.
    window = gate.window
    return window is not None and window.start <= gate.received_at < window.end


def _access_is_by_the_requester(gate: GateContext) -> bool:
    return gate.window is not None and gate.payload["who"] == gate.window.person


def _access_is_open(gate: GateContext) -> bool:
    return gate.retrieval.accesses.get(gate.payload["accessId"], False)


def _mode_allows_copies(gate: GateContext) -> bool:
    return gate.window is not None and gate.window.mode == "COPY"


# --- holds ---------------------------------------------------------------------------------------


def _nothing_is_held(gate: GateContext) -> bool:
    """No open hold names the stream, the aggregate, or a subject that the request is about."""
    act = gate.request.act
    named = {act.stream_key, act.aggregate_id, *gate.payload.get("subjects", ())}
    if gate.request.event_type == "DisclosurePublished":
        named.discard(act.stream_key)  # A hold on the matter keeps its material, not its record.
    return not any(hold.target in named for hold in open_holds(gate.acts))


RULES: Final[Mapping[str, Rule]] = {
    "G-DEC-OWNER": _asker_is_the_owner,
    "V-LR-01": _review_concluded,
    "V-LR-02": _review_agrees,
    "V-LR-04": _reviewer_is_no_handler,
    "V-LR-05": _review_is_fresh,
    "V-LR-07": _draft_is_the_reviewed_one,
    "V-LR-10": _checklist_is_complete,
    "G-DIS-DRAFT": _review_is_of_the_draft,
    "G-DIS-REVIEWER": _reviewer_is_no_drafter,
    "G-DIS-CHECKS": _checks_are_done,
    "G-DIS-STATE": _state_allows,
    "G-DIS-VERSION": _version_is_next,
    "G-DIS-ASSESSED": _obligation_is_assessed,
    "V-DIS-08": _disclosure_is_not_prohibited,
    "G-DIS-APPROVED": _content_is_approved,
    "V-DIS-03": _scan_is_clean,
    "G-DIS-ALERTS": _open_alerts_are_acknowledged,
    "G-DIS-GROUND": _withdrawal_has_ground,
    "G-DIS-CAUSE": _withdrawal_has_cause,
    "G-RET-STATE": _retrieval_state_allows,
    "V-RET-06": _approver_is_not_requester,
    "G-RET-SCOPE": _approved_scope_is_explicit,
    "G-RET-WINDOW": _approved_window_is_bounded,
    "V-RET-01": _access_is_approved,
    "V-RET-02": _access_is_in_scope,
    "V-RET-03": _access_is_in_time,
    "G-RET-PERSON": _access_is_by_the_requester,
    "G-RET-ACCESS": _access_is_open,
    "G-RET-MODE": _mode_allows_copies,
    "G-HOLD": _nothing_is_held,
}


def failed_rules(gate_name: str, gate: GateContext) -> list[str]:
    """Return the ids of the rules of a gate that are not kept, in the rule set's order.

    A gate without a list, and an id without a predicate, refuse: a gate fails closed.
    """
    rule_ids = gate.rules.gates.get(gate_name)
    if rule_ids is None:
        return [UNKNOWN_GATE]
    return [rule_id for rule_id in rule_ids if rule_id not in RULES or not RULES[rule_id](gate)]


UNKNOWN_GATE: Final = "G-UNKNOWN"
ASKER_RULES: Final = frozenset({"G-DEC-OWNER", UNKNOWN_GATE})  # For every decision, major or not.
