"""Receipts of what a log made itself: only of what it may make, and never as a checked origin."""

from __future__ import annotations

import pytest

from ledger.chain.entry import split_entry
from ledger.chain.proofs import inclusion_path
from ledger.chain.receipt import ReceiptRefusedError, ReceiptReport, format_receipt, verify_receipt
from ledger.chain.tree import leaf_hash, tree_root
from tests.support.logs import EMITTER, LogBuilder, case_acts, make_act, signer
from tests.unit.chain.test_verify_own_acts import HEARTBEAT


def receipt_of(log: LogBuilder, index: int, *, with_emitter: bool = False) -> ReceiptReport:
    """Verify the receipt of an entry of a log."""
    extra, act = split_entry(log.entries[index])
    row = [leaf_hash(entry) for entry in log.entries]

    def node(level: int, place: int) -> bytes:
        return tree_root(row[place << level : place + 1 << level])

    path = inclusion_path(index, len(row), lambda wanted: {at: node(*at) for at in wanted})
    receipt = format_receipt(extra, index, path, log.checkpoint())
    keys = [signer(EMITTER).key] if with_emitter else None
    return verify_receipt(receipt, act, [log.signer.key], keys)


def built() -> LogBuilder:
    log = LogBuilder()
    log.submit(case_acts(6, 3, 10))
    return log


def refusal(log: LogBuilder, index: int, **more: bool) -> ReceiptRefusedError:
    with pytest.raises(ReceiptRefusedError) as caught:
        receipt_of(log, index, **more)
    return caught.value


def test_own_acts_have_receipts() -> None:
    log = built()
    index = log.ledger_made("LogHeartbeat", "log:0", HEARTBEAT)
    assert receipt_of(log, index).origin_check == "made by the ledger"
    assert receipt_of(log, 0).origin_check == "made by the ledger"
    assert receipt_of(log, 1, with_emitter=True).origin_check == "checked"


def test_no_emitter_signed_what_the_log_made() -> None:
    """Whoever asks with an emitter's key wants to know that this emitter signed."""
    log = built()
    index = log.ledger_made("LogHeartbeat", "log:0", HEARTBEAT)
    error = refusal(log, index, with_emitter=True)
    assert (error.reason, error.exit_code) == ("submission", 12)
    assert f"entry {index} (log:0)" in str(error)


@pytest.mark.parametrize(
    "fields",
    [
        {"event_type": "PenaltyDecisionMade"},
        {"event_type": "LedgerCreated"},
        {"aggregate_type": "Case"},
        {"occurred_at": 1},
        {"event_id": bytes(16)},
    ],
)
def test_an_act_that_no_log_makes_is_refused(fields: dict[str, object]) -> None:
    log = built()
    index = log.ledger_made("LogHeartbeat", "log:0", HEARTBEAT, **fields)
    error = refusal(log, index)
    assert (error.reason, error.exit_code) == ("submission", 10)


def test_refusals_name_entry_and_stream() -> None:
    log = built()
    extra, act = split_entry(log.entries[2])
    receipt = format_receipt(extra, 2, [bytes(32)] * 3, log.checkpoint())
    with pytest.raises(ReceiptRefusedError, match=r"inclusion: entry 2 \(case:"):
        verify_receipt(receipt, act, [log.signer.key])


def test_an_act_of_the_ledgers_that_somebody_submitted_is_refused() -> None:
    log = built()
    index = log.submit([make_act("DecisionGateCleared", "case:1", b"", 900)])[0]
    error = refusal(log, index)
    assert (error.reason, error.exit_code) == ("submission", 10)
