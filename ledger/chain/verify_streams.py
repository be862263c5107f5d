"""Streams across a log: versions without a gap, each link the hash of the entry before.

Read before: docs/spec/verify.md, ``links``. Read next: ``verify_bundles``, ``verify``.

A range of entries begins in the middle of most streams. So a span keeps how a stream enters a
range and how it leaves it, and spans are joined in the order of the ranges.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.chain.findings import Findings
from ledger.chain.holes import Holes
from ledger.chain.links import ZERO_LINK
from ledger.chain.tiles import split_hashes

# Leaf index, stream (its id after its length), version, link carried, link hash of the entry.
StreamRows = Iterable[tuple[int, bytes, int, bytes, bytes]]


class Step(NamedTuple):
    """An entry as its stream sees it."""

    version: int
    link: bytes  # The link it carries, or, as the last of a stream, its own link hash.
    leaf_index: int


# By stream: version, own link hash and leaf index of its last entry. Plain tuples, since a log
# has very many streams.
Heads = dict[bytes, tuple[int, bytes, int]]
BEGINNING: Final = (0, ZERO_LINK, -1)  # What the first entry of a stream follows.


class Span:
    """A stream's first entry in a range, and its last with the link hash that comes next."""

    __slots__ = ("first_index", "first_link", "first_version", "index", "own", "version")

    def __init__(self, version: int, link: bytes, index: int, own: bytes) -> None:
        self.first_version = self.version = version
        self.first_link = link
        self.first_index = self.index = index
        self.own = own


Spans = dict[bytes, Span]


class SpanColumns(NamedTuple):
    """The spans of a range, column by column: what a worker process hands over quickly."""

    streams: list[bytes]
    first_versions: array[int]
    first_links: bytes  # 32 bytes each.
    first_indexes: array[int]
    versions: array[int]
    own_links: bytes  # 32 bytes each.
    indexes: array[int]


def stream_name(stream: bytes) -> str:
    """Return the stream id in a stream's bytes, which begin with its length."""
    return stream[1 if stream[0] < 0x80 else 2 :].decode("ascii")


def extend_spans(spans: Spans, rows: StreamRows, holes: Holes, findings: Findings) -> None:
    """Let the streams of a range go on with the next entries, in leaf order.

    Args:
        spans: The streams so far; changed.
        rows: Entries that decoded.
        holes: The entries that did not, so far.
        findings: Where faults go.
    """
    get = spans.get
    for index, stream, version, link, own in rows:
        span = get(stream)
        if span is None:
            spans[stream] = Span(version, link, index, own)
            continue
        if span.version + 1 != version or span.own != link:
            before = Step(span.version, span.own, span.index)
            _judge(stream, before, Step(version, link, index), holes, findings)
        # Go on from what is there, so that one fault is one finding.
        span.version = version
        span.own = own
        span.index = index


def span_columns(spans: Spans) -> SpanColumns:
    """Return the spans of a range as columns."""
    rows = spans.values()
    return SpanColumns(
        list(spans),
        array("q", [row.first_version for row in rows]),
        b"".join([row.first_link for row in rows]),
        array("q", [row.first_index for row in rows]),
        array("q", [row.version for row in rows]),
        b"".join([row.own for row in rows]),
        array("q", [row.index for row in rows]),
    )


def join_spans(heads: Heads, spans: SpanColumns, holes: Holes, findings: Findings) -> None:
    """Join the spans of the next range to the heads of all streams so far; changes ``heads``."""
    streams, first_versions, first_links, first_indexes, versions, own_links, indexes = spans
    rows = zip(
        streams,
        first_versions,
        split_hashes(first_links),
        first_indexes,
        versions,
        split_hashes(own_links),
        indexes,
        strict=True,
    )
    for stream, first_version, link, first_index, version, own, index in rows:
        before = heads.get(stream, BEGINNING)
        if before[0] + 1 != first_version or before[1] != link:
            _judge(stream, Step(*before), Step(first_version, link, first_index), holes, findings)
        heads[stream] = (version, own, index)


def _judge(stream: bytes, before: Step, entry: Step, holes: Holes, findings: Findings) -> None:
    name, expected = stream_name(stream), before.version + 1
    if entry.version == expected:
        text = "does not follow from the entry of its stream before"
        if before.leaf_index >= 0:
            text += f", entry {before.leaf_index}"
        findings.add("stream_link", text, entry.leaf_index, name, None, before.link, entry.link)
        return
    # Between the two lie as many entries that nobody could read: they may be those that lack here.
    if 0 < entry.version - expected <= holes.between(before.leaf_index, entry.leaf_index):
        return
    text = "version is not the next one of its stream"
    findings.add("stream_version", text, entry.leaf_index, name, None, expected, entry.version)
