"""Streams across a log: versions without a gap, each link the hash of the entry before.

Read before: docs/spec/verify.md, ``links``. Read next: ``verify_bundles``, ``verify``.

A range of entries begins in the middle of most streams. So a span keeps how a stream enters a
range and how it leaves it, and spans are joined in the order of the ranges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.chain.findings import Findings
from ledger.chain.links import ZERO_LINK

# Leaf index, stream (its id after its length), version, link carried, link hash of the entry.
StreamRows = Iterable[tuple[int, bytes, int, bytes, bytes]]


class Step(NamedTuple):
    """An entry as its stream sees it."""

    version: int
    link: bytes  # The link it carries, or, as the last of a stream, its own link hash.
    leaf_index: int


BEGINNING = Step(0, ZERO_LINK, -1)  # What the first entry of a stream follows.


class Span:
    """A stream's first entry in a range, and its last with the link hash that comes next."""

    __slots__ = ("first", "index", "own", "version")

    def __init__(self, first: Step, own: bytes) -> None:
        self.first = first
        self.version = first.version
        self.own = own
        self.index = first.leaf_index

    @property
    def last(self) -> Step:
        """Return the last entry, with its own link hash."""
        return Step(self.version, self.own, self.index)


Spans = dict[bytes, Span]


def stream_name(stream: bytes) -> str:
    """Return the stream id in a stream's bytes, which begin with its length."""
    return stream[1 if stream[0] < 0x80 else 2 :].decode("ascii")


def extend_spans(spans: Spans, rows: StreamRows, holes: Sequence[int], findings: Findings) -> None:
    """Let the streams of a range go on with the next entries, in leaf order.

    Args:
        spans: The streams so far; changed.
        rows: Entries that decoded.
        holes: Ascending leaf indexes of the entries that did not.
        findings: Where faults go.
    """
    get = spans.get
    for index, stream, version, link, own in rows:
        span = get(stream)
        if span is None:
            spans[stream] = Span(Step(version, link, index), own)
            continue
        if span.version + 1 != version or span.own != link:
            _judge(stream, span.last, Step(version, link, index), holes, findings)
        # Go on from what is there, so that one fault is one finding.
        span.version = version
        span.own = own
        span.index = index


def join_spans(
    heads: dict[bytes, Step], spans: Spans, holes: Sequence[int], findings: Findings
) -> None:
    """Join the spans of the next range to the heads of all streams so far; changes ``heads``."""
    for stream, span in spans.items():
        before = heads.get(stream, BEGINNING)
        if before.version + 1 != span.first.version or before.link != span.first.link:
            _judge(stream, before, span.first, holes, findings)
        heads[stream] = span.last


def _judge(
    stream: bytes, before: Step, entry: Step, holes: Sequence[int], findings: Findings
) -> None:
    name, expected = stream_name(stream), before.version + 1
    if entry.version == expected:
        text = "does not follow from the entry of its stream before"
        if before.leaf_index >= 0:
            text += f", entry {before.leaf_index}"
        findings.add("stream_link", text, entry.leaf_index, name, None, before.link, entry.link)
        return
    # Between the two lies an entry that nobody could read: it may be the one that lacks here.
    place = bisect_right(holes, before.leaf_index)
    if entry.version > expected and place < len(holes) and holes[place] < entry.leaf_index:
        return
    text = "version is not the next one of its stream"
    findings.add("stream_version", text, entry.leaf_index, name, None, expected, entry.version)
