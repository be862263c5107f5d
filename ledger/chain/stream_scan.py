"""All entries of one stream, out of a whole copy of its log: none left out, none of another.

Read before: docs/spec/receipt.md (stream proof), ``proven_tree``. Read next:
``portal/programs/stream_proof.py``.

Every bundle is read and every entry in it held against its proven leaf, so nobody who keeps the
copy can hide the end of a stream: what is found is all there is below the signed size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ledger.chain.entry import Entry, decode_entry
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.proven_tree import ProvenTree, ReadObject
from ledger.chain.tiles import bundle_path, decode_bundle
from ledger.errors import (
    ChainBrokenError,
    IncompleteError,
    MalformedError,
    MalformedRecordError,
    VerificationError,
)
from ledger.limits import TILE_WIDTH

Progress = Callable[[int, int], None]  # Entries read so far, entries in all.


class StreamEntry(NamedTuple):
    """One entry of the stream."""

    data: bytes
    entry: Entry


def scan_stream(
    tree: ProvenTree, read: ReadObject, stream: str, progress: Progress | None = None
) -> list[StreamEntry]:
    """Return all entries of a stream below the signed size, in leaf order.

    Args:
        tree: The proven tree of the log.
        read: Reads the log's bundles.
        stream: The stream's id.
        progress: Called after every bundle.

    Raises:
        AlteredEntryError: An entry of the copy, of whatever stream, is not the one signed.
        IncompleteError: A bundle or tile is not there.
        VerificationError: A bundle or tile is not what was signed.
    """
    needle = stream.encode()
    found = []
    for first in range(0, tree.size, TILE_WIDTH):
        entries = read_bundle(tree, read, first // TILE_WIDTH)
        tree.check(enumerate(entries, first))
        for index, data in enumerate(entries, first):
            # An id stands in its entry as it is, so most entries need not be taken apart.
            if needle in data and (entry := decoded(tree, index, data)).stream_id == stream:
                found.append(StreamEntry(data, entry))
        if progress is not None:
            progress(first + len(entries), tree.size)
    return found


def read_bundle(tree: ProvenTree, read: ReadObject, n: int) -> list[bytes]:
    """Return the entries of bundle ``n``, as many as the signed size has, not yet proven.

    Raises:
        IncompleteError: The bundle is not there.
        VerificationError: It is not framed as it must be.
    """
    width = min(TILE_WIDTH, tree.size - n * TILE_WIDTH)
    path, origin = bundle_path(n, width), tree.checkpoint.origin
    data = read(path)
    if data is None:
        raise IncompleteError(f"{origin}: there is no {path}")
    try:
        entries = decode_bundle(data)[:width]
    except MalformedRecordError as error:
        raise VerificationError(f"{origin}: {path}: {error}") from error
    if len(entries) < width:
        index = n * TILE_WIDTH + len(entries)
        raise VerificationError(f"{origin}: {path} ends before entry {index}")
    return entries


def decoded(tree: ProvenTree, index: int, data: bytes) -> Entry:
    """Return an entry that has been proven.

    Raises:
        VerificationError: The log signed what is no entry, or one of another place.
    """
    origin = tree.checkpoint.origin
    try:
        entry = decode_entry(data)
    except MalformedError as error:
        raise VerificationError(f"{origin}: entry {index} is no entry: {error}") from error
    if entry.leaf_index != index:
        raise VerificationError(f"{origin}: entry {index} says that it is {entry.leaf_index}")
    return entry


def check_chain(entries: Sequence[StreamEntry], origin: str, profile: str) -> None:
    """Check that the entries of a stream are versions 1..n of one chain.

    Raises:
        ChainBrokenError: A link is not the hash of the entry before.
        IncompleteError: A version is missing, doubled or out of order.
    """
    link = ZERO_LINK
    for version, (data, entry) in enumerate(entries, start=1):
        index, stream = entry.leaf_index, entry.stream_id
        if entry.stream_version != version:
            raise IncompleteError(
                f"{origin}: entry {index} ({stream}) has version {entry.stream_version}, "
                f"where version {version} follows"
            )
        if entry.stream_link != link:
            raise ChainBrokenError(index, expected=link, found=entry.stream_link, stream=stream)
        link = stream_link(data, profile)
