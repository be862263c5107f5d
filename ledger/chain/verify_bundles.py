"""A range of bundles, read and checked: the part of a verification that costs time.

Read before: ``quick_bundle``, ``careful_bundle``, ``verify_streams``. Read next: ``verify``.

A range knows nothing of what lies before it, so several processes can check one log. What must
hold across ranges (streams, times, the tree above) goes into the ``RangeReport``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from blake3 import blake3

from ledger.chain.careful_bundle import CarefulCheck
from ledger.chain.control_reader import may_be_judged_by
from ledger.chain.event_ids import IdRun
from ledger.chain.findings import Findings
from ledger.chain.holes import Holes
from ledger.chain.links import INTERNATIONAL, LINK_CONTEXT, stream_link
from ledger.chain.quick_bundle import LogFacts, QuickCheck
from ledger.chain.sources import LogSource, PatientSource
from ledger.chain.stream_heads import StreamHead
from ledger.chain.submission_cache import SubmissionCache
from ledger.chain.tile_reader import TileReader
from ledger.chain.tiles import full_tile_root, split_hashes
from ledger.chain.verify_streams import (
    SpanColumns,
    Spans,
    StreamRows,
    extend_spans,
    span_columns,
    stream_name,
)
from ledger.errors import UnavailableError
from ledger.limits import TILE_WIDTH

Progress = Callable[[int], None]  # Called with the number of entries read since the last call.


class RangeJob(NamedTuple):
    """What one process is to check."""

    source: LogSource
    facts: LogFacts
    first_bundle: int
    end_bundle: int
    partials: Mapping[int, Sequence[str]]  # Older partial copies that are there, by bundle.
    root: bytes  # As the checkpoint has it: tells what was altered under the last, partial tile.
    anchored: Sequence[int] = ()  # Sizes at which stream heads were anchored, in this range.


class Moment(NamedTuple):
    """When an entry was received, and what was known of the control log."""

    leaf_index: int
    stream: str | None
    received_at: int
    control_size: int


@dataclass
class RangeReport:
    """What a range found, and what must be joined with its neighbours."""

    entries: int = 0  # Read and checked.
    findings: Findings = field(default_factory=Findings)
    # Root of each full bundle's 256 leaf hashes; None: neither bundle nor tile is there.
    tile_roots: list[bytes | None] = field(default_factory=list)
    # Leaf hashes of the log's last, partial bundle: by its entries, and by its hash tile.
    last_leaves: list[list[bytes]] = field(default_factory=list)
    spans: SpanColumns = field(default_factory=lambda: span_columns({}))
    holes: Holes = field(default_factory=Holes)  # Entries that say nothing.
    first: Moment | None = None
    last: Moment | None = None
    event_ids: list[IdRun] = field(default_factory=list)  # Of all acts that are strict.
    # Leaf index and bytes of entries that others are judged by: entry 0, and in the control log
    # what registers keys, as they were read and hashed.
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    # By anchored size: the streams of the range as they stood then.
    heads: dict[int, list[StreamHead]] = field(default_factory=dict)
    failure: str | None = None  # Why the source could not be read to the end of the range.

    @property
    def bundles(self) -> int:
        """The number of bundles of the range, whether they are there or not."""
        return len(self.tile_roots) + bool(self.last_leaves)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the range is there."""
        return not (self.entries or any(self.tile_roots) or any(self.last_leaves))


def check_range(job: RangeJob, progress: Progress | None = None) -> RangeReport:
    """Read and check a range of bundles, as far as the source can be read."""
    # Millions of small objects and no cycle among them: the collector would only cost time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        checker = _RangeChecker(job)
        for n in range(job.first_bundle, job.end_bundle):
            before = checker.report.entries
            try:
                checker.check_bundle(n)
            except UnavailableError as error:
                # What was found until here must not be lost.
                checker.report.failure = str(error)
                break
            if progress is not None:
                progress(checker.report.entries - before)
        checker.report.spans = span_columns(checker.spans)
        return checker.report
    finally:
        if was_enabled:
            gc.enable()


def judge_moment(before: Moment | None, entry: Moment, findings: Findings) -> None:
    """Check that neither the time nor what was known of the control log goes back."""
    if before is None:
        return
    index, stream = entry.leaf_index, entry.stream
    if entry.received_at < before.received_at:
        text = "received before the entry before it"
        values = (before.received_at, entry.received_at)
        findings.add("received_at", text, index, stream, None, *values)
    if entry.control_size < before.control_size:
        text = "judged against less of the control log than the entry before it"
        values = (before.control_size, entry.control_size)
        findings.add("control_size", text, index, stream, None, *values)


