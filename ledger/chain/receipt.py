"""Receipts: what an emitter keeps, and how anybody who holds the act checks it, offline.

Read before: docs/spec/receipt.md, ``submission``, ``checkpoint``. Read next: ``verify``.

Source: C2SP tlog-proof. ``extra`` = the entry's bytes before the act, so leaf =
``SHA-256(00 || extra || act)``. That hash does not say where the one ends and the other begins:
an act hidden inside another act's payload would fit. So ``extra`` must parse as an entry up
to and including the act's length, and what it says must be this act's.
Trusts the log's key; the emitter's too, if it is given. Everything else is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ledger.chain.act import Act, decode_act
from ledger.chain.canonical_text import base64_text, read_base64, read_decimal, read_hash
from ledger.chain.checkpoint import Checkpoint, open_checkpoint
from ledger.chain.entry import Entry, decode_prefix
from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import key_map
from ledger.chain.own_acts import outside_fault, own_fault
from ledger.chain.proofs import leaf_hash, verify_inclusion
from ledger.chain.submission import SubmissionProof, check_act, note_text, parse_proof
from ledger.errors import (
    LedgerError,
    MalformedError,
    MalformedProofError,
    OriginError,
    SignatureInvalidError,
    VerificationError,
)
from ledger.limits import PROOF_PATH_HASHES_MAX

RECEIPT_SIZE_BYTES_MAX: Final = 262_144  # An entry and a checkpoint of the largest size, in base64.
_FIRST_LINE: Final = b"c2sp.org/tlog-proof@v1"

Reason = Literal[
    "syntax", "checkpoint", "extra", "length", "index", "stream", "submission", "inclusion"
]
OriginCheck = Literal["checked", "not checked", "made by the ledger"]


class ReceiptRefusedError(VerificationError):
    """A receipt does not prove that the act is in the log; ``reason`` is the check that failed.

    The exit code is that of what went wrong: 2 malformed, 10 tampered, 12 not trusted.
    """

    def __init__(
        self, reason: Reason, text: str, exit_code: int = 10, entry: Entry | None = None
    ) -> None:
        where = "" if entry is None else f"entry {entry.leaf_index} ({entry.stream_id}): "
        super().__init__(f"{reason}: {where}{text}")
        self.reason = reason
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt taken apart; nothing in it verified."""

    extra: bytes | None  # The entry's bytes before the act; None: a tlog-proof without it.
    index: int
    path: tuple[bytes, ...]  # 32 bytes each, the sibling first.
    checkpoint: bytes  # The signed checkpoint, verbatim.


@dataclass(frozen=True, slots=True)
class ReceiptReport:
    """What a valid receipt proves."""

    origin: str  # The log.
    index: int  # Leaf index of the entry.
    tree_size: int  # Size of the tree that the checkpoint commits to.
    stream_id: str
    stream_version: int
    received_at: int  # Microseconds UTC, as the log says.
    event_id: bytes  # 16 bytes.
    emitter_id: str  # Proven only if ``origin_check`` is not "not checked".
    origin_check: OriginCheck

    @property
    def origin_checked(self) -> bool:
        """Say whether it is proven who made the act."""
        return self.origin_check != "not checked"


def format_receipt(extra: bytes, index: int, path: Sequence[bytes], checkpoint: bytes) -> bytes:
    """Return a receipt (``.tlog-proof``).

    Args:
        extra: The entry's bytes before the act.
        index: Leaf index.
        path: Inclusion proof, 32 bytes each, the sibling first.
        checkpoint: A signed checkpoint of a tree that has the entry.
    """
    hashes = "".join(f"{base64_text(item)}\n" for item in path)
    head = f"{_FIRST_LINE.decode()}\nextra {base64_text(extra)}\nindex {index}\n{hashes}\n"
    return head.encode() + checkpoint


def parse_receipt(receipt: bytes) -> Receipt:
    """Take a receipt apart, strictly.

    Raises:
        MalformedProofError: Not a tlog-proof.
    """
    head, gap, checkpoint = receipt.partition(b"\n\n")
    lines = head.split(b"\n")
    if len(receipt) > RECEIPT_SIZE_BYTES_MAX or not gap or lines.pop(0) != _FIRST_LINE:
        raise MalformedProofError("not a tlog-proof")
    extra_line = lines.pop(0) if lines and lines[0].startswith(b"extra ") else None
    if not lines or not lines[0].startswith(b"index "):
        raise MalformedProofError("tlog-proof without an index")
    try:
        extra = None if extra_line is None else read_base64(extra_line[6:])
        index = read_decimal(lines.pop(0)[6:])
        path = tuple(read_hash(line) for line in lines)
    except MalformedError as error:
        raise MalformedProofError("malformed line of a tlog-proof") from error
    if len(path) > PROOF_PATH_HASHES_MAX:
        raise MalformedProofError("path of a tlog-proof too long")
    return Receipt(extra, index, path, checkpoint)


