"""What the ledger answers to one act, however it came.

Read before: ``ledger.chain.outcomes``. Read next: ``kafka_line``, ``http_line``.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.chain.outcomes import COMMITTED, DUPLICATE, Outcome
from ledger.chain.receipt import format_receipt


class Answer(NamedTuple):
    """The answer to one act.

    Attributes:
        outcome: ``committed``, ``duplicate``, ``rejected`` or ``gate_refused``.
        leaf_index: Leaf index of the act's entry, or of a gate's refusal; None for a rejected act.
        receipt: The ``.tlog-proof`` of a committed act or a duplicate, else None.
        code: Why it was refused, as ``R5_EXPECTED_VERSION``, else None.
        failed: Rule ids, where a gate refused.
    """

    outcome: str
    leaf_index: int | None = None
    receipt: bytes | None = None
    code: str | None = None
    failed: tuple[str, ...] = ()

    @property
    def is_in_ledger(self) -> bool:
        """Whether the act is in the ledger."""
        return self.outcome in (COMMITTED, DUPLICATE)


def answer_of(outcome: Outcome, checkpoint: bytes) -> Answer:
    """Return the answer in one outcome of the receipts topic.

    Args:
        outcome: The item.
        checkpoint: The signed checkpoint that its path leads to.
    """
    receipt = None
    if outcome.extra is not None and outcome.leaf_index is not None:
        receipt = format_receipt(outcome.extra, outcome.leaf_index, outcome.path, checkpoint)
    problem = outcome.problem
    if problem is None:
        return Answer(outcome.outcome, outcome.leaf_index, receipt)
    return Answer(outcome.outcome, outcome.leaf_index, receipt, problem.code, problem.failed)
