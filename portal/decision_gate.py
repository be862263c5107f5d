"""The permit of a decision as its holder gets it, and what a refusal says.

Read before: ``consumers/platform/decision_gate.py``. Read next: ``portal/api/decision_gate.py``.

The permit is the receipt of ``DecisionGateCleared``: with the act's bytes, which stand beside it,
anybody checks it with the log's key alone. It is for one draft and until one day; whether the
decision kept to that is what rule V-LR-07 says afterwards.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any, NamedTuple

from consumers.platform.decision_gate import GateAnswer, gate_answer
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_text
from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from portal.api.problem import Problem, ProblemError, problem
from portal.intake.answers import accepted_document
from portal.platform_desk import receipt_of
from portal.resources import Resources
from portal.review_catalogues import matched_texts
from portal.rule_texts import rule_lines

_EPOCH = dt.date(1970, 1, 1)


class Told(NamedTuple):
    """The ledger's answer to a request for a permit, and whose matter it is about.

    Attributes:
        log: The case log.
        owner: Credit code of the agency whose matter it is now.
        answer: Request, assessment and verdict.
    """

    log: str
    owner: str | None
    answer: GateAnswer


def read_answer(resources: Resources, stream_id: str, event_id: bytes) -> Told:
    """Return the ledger's answer to a request for a permit.

    Raises:
        ProblemError: NOT_FOUND: there is no such request, or no answer to it, in this matter.
    """
    with resources.platform_commands() as commands:
        matter = commands.read(stream_id)
    answer = gate_answer(matter.acts, event_id)
    if answer is None:
        raise problem("NOT_FOUND")
    return Told(matter.log, matter.owner, answer)


def owner_of(resources: Resources, stream_id: str) -> str | None:
    """Return the agency whose matter a stream is now. Raises ProblemError NOT_FOUND."""
    with resources.platform_commands() as commands:
        matter = commands.read(stream_id)
    if matter.owner is None:
        raise problem("NOT_FOUND")
    return matter.owner


def stream_of(resources: Resources, event_id: bytes) -> str:
    """Return the stream of a case log that an event is in. Raises ProblemError NOT_FOUND."""
    for log, recorder in resources.recorders.items():
        index = recorder.find_event(event_id)
        if index is not None and index < resources.promised_size(log):
            return decode_entry(resources.proven[log].entry(index)).stream_id
    raise problem("NOT_FOUND")


def permit_document(resources: Resources, told: Told) -> dict[str, Any]:
    """Return an answer of the gate as JSON; a permit with its receipt.

    Raises:
        ProblemError: NO_OUTCOME: committed, but not promised yet.
    """
    answer = told.answer
    verdict, said = answer.verdict, answer.verdict.payload
    document = {
        "case_id": verdict.act.stream_key,
        "gate_id": uuid_text(answer.request.act.event_id),
        "outcome": "CLEARED" if answer.is_cleared else "REFUSED",
        "draft_hash": said["draftHash"],
        "is_major": said["isMajor"],
        "matched": _matched(resources, answer),
        "review_id": said["reviewId"],
        "valid_until": None,
        "is_expired": None,
        "failed_rules": [],
        "permit": None,
    }
    if not answer.is_cleared:
        return {**document, "failed_rules": failed_rules(resources, answer)}
    last_day = said["validUntil"]
    return {
        **document,
        "valid_until": (_EPOCH + dt.timedelta(days=last_day)).isoformat(),
        "is_expired": day_of(resources.clock.now_micros()) > last_day,
        "permit": _permit(resources, told.log, verdict),
    }


def refusal(resources: Resources, answer: GateAnswer) -> ProblemError:
    """Return the error that a refused request is answered with: rule ids, and what they say."""
    return ProblemError(
        Problem(
            "GATE_REFUSED",
            failed=tuple(answer.verdict.payload["failed"]),
            event_id=uuid_text(answer.request.act.event_id),
            members={"failed_rules": failed_rules(resources, answer)},
        )
    )


def failed_rules(resources: Resources, answer: GateAnswer) -> list[dict[str, str]]:
    """Return the rules that refused, each in the words of the published rule set."""
    lines = rule_lines(resources, answer.verdict.payload["failed"])
    return [line._asdict() for line in lines]


def _matched(resources: Resources, answer: GateAnswer) -> list[dict[str, str]]:
    """Return the rules that make the decision a major one, each in the words of its catalogue."""
    state, agency_id = resources.control.state, answer.request.act.agency_id
    texts = matched_texts(state, agency_id, answer.assessed.payload["matched"])
    return [
        {"rule_id": rule_id, "catalogue_version": version, "text": text}
        for rule_id, version, text in texts
    ]


def _permit(resources: Resources, log: str, cleared: StreamAct) -> dict[str, Any]:
    event_id = uuid_text(cleared.act.event_id)
    told = receipt_of(resources, log, cleared.entry)
    if told is None:
        raise problem("NO_OUTCOME", event_id=event_id)
    receipt = accepted_document(told, event_id)
    del receipt["outcome"]  # Nobody sent it.
    return {**receipt, "act": base64.b64encode(cleared.entry.act).decode()}