def verify_receipt(
    receipt: bytes,
    act: bytes,
    log_keys: Iterable[VerifierKey],
    emitter_keys: Iterable[VerifierKey] | None = None,
) -> ReceiptReport:
    """Check that a receipt proves ``act`` to be in the log.

    Args:
        receipt: The bytes of a ``.tlog-proof`` file.
        act: The act's value bytes.
        log_keys: Trusted keys of the log.
        emitter_keys: Trusted keys of the emitter (and persons); None leaves origin unchecked.

    Raises:
        ReceiptRefusedError: With the first check that fails, in the order of the steps below.
    """
    # Step 1, syntax: the lines of a tlog-proof.
    try:
        parsed = parse_receipt(receipt)
    except MalformedProofError as error:
        raise _refused("syntax", error) from error
    # Step 2, checkpoint: signed by the log itself.
    try:
        checkpoint = open_checkpoint(parsed.checkpoint, log_keys)
    except (MalformedError, SignatureInvalidError) as error:
        raise _refused("checkpoint", error) from error
    # Steps 3 to 6: the entry's prefix is a prefix, and this act's.
    entry, decoded = _check_prefix(parsed, act)
    # Step 7, submission: the emitter's note covers this act.
    try:
        origin_check = _check_submission(entry, act, decoded, checkpoint, emitter_keys)
    except SignatureInvalidError as error:
        raise _refused("submission", error, entry) from error
    except (MalformedProofError, OriginError) as error:
        raise ReceiptRefusedError("submission", str(error), entry=entry) from error
    # Step 8, inclusion: prefix and act are the leaf at this index under the signed root.
    leaf = leaf_hash((parsed.extra or b"") + act)
    try:
        verify_inclusion(leaf, parsed.index, checkpoint.size, parsed.path, checkpoint.root)
    except VerificationError as error:
        raise _refused("inclusion", error, entry) from error
    return ReceiptReport(
        checkpoint.origin,
        entry.leaf_index,
        checkpoint.size,
        entry.stream_id,
        entry.stream_version,
        entry.received_at,
        decoded.event_id,
        decoded.emitter_id,
        origin_check,
    )


def _check_prefix(parsed: Receipt, act: bytes) -> tuple[Entry, Act]:
    # Step 3, extra: strictly an entry up to and including the act's length.
    if parsed.extra is None:
        raise ReceiptRefusedError("extra", "no extra line: a tlog-proof, but no receipt of ours")
    try:
        entry, act_length = decode_prefix(parsed.extra)
    except MalformedError as error:
        raise ReceiptRefusedError("extra", str(error)) from error
    # Step 4, length: nothing of the act is in the prefix, and nothing of the prefix in the act.
    if act_length != len(act):
        raise ReceiptRefusedError("length", "the entry's act has another length", entry=entry)
    # Step 5, index: the entry says the place that the proof says.
    if entry.leaf_index != parsed.index:
        text = f"the receipt is for entry {parsed.index}, which this one does not say it is"
        raise ReceiptRefusedError("index", text, entry=entry)
    # Step 6, stream: the entry lies in the stream that the act names.
    try:
        decoded = decode_act(act)
    except MalformedError as error:
        raise ReceiptRefusedError("stream", str(error), entry=entry) from error
    if decoded.stream_key != entry.stream_id:
        text = "the entry lies in another stream than the act's"
        raise ReceiptRefusedError("stream", text, entry=entry)
    return entry, decoded


def _check_submission(
    entry: Entry,
    act: bytes,
    decoded: Act,
    checkpoint: Checkpoint,
    emitter_keys: Iterable[VerifierKey] | None,
) -> OriginCheck:
    if not entry.submission:
        # What the log made itself, its checkpoint signs; entry 0 with the operator is not here.
        fault = own_fault(entry, decoded, checkpoint.origin, None)
        if fault is not None:
            raise OriginError("R2_EMITTER", fault)
        if emitter_keys is not None:
            raise SignatureInvalidError("made by the log itself: no emitter signed it")
        return "made by the ledger"
    proof = parse_proof(entry.submission)
    if proof.text.ledger != checkpoint.origin.partition("/")[0]:
        raise OriginError("R2_LEDGER", "submission for another ledger")
    fault = outside_fault(decoded.event_type, entry.stream_id)
    if fault is not None:
        raise OriginError("R2_EMITTER", fault)
    check_act(proof, act, decoded.emitter_id)
    if emitter_keys is None:
        return "not checked"
    _check_signatures(proof, emitter_keys)
    return "checked"


def _check_signatures(proof: SubmissionProof, emitter_keys: Iterable[VerifierKey]) -> None:
    # The holder of a receipt knows the emitter's key, but seldom those of its officers.
    known = key_map(emitter_keys)
    if (proof.signatures[0].name, proof.signatures[0].key_id) not in known:
        raise SignatureInvalidError("submission signed under another emitter key")
    for line in proof.signatures:
        if (key := known.get((line.name, line.key_id))) is not None:
            key.verify(note_text(proof.note), line.signature)


def _refused(reason: Reason, error: LedgerError, entry: Entry | None = None) -> ReceiptRefusedError:
    return ReceiptRefusedError(reason, str(error), error.exit_code, entry)