class _RangeChecker:
    def __init__(self, job: RangeJob) -> None:
        self.report = RangeReport()
        self.spans: Spans = {}
        self._facts = job.facts
        self._partials = job.partials
        self._anchored = job.anchored
        self._root = job.root
        cache, findings = SubmissionCache(), self.report.findings
        self._reader = TileReader(PatientSource(job.source), job.facts.size, findings)
        self._quick = QuickCheck(job.facts, cache)
        self._careful = CarefulCheck(job.facts, cache, findings)

    def check_bundle(self, n: int) -> None:
        """Check bundle ``n``: framing, leaf hashes, entries, and their places in streams."""
        first = n * TILE_WIDTH
        width = min(TILE_WIDTH, self._facts.size - first)
        # Step 4.1: the bundle, the hash tile over it, and older partial copies of both.
        entries, is_framed = self._reader.entries(n, width)
        tile = self._reader.tile(n, width)
        if n in self._partials:
            self._reader.check_partials(n, entries, split_hashes(tile), self._partials[n])
        # Step 4.2: the leaf hashes are those of the hash tile.
        hashes = [sha256(b"\0" + entry).digest() for entry in entries]
        altered: dict[int, tuple[bytes, bytes]] = {}
        if b"".join(hashes) == tile:
            self._keep_hashes(width, hashes)
        else:
            altered = self._compare(n, width, hashes, split_hashes(tile))
        self.report.entries += len(entries)
        self._keep_entries(entries, first)
        # Steps 4.3 to 4.6: the entries, and how they follow from those before.
        rows = self._quick_rows(entries, first) if entries and not altered else None
        if rows is None:
            rows = self._careful_rows(entries, first, altered, is_framed=is_framed)
        self.report.holes.add(first + len(entries), first + width)
        self._extend(rows, first, width)

    def _extend(self, rows: StreamRows, first: int, width: int) -> None:
        """Let the streams go on, stopping where their heads were anchored."""
        holes, findings = self.report.holes, self.report.findings
        for size in self._anchored:
            if first < size <= first + width:
                rows = list(rows)
                extend_spans(self.spans, [row for row in rows if row[0] < size], holes, findings)
                rows = [row for row in rows if row[0] >= size]
                self.report.heads[size] = [
                    StreamHead(stream_name(stream), span.version, span.own)
                    for stream, span in self.spans.items()
                ]
        extend_spans(self.spans, rows, holes, findings)

    def _quick_rows(self, entries: Sequence[bytes], first: int) -> StreamRows | None:
        columns, last = self._quick.columns(entries, first), self.report.last
        if columns is None:
            return None
        times, sizes = columns.received_at, columns.control_sizes
        if last is not None and (times[0] < last.received_at or sizes[0] < last.control_size):
            return None
        self.report.event_ids.append((first, columns.event_ids))
        end = first + len(entries) - 1
        self._move(Moment(first, None, times[0], sizes[0]))
        self._move(Moment(end, None, times[-1], sizes[-1]))
        links = _link_hashes(entries, self._facts.profile)
        return zip(
            range(first, end + 1),
            columns.streams,
            columns.versions,
            columns.links,
            links,
            strict=True,
        )

    def _careful_rows(
        self,
        entries: Sequence[bytes],
        first: int,
        altered: Mapping[int, tuple[bytes, bytes]],
        *,
        is_framed: bool,
    ) -> StreamRows:
        links = _link_hashes(entries, self._facts.profile)
        rows = self._careful.rows(entries, first, altered, is_framed=is_framed)
        for row in rows:
            moment = Moment(row.leaf_index, row.name, row.received_at, row.control_size)
            judge_moment(self.report.last, moment, self.report.findings)
            self._move(moment)
            if row.event_id is not None:
                self.report.event_ids.append((row.leaf_index, row.event_id))
        readable = {row.leaf_index for row in rows}
        for index in range(first, first + len(entries)):
            if index not in readable:
                self.report.holes.add(index, index + 1)
        return [
            (row.leaf_index, row.stream, row.version, row.link, links[row.leaf_index - first])
            for row in rows
        ]

    def _move(self, moment: Moment) -> None:
        if self.report.first is None:
            self.report.first = moment
        self.report.last = moment

    def _keep_entries(self, entries: Sequence[bytes], first: int) -> None:
        """Keep what others are judged by: read a second time it could be something else."""
        is_control = self._facts.is_control
        rows = enumerate(entries if is_control else entries[: first == 0], first)
        self.report.kept += [row for row in rows if not row[0] or may_be_judged_by(row[1])]

    def _keep_hashes(
        self, width: int, hashes: list[bytes], of_tile: list[bytes] | None = None
    ) -> None:
        """Keep what the tree above is built of."""
        if width < TILE_WIDTH:
            self.report.last_leaves = [hashes, hashes if of_tile is None else of_tile]
        else:
            root = full_tile_root(hashes) if len(hashes) == TILE_WIDTH else None
            self.report.tile_roots.append(root)

    def _compare(
        self, n: int, width: int, hashes: list[bytes], tile: list[bytes]
    ) -> dict[int, tuple[bytes, bytes]]:
        """Return the altered entries by leaf index: the hash they must have, and the one found.

        Where entries and hash tile differ, the tree above tells which of them was altered: the
        tile above, or over the last, partial bundle the signed root.
        """
        first, own = n * TILE_WIDTH, hashes + tile[len(hashes) :]
        pairs = enumerate(zip(tile, hashes, strict=False), first)
        differing = {index: pair for index, pair in pairs if pair[0] != pair[1]}
        if self._is_confirmed(n, width, tile):
            self._keep_hashes(width, tile, own)
            return differing
        self._keep_hashes(width, own, tile)
        if differing and self._is_confirmed(n, width, own):
            index, (found, expected) = next(iter(differing.items()))
            text = "altered: a hash is not its entry's, which the tree above confirms"
            path = self._reader.tile_path(n)
            self.report.findings.add("tile", text, index, None, path, expected, found)
            return {}
        return differing

    def _is_confirmed(self, n: int, width: int, hashes: Sequence[bytes]) -> bool:
        """Say whether the tree above holds these leaf hashes of bundle ``n``."""
        if len(hashes) < width:
            return False
        if width < TILE_WIDTH:
            return self._reader.root_with(hashes) == self._root
        return full_tile_root(hashes) == self._reader.hash_above(n)


def _link_hashes(entries: Sequence[bytes], profile: str) -> list[bytes]:
    """Return the link hash of each entry."""
    if profile != INTERNATIONAL:
        return [stream_link(entry, profile) for entry in entries]
    # One state, set back after each entry, costs less than one a link; the hashes are the same.
    hasher = blake3(derive_key_context=LINK_CONTEXT)
    reset, update, digest, links = hasher.reset, hasher.update, hasher.digest, []
    for entry in entries:
        reset()
        update(entry)
        links.append(digest())
    return links
