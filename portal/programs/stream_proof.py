"""A stream proof: every entry of one stream below a signed size, in order, without a gap.

Read before: docs/spec/receipt.md (stream proof). Read next: ``ledger/chain/stream_scan.py``.

1. The checkpoint is opened under the log's public keys: ``--vkey``, or the data folder's.
2. The whole second copy of the log is read, each entry held against its proven leaf: so no entry of
   the stream is left out, the last one no more than any other.
3. Versions are 1..n, and each entry carries the link of the one before.
4. The database, where there is one, holds these entries under this stream and no other.

Trusts the keys only. Whoever has a copy and the keys needs no ledger: then step 4 is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.findings import Findings
from ledger.chain.proven_tree import ProvenTree, ReadObject
from ledger.chain.sources import LogSource, MissingObjectError
from ledger.chain.stream_scan import StreamEntry, check_chain, read_bundle, scan_stream
from ledger.chain.tree import leaf_hash
from ledger.chain.verify_control import check_birth
from ledger.domain.rows import StreamRow
from ledger.errors import (
    AlteredEntryError,
    IncompleteError,
    MalformedError,
    RejectedError,
    VerificationError,
)
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from portal.cli import output
from portal.cli.verifying import open_source, read_keys
from portal.programs.owner import owner_url
from portal.programs.proofs import promised_trees
from portal.programs.streams import log_of_stream


class StreamProof(NamedTuple):
    """What was proved."""

    tree: ProvenTree
    entries: Sequence[StreamEntry]


def check_stream(data: Path, stream: str, vkey: Path | None, *, as_json: bool) -> int:
    """Verify a stream of a running ledger, print the result, return the exit code.

    Args:
        data: Data folder.
        stream: Id of the stream.
        vkey: File with trusted keys; None: the data folder's.
        as_json: Print one JSON object.

    Raises:
        AlteredEntryError: An entry is not what was promised, in the second copy or the database.
        IncompleteError: The second copy or the database lacks an entry.
        RejectedError: There is no such stream.
        VerificationError: Promise, tile or chain is not what it must be.
        UnavailableError: Database or tile store is away.
    """
    keys = None if vkey is None else read_keys(vkey)
    trees = promised_trees(data, keys=keys)
    datastore = open_datastore(owner_url(data, "audit"))
    try:
        for log in (log_of_stream(data, stream), CONTROL):
            proof = prove(*trees[log].held(), stream)
            rows = LedgerRecorder.for_log(datastore, log).stream_rows(stream)
            compare_rows(proof, stream, rows)
            if proof.entries:
                _print(proof, stream, "the database agrees", as_json=as_json)
                return 0
    finally:
        datastore.close()
    raise RejectedError("NOT_FOUND", f"there is no case or stream {stream}")


def check_copied_stream(
    prefix: str, stream: str, vkey: Path | None, token: Path | None, *, as_json: bool
) -> int:
    """Verify a stream out of a copy of its log, with no ledger; raises as ``check_stream``.

    Args:
        prefix: Folder or URL of the log.
        stream: Id of the stream.
        vkey: File with trusted keys.
        token: File with an auditor's token, where entries are not public.
        as_json: Print one JSON object.
    """
    if vkey is None:
        raise MalformedError("a copy is verified under keys from elsewhere: name them with --vkey")
    source = open_source(prefix, token)
    read = partial(_read_object, source)
    checkpoint = open_checkpoint(source.checkpoint(), read_keys(vkey))
    proof = prove(ProvenTree(checkpoint, read), read, stream)
    if not proof.entries:
        raise RejectedError(
            "NOT_FOUND", f"{checkpoint.origin} has no entry of {stream} below {checkpoint.size}"
        )
    _print(proof, stream, "no database was looked at", as_json=as_json)
    return 0


def prove(tree: ProvenTree, read: ReadObject, stream: str) -> StreamProof:
    """Return all entries of a stream, proven to be one chain; none if it has none."""
    origin = tree.checkpoint.origin
    progress = output.Progress(f"reading {origin}", tree.size)
    found = scan_stream(tree, read, stream, progress.update)
    progress.finish()
    if found:
        check_chain(found, origin, _profile(tree, read))
    return StreamProof(tree, found)


def compare_rows(proof: StreamProof, stream: str, rows: Iterable[StreamRow]) -> None:
    """Compare what the database has under a stream with what was proved.

    Raises:
        AlteredEntryError: An entry is another than promised.
        IncompleteError: An entry is gone from the database.
        VerificationError: The database has an entry under this stream that the log has not.
    """
    origin = proof.tree.checkpoint.origin
    stored = {row.version: row for row in rows if row.leaf_index < proof.tree.size}
    for version, (data, entry) in enumerate(proof.entries, start=1):
        row = stored.pop(version, None)
        where = f"{origin}: entry {entry.leaf_index} ({stream}), version {version}"
        if row is None:
            raise IncompleteError(f"{where}, is not in the database")
        if row.state != data:
            found = leaf_hash(row.state)
            expected = leaf_hash(data)
            raise AlteredEntryError(
                origin, entry.leaf_index, stream, expected=expected, found=found
            )
        if row.leaf_index != entry.leaf_index:
            raise VerificationError(f"{where}, stands in the database as entry {row.leaf_index}")
    for version, row in sorted(stored.items()):
        raise VerificationError(
            f"{origin}: the database has entry {row.leaf_index} under {stream}, version {version}, "
            "where the log has none"
        )


def _profile(tree: ProvenTree, read: ReadObject) -> str:
    """Return the hash profile that entry 0, which is proven, fixed for ever."""
    findings = Findings()
    birth = check_birth(read_bundle(tree, read, 0)[0], tree.checkpoint.origin, findings)
    if birth is None:
        raise VerificationError(f"{tree.checkpoint.origin}: {findings.kept[0]}")
    return birth.profile


def _read_object(source: LogSource, path: str) -> bytes | None:
    """Return an object of a copy, the full one where a partial one has gone by now."""
    for there in dict.fromkeys((path, path.partition(".p/")[0])):
        try:
            return source.tile(there)
        except MissingObjectError:
            continue
    return None


def _print(proof: StreamProof, stream: str, database: str, *, as_json: bool) -> None:
    checkpoint, count = proof.tree.checkpoint, len(proof.entries)
    document: dict[str, Any] = {
        "stream": stream,
        "origin": checkpoint.origin,
        "versions": count,
        "leaf_indexes": [item.entry.leaf_index for item in proof.entries],
        "tree_size": checkpoint.size,
        "exit_code": 0,
    }
    if as_json:
        output.emit_json(document)
        return
    output.show(
        f"proved: {stream}, versions 1 to {count}, all there are of it in {checkpoint.origin} "
        f"(size {checkpoint.size:,}); {database}"
    )
