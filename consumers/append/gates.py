"""What the platform itself may do: gates, decided where the act is appended.

Read before: ``consumers/append/decode.py``, ``judge``, ``ledger/rules/gate_rules.py``.
Read next: ``batch``, which asks here, then ``ledger/application.py``.

A gate looks at the acts of the stream that count and at the control log, both exactly as they are
under the head lock, so that nothing can come between the look and the append. The world's acts are
recorded whatever they are; only what this platform would do is refused here (docs/spec/gates.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from consumers.append.event_type import TWO_PERSON_ACTS
from consumers.append.made import made_payload
from consumers.append.record import JudgedRecord
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.submission import parse_proof
from ledger.domain.control import ControlState
from ledger.domain.control_records import day_of
from ledger.domain.major import Assessment
from ledger.domain.stream import (
    StreamAct,
    count_step,
    counted_acts,
    read_stream,
    stream_owner,
)
from ledger.errors import RejectedError
from ledger.rules.calendar import add_working_days
from ledger.rules.gate_rules import ASKER_RULES, UNKNOWN_GATE, GateContext, failed_rules

DECISION_GATE: Final = "decision"


class Permit(NamedTuple):
    """The verdict on one ``DecisionGateRequested``."""

    assessment: Assessment
    failed: Sequence[str]
    review_id: str | None
    valid_until: int  # Day.


class Gates:
    """Runs the gates of one log under one control state."""

    def __init__(self, origin: str) -> None:
        """Judge for the log with this origin."""
        self._origin = origin

    def failed(
        self, judged: JudgedRecord, entries: Sequence[bytes], state: ControlState, received_at: int
    ) -> list[str]:
        """Return the ids of the rules that a platform act breaks, none if its gate is open.

        Args:
            judged: The act that asks; its type has a gate.
            entries: All entries of its stream, those of this transaction included.
            state: The control log at the act's ``controlSize``.
            received_at: When the act is received, microseconds UTC.
        """
        assert judged.event_type.gate is not None
        if judged.event_type.gate == "disclosure_review" and (
            judged.payload["decision"] != "APPROVED"
        ):
            return []  # Returning a draft needs nobody's leave.
        context = self._context(judged, entries, state, received_at)
        if context is None:
            return [UNKNOWN_GATE]
        return failed_rules(judged.event_type.gate, context)

    def permit(
        self, judged: JudgedRecord, entries: Sequence[bytes], state: ControlState, received_at: int
    ) -> Permit:
        """Return whether a proposed decision may be issued; arguments as ``failed``."""
        context = self._context(judged, entries, state, received_at)
        if context is None:
            return Permit(Assessment((), False, None), [UNKNOWN_GATE], None, 0)
        assessment = context.assessment
        failed = failed_rules(DECISION_GATE, context)
        if not assessment.is_major:
            failed = [rule_id for rule_id in failed if rule_id in ASKER_RULES]
        days = context.rules.numbers["permit_working_days"]
        due = add_working_days(day_of(received_at), days, state.calendar)
        review_id = None if context.review is None else context.review.review_id
        return Permit(assessment, failed, review_id, due.day)

    def failed_rules_of(self, entry: bytes) -> tuple[str, ...]:
        """Return the rule ids that an earlier refusal names: a ``GateRefused`` or the like."""
        act = decode_act(decode_entry(entry).act)
        return tuple(made_payload(act)["failed"])

    def check_two_persons(
        self, judged: JudgedRecord, entries: Sequence[bytes], state: ControlState
    ) -> None:
        """Check that an act cites a proposal of another person (R12).

        Two names under one signature prove nothing: the officers differ, and the acts came from
        two emitters or were signed under two persons' own keys.

        Raises:
            RejectedError: R12_PROPOSAL or R12_SAME_PERSON.
        """
        proposal_type = TWO_PERSON_ACTS[judged.event_type.name]
        wanted = judged.payload["proposalEventId"]
        acts = read_stream(entries, state)
        proposal = next((it for it in acts if it.act.event_id == wanted), None)
        if proposal is None or proposal.event_type != proposal_type:
            raise RejectedError("R12_PROPOSAL", "cites no proposal in its stream", pointer=_CITED)
        proposers = {actor.officer_id for actor in proposal.act.actors}
        confirmers = {actor.officer_id for actor in judged.act.actors}
        if not proposers or not confirmers or proposers & confirmers:
            raise RejectedError("R12_SAME_PERSON", "proposal and act by one person", pointer=_CITED)
        if proposal.act.emitter_id == judged.act.emitter_id and not (
            proposers & _signing_persons(proposal.entry.submission)
            and confirmers & _signing_persons(judged.headers.proof)
        ):
            raise RejectedError("R12_SAME_PERSON", "one signature for two people", pointer=_CITED)

    def _context(
        self, judged: JudgedRecord, entries: Sequence[bytes], state: ControlState, received_at: int
    ) -> GateContext | None:
        rules = state.rule_set_at(received_at)
        if rules is None:
            return None
        acts = read_stream(entries, state)
        counted = counted_acts(acts, state, self._origin)
        request = _request(judged, received_at)
        owner = stream_owner(acts, state, self._origin)
        is_asker_counted, _ = count_step(request, owner, state, self._origin)
        return GateContext(request, counted, state, rules, is_asker_counted=is_asker_counted)


_CITED: Final = "/payload/proposalEventId"


def cleared_payload(judged: JudgedRecord, permit: Permit) -> tuple[str, dict[str, Any]]:
    """Return type and payload of the ledger's answer to a decision gate request."""
    payload: dict[str, Any] = {
        "draftHash": judged.payload["draftHash"],
        "isMajor": permit.assessment.is_major,
        "reviewId": permit.review_id,
    }
    if permit.failed:
        return "DecisionGateRefused", payload | {"failed": list(permit.failed)}
    return "DecisionGateCleared", payload | {"validUntil": permit.valid_until}


def assessed_payload(permit: Permit) -> dict[str, Any]:
    """Return the payload of ``MajorDecisionAssessed``."""
    assessment = permit.assessment
    return {
        "isMajor": assessment.is_major,
        "matched": [
            {"ruleId": rule_id, "catalogueVersion": version}
            for rule_id, version in assessment.matched
        ],
        "declaredByAgency": assessment.declared_by_agency,
        "catalogueVersion": assessment.catalogue_version,
    }


def refused_payload(judged: JudgedRecord, failed: Sequence[str]) -> dict[str, Any]:
    """Return the payload of ``GateRefused``."""
    act = judged.act
    return {
        "action": act.event_type,
        "eventId": act.event_id,
        "aggregateId": act.aggregate_id,
        "officers": [actor.officer_id for actor in act.actors],
        "failed": list(failed),
    }


def _signing_persons(lz_proof: bytes) -> set[str]:
    """Return the officers whose own keys signed a submission, besides the emitter's."""
    return {line.name for line in parse_proof(lz_proof).signatures[1:]}


def _request(judged: JudgedRecord, received_at: int) -> StreamAct:
    """Return the act that asks as if it were an entry already; a gate uses its time only."""
    act = judged.act
    entry = Entry(0, act.stream_key, 1, bytes(32), received_at, 0, 0, None, b"", b"")
    return StreamAct(entry, act, judged.payload)
