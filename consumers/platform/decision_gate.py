"""The decision gate (决定前置核验): the act that asks, and what the ledger says of it.

Read before: ``acts``, docs/spec/gates.md. Read next: ``commands``, ``portal/decision_gate.py``.

The appender decides, on the stream as it is then, and writes its answer behind the request, in the
same transaction: whether the decision is a major one, and the permit or the failed rules. So
whoever asked finds the answer in the stream by the request's event id, now and for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order
from consumers.platform.matter import Matter
from ledger.domain.review import GATE_QUESTION, fold_reviews, newest_proposal, newest_review
from ledger.domain.stream import StreamAct
from ledger.errors import RejectedError

REQUEST: Final = GATE_QUESTION
CLEARED: Final = "DecisionGateCleared"
REFUSED: Final = "DecisionGateRefused"
ASSESSED: Final = "MajorDecisionAssessed"
HANDLER: Final = "HANDLER"
_VERDICTS: Final = frozenset({CLEARED, REFUSED})


class Proposed(NamedTuple):
    """One penalty of the draft."""

    kind: str
    amount_fen: int | None = None
    duration_days: int | None = None


class Draft(NamedTuple):
    """The decision that somebody wants to make.

    Attributes:
        draft_hash: Digest of the draft's document, ``algorithm:hex``.
        proposed: Its penalties; None: those that the matter proposed last.
        declared: Grounds on which the agency itself calls it major, such as ``STAT-1``.
    """

    draft_hash: str
    proposed: Sequence[Proposed] | None = None
    declared: Sequence[str] = ()


class GateAnswer(NamedTuple):
    """What the ledger wrote behind a request.

    Attributes:
        request: The request.
        assessed: Whether the decision is a major one, and by what.
        verdict: ``DecisionGateCleared``, whose receipt is the permit, or ``DecisionGateRefused``.
    """

    request: StreamAct
    assessed: StreamAct
    verdict: StreamAct

    @property
    def is_cleared(self) -> bool:
        """Whether there is a permit."""
        return self.verdict.event_type == CLEARED


def request_acts(
    matter: Matter, writer: ActWriter, order: Order, draft: Draft
) -> list[UnsealedAct]:
    """Return the act that asks for a permit.

    Raises:
        RejectedError: ``NO_PROPOSAL``: neither the draft nor the matter says which penalty.
    """
    review = newest_review(fold_reviews(matter.counted))
    payload = {
        "draftHash": draft.draft_hash,
        "proposedPenalty": _penalties(matter, draft),
        "reviewId": None if review is None else review.review_id,
        "declared": list(draft.declared),
    }
    # Whoever has the case now asks, by its catalogue: a view may still name who had it before.
    asking = order._replace(agency_id=matter.owner or order.agency_id)
    return [writer.write(asking, REQUEST, order.stream_id, payload, HANDLER)]


def gate_answer(acts: Sequence[StreamAct], event_id: bytes) -> GateAnswer | None:
    """Return the answer to a request, by the request's id or the verdict's own, None without one.

    Args:
        acts: Of the stream, in its order.
        event_id: 16 bytes.
    """
    own = {item.act.event_id: item for item in acts}
    found = own.get(event_id)
    if found is not None and found.event_type in _VERDICTS:
        event_id = found.act.causation_id or event_id
    request = own.get(event_id)
    said = {it.event_type: it for it in acts if it.act.causation_id == event_id}
    assessed, verdict = said.get(ASSESSED), said.get(CLEARED) or said.get(REFUSED)
    if request is None or request.event_type != REQUEST or assessed is None or verdict is None:
        return None
    return GateAnswer(request, assessed, verdict)


def _penalties(matter: Matter, draft: Draft) -> list[dict[str, Any]]:
    if draft.proposed is not None:
        return [_penalty(one.kind, one.amount_fen, one.duration_days) for one in draft.proposed]
    said = newest_proposal(matter.counted)
    if said is None:
        raise RejectedError("NO_PROPOSAL", "nothing in the matter says which penalty is proposed")
    return [_repeated(one) for one in said.payload["proposedPenalty"]]


def _repeated(penalty: Mapping[str, Any]) -> dict[str, Any]:
    # A commitment is bound to its act, so what it stands for is not said again.
    return _penalty(penalty["kind"], penalty["amountFen"], penalty["durationDays"])


def _penalty(kind: str, amount_fen: int | None, duration_days: int | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "amountFen": amount_fen,
        "objectCommitment": None,
        "durationDays": duration_days,
    }
