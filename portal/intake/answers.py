"""From an outcome to what the emitter is told: a status and a JSON document.

Read before: ``portal/intake/outcome_board.py``. Read next: ``portal/intake/route.py``.

The statuses are those of docs/spec/intake.md: 201 committed, 200 duplicate, else the
status of the code (``portal/api/problem_codes.py``). The receipt in a document verifies by
itself, with the act and the log's key; this program is not trusted for it.
"""

from __future__ import annotations

from typing import Any, Final

from ledger.chain.outcomes import Outcome
from ledger.chain.receipt import format_receipt
from portal.api.problem import Problem, problem_document
from portal.intake.outcome_board import Answer

CREATED: Final = 201
OK: Final = 200


def outcome_label(answer: Answer | None) -> str:
    """Return the value of the metric's label ``outcome``."""
    if answer is None:
        return "none"
    return "rejected" if answer.outcome is None else answer.outcome.outcome


def problem_of(answer: Answer | None, event_id: str | None) -> Problem | None:
    """Return what to report, or ``None`` if the act is in the ledger."""
    if answer is None:
        return Problem("NO_OUTCOME", event_id=event_id)
    if answer.outcome is None:
        return Problem(answer.code or "R1_MALFORMED", pointer=answer.pointer, event_id=event_id)
    fault = answer.outcome.problem
    if fault is None:
        return None
    return Problem(
        fault.code,
        pointer=fault.pointer,
        failed=fault.failed,
        stream_version=fault.stream_version,
        event_id=event_id,
    )


def accepted_document(answer: Answer, event_id: str | None) -> dict[str, Any]:
    """Return the document of an act that is in the ledger, with its receipt."""
    outcome = answer.outcome
    assert outcome is not None
    origin, size, *_ = answer.checkpoint.decode().split("\n", 2)
    return {
        "event_id": event_id,
        "outcome": outcome.outcome,
        "origin": origin,
        "index": str(outcome.leaf_index),
        "tree_size": size,
        "receipt": _receipt(outcome, answer.checkpoint),
    }


def accepted_status(answer: Answer) -> int:
    """Return 201 for an act that is new, 200 for one that was there."""
    assert answer.outcome is not None
    return CREATED if answer.outcome.outcome == "committed" else OK


def batch_item(
    answer: Answer | None, event_id: str | None, *, trace_id: str, language: str
) -> dict[str, Any]:
    """Return one item of the answer to a batch."""
    fault = problem_of(answer, event_id)
    if fault is None:
        assert answer is not None
        return {"status": accepted_status(answer), **accepted_document(answer, event_id)}
    return {
        "status": fault.status,
        "event_id": event_id,
        "outcome": outcome_label(answer),
        "problem": problem_document(fault, trace_id=trace_id, language=language),
    }


def _receipt(outcome: Outcome, checkpoint: bytes) -> str:
    assert outcome.leaf_index is not None
    assert outcome.extra is not None
    return format_receipt(outcome.extra, outcome.leaf_index, outcome.path, checkpoint).decode()
