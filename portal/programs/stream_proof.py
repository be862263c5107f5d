"""A stream proof: every entry of one stream in the signed tree, in order, without a gap.

Read before: docs/spec/receipt.md (stream proof). Read next: ``ledger/chain/proofs.py``.

1. The promise is opened under the log's key.
2. Versions are 1..n, dense, and each entry carries the link of the one before.
3. Each entry's inclusion proof leads to the promised root.
What lies after version n is not judged here: ``StreamHeadsAnchored`` proves completeness.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.chain.checkpoint import Checkpoint, open_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.proofs import inclusion_path, leaf_hash, verify_inclusion
from ledger.errors import ChainBrokenError, IncompleteError
from ledger.store.recorder import LedgerRecorder
from ledger.store.start_check import read_promise
from portal.cli import output
from portal.programs.files import log_signers, tile_store
from portal.programs.streams import open_ledger, stream_entries


def check_stream(data: Path, stream: str, *, as_json: bool) -> int:
    """Verify a stream, print the result, return the exit code.

    Raises:
        ChainBrokenError: A link or a proof is not what the entries give.
        IncompleteError: A version is missing.
        RejectedError: There is no such stream.
        BehindPromiseError: The tile store has no promise.
    """
    with open_ledger(data) as ledger:
        log, entries = stream_entries(ledger, data, stream)
        recorder = ledger.recorders[log]
        note = read_promise(tile_store(data), log)
        keys = [signer.key for signer in log_signers(data, log)]
        checkpoint = open_checkpoint(note, keys, recorder.origin)
        indexes = prove(recorder, entries, checkpoint)
    document: dict[str, Any] = {
        "stream": stream,
        "origin": checkpoint.origin,
        "versions": len(indexes),
        "leaf_indexes": indexes,
        "tree_size": checkpoint.size,
        "exit_code": 0,
    }
    if as_json:
        output.emit_json(document)
    else:
        output.show(
            f"proved: {stream}, versions 1 to {len(indexes)} of one chain in {checkpoint.origin} "
            f"(size {checkpoint.size:,})"
        )
    return 0


def prove(recorder: LedgerRecorder, entries: list[bytes], checkpoint: Checkpoint) -> list[int]:
    """Check links and inclusion of a stream's entries; return their leaf indexes."""
    read = recorder.node_reader()
    link = ZERO_LINK
    indexes = []
    for version, data in enumerate(entries, start=1):
        entry = decode_entry(data)
        if entry.stream_version != version:
            raise IncompleteError(f"version {version} of {entry.stream_id} is missing")
        if entry.stream_link != link:
            raise ChainBrokenError(entry.leaf_index, expected=link, found=entry.stream_link)
        path = inclusion_path(entry.leaf_index, checkpoint.size, read)
        verify_inclusion(leaf_hash(data), entry.leaf_index, checkpoint.size, path, checkpoint.root)
        link = stream_link(data, recorder.profile)
        indexes.append(entry.leaf_index)
    return indexes
