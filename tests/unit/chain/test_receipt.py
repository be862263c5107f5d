"""Receipts: valid and forged ones of the golden vectors, and every changed byte."""

from __future__ import annotations

import pytest

from ledger.chain.notes import VerifierKey
from ledger.chain.receipt import (
    ReceiptRefusedError,
    format_receipt,
    parse_receipt,
    verify_receipt,
)
from tests.support.vectors import load

VECTOR = load("receipts")


def judge(row, *, with_emitter: bool = True):
    emitter = row["emitter_vkey"]
    keys = [VerifierKey.from_vkey(emitter)] if emitter and with_emitter else None
    log = [VerifierKey.from_vkey(row["log_vkey"])]
    return verify_receipt(row["receipt"].encode(), bytes.fromhex(row["act"]), log, keys)


@pytest.mark.parametrize("row", VECTOR["valid"], ids=lambda row: row["name"])
def test_valid_vectors(row) -> None:
    report = judge(row)
    assert (report.index, report.tree_size) == (row["index"], row["size"])
    assert report.origin_check == row["origin_with_emitter_key"]
    assert report.origin_checked
    parsed = parse_receipt(row["receipt"].encode())
    assert parsed.extra == bytes.fromhex(row["extra"])
    again = format_receipt(parsed.extra, parsed.index, parsed.path, parsed.checkpoint)
    assert again.decode() == row["receipt"]


def test_without_the_emitters_key_origin_is_not_checked() -> None:
    for row in VECTOR["valid"]:
        report = judge(row, with_emitter=False)
        made = row["origin_with_emitter_key"] == "made by the ledger"
        assert report.origin_check == ("made by the ledger" if made else "not checked")
        assert report.origin_checked is made


@pytest.mark.parametrize("row", VECTOR["forged"], ids=lambda row: row["name"])
def test_forged_vectors_are_refused_for_their_reason(row) -> None:
    with pytest.raises(ReceiptRefusedError) as refusal:
        judge(row)
    assert refusal.value.reason == row["reason"]


def test_exit_codes_say_malformed_tampered_or_not_trusted() -> None:
    found = {}
    for row in VECTOR["forged"]:
        with pytest.raises(ReceiptRefusedError) as refusal:
            judge(row)
        found[row["name"]] = refusal.value.exit_code
    assert found["first-line"] == 2
    assert found["checkpoint-signature"] == 12
    assert found["submission-bad-signature"] == 12
    assert found["path-altered"] == 10
    assert found["boundary-inner-act"] == 10


def test_bad_signature_passes_only_while_no_emitter_key_is_given() -> None:
    row = next(row for row in VECTOR["forged"] if row["name"] == "submission-bad-signature")
    assert judge(row, with_emitter=False).origin_check == "not checked"


def test_another_emitters_key_does_not_check_the_origin() -> None:
    row = VECTOR["valid"][0]
    log = [VerifierKey.from_vkey(row["log_vkey"])]
    other = next(r for r in load("submissions")["registered_keys"] if "fire" in r["name"])
    with pytest.raises(ReceiptRefusedError) as refusal:
        verify_receipt(
            row["receipt"].encode(),
            bytes.fromhex(row["act"]),
            log,
            [VerifierKey.from_vkey(other["vkey"])],
        )
    assert (refusal.value.reason, refusal.value.exit_code) == ("submission", 12)


def test_every_changed_byte_of_receipt_or_act_is_refused() -> None:
    """Flip each bit-zero of a receipt and of its act; only the emitter's key makes this whole."""
    row = VECTOR["valid"][0]
    log = [VerifierKey.from_vkey(row["log_vkey"])]
    emitter = [VerifierKey.from_vkey(row["emitter_vkey"])]
    receipt, act = row["receipt"].encode(), bytes.fromhex(row["act"])
    for data, is_act in ((receipt, False), (act, True)):
        for at in range(len(data)):
            changed = bytearray(data)
            changed[at] ^= 1
            pair = (receipt, bytes(changed)) if is_act else (bytes(changed), act)
            with pytest.raises(ReceiptRefusedError):
                verify_receipt(*pair, log, emitter)
