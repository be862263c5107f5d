"""Verify a whole log from what is published: a stranger needs no trust in us.

Read before: ``portal/public/decision.py``, and docs/spec/verify.md, whose numbers the steps here
have. Read next: the modules named at each step, and docs/spec/ for every format.

Whoever runs this has a checkpoint and static files from a source that may lie, and a key from
somewhere else. The result covers every entry up to the checkpoint's size: that each is the leaf
that was signed, that each stream is one chain without a gap, that time and knowledge never went
back. It does not say that the log showed the same to everybody: for that compare checkpoints with
others (``since``, witnesses). With the control log's keys it also says who sent each act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ledger.chain.careful_bundle import stream_named
from ledger.chain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.chain.control_reader import ControlReader
from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.event_ids import SeenIds
from ledger.chain.findings import INCOMPLETE, PROVED, Findings, LogReport, worst
from ledger.chain.holes import Holes
from ledger.chain.links import INTERNATIONAL
from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import open_note, split_note
from ledger.chain.own_acts import BIRTH_STREAM, is_own_stream
from ledger.chain.partition import partition_for
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.sources import (
    DirectorySource,
    LogSource,
    MissingObjectError,
    PatientSource,
)
from ledger.chain.stream_heads import StreamHead, stream_heads_root
from ledger.chain.tile_reader import TileReader
from ledger.chain.verify_bundles import RangeReport, judge_moment
from ledger.chain.verify_control import Birth, check_birth, check_trust
from ledger.chain.verify_ranges import Signed, range_reports
from ledger.chain.verify_streams import Heads, SpanColumns, join_spans, stream_name
from ledger.chain.verify_tiles import Listing, TreeCheck, sort_paths
from ledger.errors import (
    MalformedCheckpointError,
    MalformedError,
    SignatureInvalidError,
    UnavailableError,
)
from ledger.limits import TILE_WIDTH

__all__ = [
    "DirectorySource",
    "LogReport",
    "LogSource",
    "control_keys",
    "verify_log",
]

Progress = Callable[[int, int], None]  # Entries checked so far, entries in all.


def verify_log(
    source: LogSource,
    keys: Iterable[VerifierKey],
    *,
    profile: str | None = None,
    since: bytes | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    acts: bool = False,
    emitter_keys: EmitterKeys | None = None,
    checkpoint: bytes | None = None,
) -> LogReport:
    """Verify a log and report all that is not as it must be.

    Args:
        source: Where the log is read from; trusted with nothing.
        keys: Trusted keys: the log's, and witnesses' if their lines must verify too.
        profile: Hash profile, where entry 0 is not to be believed.
        since: An older signed checkpoint of the same log, to prove that the log only grew.
        workers: Processes that check entries.
        progress: Called now and then.
        acts: Also check that each act is strict and in the submission it carries.
        emitter_keys: Keys from ``control_keys``: also check ``acts``, and who signed them.
        checkpoint: A signed checkpoint of the log that was read before; None: read it now. Where
            keys are given it is the older of the two: entries are judged against a control log
            that was there before them.

    Returns:
        The report; its ``exit_code`` is 0 only if nothing was found.

    Raises:
        UnavailableError: The source cannot be read.
        SignatureInvalidError: Two of ``keys`` have one name and id.
    """
    return _Verification(source, list(keys), progress, checkpoint).run(
        profile, since, max(1, workers), acts=acts or emitter_keys is not None, keys=emitter_keys
    )


def control_keys(
    source: LogSource, keys: Iterable[VerifierKey], *, workers: int = 1
) -> tuple[LogReport, EmitterKeys | None]:
    """Verify a control log, its signatures included, and return the keys that it proves.

    Args:
        source: Where the control log is read from.
        keys: Trusted keys of the control log.
        workers: Processes that check entries.

    Returns:
        The report on the control log, and its keys: None unless the report's exit code is 0.
    """
    trusted = list(keys)
    first = _Verification(source, trusted, None)
    report = first.run(None, None, max(1, workers), acts=False, keys=None)
    if report.exit_code or report.origin is None or first.birth is None:
        return report, None
    # What is read here is what was hashed, and the second run is over the same checkpoint: so a
    # source gains nothing by answering twice differently.
    findings = Findings()
    try:
        reader = ControlReader(first.birth, report.origin.partition("/")[0], findings)
        reader.read(first.kept)
    except MalformedError as error:
        findings.add("birth", f"the control log does not begin as one does: {error}", 0)
        return report.with_findings(findings), None
    found = replace(reader.keys, control_size=report.size)
    signed = verify_log(
        source, trusted, workers=workers, emitter_keys=found, checkpoint=first.note
    ).with_findings(findings)
    return signed, found if signed.exit_code == 0 else None


class _Verification:
    """One run of ``verify_log``."""

    def __init__(
        self,
        source: LogSource,
        keys: list[VerifierKey],
        progress: Progress | None,
        note: bytes | None = None,
    ) -> None:
        self._source = source
        self._keys = keys
        self._progress = progress
        self._findings = Findings()
        self._done = 0
        self._heads: Heads = {}
        self._seen = SeenIds()
        self.note = note  # The signed checkpoint.
        self.birth: Birth | None = None
        self.kept: list[tuple[int, bytes]] = []  # As ``RangeReport.kept``.

    def run(
        self,
        profile: str | None,
        since: bytes | None,
        workers: int,
        *,
        acts: bool,
        keys: EmitterKeys | None,
    ) -> LogReport:
        # Step 1: the checkpoint, signed by the log under a trusted key.
        checkpoint, signed_by = self._open_checkpoint()
        if checkpoint is None:
            return self._report(Checkpoint("", 0, b""), profile or INTERNATIONAL, signed=False)
        # Step 2: the objects that are there, where the source can list them.
        listing = self._list(checkpoint.size)
        # Step 3: entry 0 is this log's birth, and names the key that signed the checkpoint.
        entry = self._first_entry(checkpoint.size)
        birth = None if entry is None else check_birth(entry, checkpoint.origin, self._findings)
        self.birth = birth
        if birth is not None and signed_by:
            check_trust(birth, checkpoint.origin, signed_by, self._findings)
        chosen = profile or (birth.profile if birth else INTERNATIONAL)
        # Step 4: all bundles, in ranges (verify_bundles). Step 5: what holds across them.
        operator = None if birth is None else birth.operator
        facts = LogFacts(checkpoint.origin, checkpoint.size, chosen, acts, keys, operator)
        with self._keeping_findings():
            signed = Signed(checkpoint.root, is_trusted=bool(signed_by))
            tree = self._check_ranges(facts, listing, workers, signed)
            self._check_first_entry(entry, birth, keys)
            # Step 6: every hash tile above level 0, and the root that was signed.
            tree.check_tiles(listing.partials)
            self._check_root(tree, checkpoint)
            # Step 7: the log is a continuation of the older checkpoint.
            if since is not None:
                self._check_since(since, tree, checkpoint)
        return self._report(checkpoint, chosen, signed=keys is not None)

    @contextmanager
    def _keeping_findings(self) -> Iterator[None]:
        """Let a source that fails on the way not hide that something was changed or is not trusted.

        Raises:
            UnavailableError: The source cannot be read, and nothing so bad was found until then.
        """
        try:
            yield
        except UnavailableError as error:
            if worst(self._findings.codes) in (PROVED, INCOMPLETE):
                raise
            self._findings.add("unread", f"the source cannot be read any further: {error}")

    def _open_checkpoint(self) -> tuple[Checkpoint | None, list[VerifierKey]]:
        try:
            note = self._source.checkpoint() if self.note is None else self.note
        except MissingObjectError:
            self._findings.add("missing", "no checkpoint", None, None, "checkpoint")
            return None, []
        self.note = note
        try:
            checkpoint = open_checkpoint(note, self._keys)
            lines = {(line.name, line.key_id) for line in open_note(note, self._keys).signatures}
            return checkpoint, [key for key in self._keys if (key.name, key.key_id) in lines]
        except (MalformedCheckpointError, SignatureInvalidError) as error:
            self._findings.add("checkpoint", str(error), None, None, "checkpoint")
        try:
            # Not to be believed, but what else is wrong is worth knowing.
            return parse_checkpoint(split_note(note)[0]), []
        except MalformedCheckpointError:
            return None, []

    def _list(self, size: int) -> Listing:
        paths = self._source.paths()
        if paths is None:
            return Listing({}, (), 0)
        listing = sort_paths(paths, size)
        for path in listing.unreferenced:
            self._findings.add("unreferenced", "no log of this size has it", None, None, path)
        if listing.ahead:
            text = "the copy has more entries than its checkpoint signs"
            self._findings.add("behind", text, size, None, "checkpoint", listing.ahead, size)
        return listing

    def _first_entry(self, size: int) -> bytes | None:
        # Framing and a missing bundle are found again, and reported, in step 4.
        width = min(TILE_WIDTH, size)
        reader = TileReader(PatientSource(self._source), size, Findings())
        return next(iter(reader.entries(0, width)[0]), None) if width else None

    def _check_first_entry(
        self, entry: bytes | None, birth: Birth | None, keys: EmitterKeys | None
    ) -> None:
        """Check that entry 0 is the one that was hashed, and the control log's but for the log."""
        if any(index == 0 and hashed != entry for index, hashed in self.kept[:1]):
            text = "the source gave another entry 0, or none, when it was first asked"
            self._findings.add("birth", text, 0)
        is_told = keys is not None and keys.ledger is not None
        if keys is not None and is_told and birth is not None and birth.common != keys.ledger:
            text = "entry 0 is not of the ledger that the control log is of"
            self._findings.add("birth", text, 0, BIRTH_STREAM)

    def _check_ranges(
        self, facts: LogFacts, listing: Listing, workers: int, signed: Signed
    ) -> TreeCheck:
        holes = Holes()
        tile_roots: list[bytes | None] = []
        last_leaves: list[list[bytes]] = []
        before = None
        reports = range_reports(
            self._source,
            facts,
            listing.partials,
            workers,
            lambda entries: self._advance(entries, facts.size),
            signed,
        )
        for report in reports:
            self._findings.merge(report.findings)
            holes.extend(report.holes)
            # Step 5.1: time and knowledge of the control log go on where the range before ended.
            if report.first is not None:
                judge_moment(before, report.first, self._findings)
                before = report.last
            # Step 5.2: so does every stream, and its head is what was anchored.
            self._check_partition(report.spans, facts)
            self._check_anchors(report, facts, holes)
            join_spans(self._heads, report.spans, holes, self._findings)
            # Step 5.3: no event id comes twice.
            for index, _ in self._seen.doubles(report.event_ids):
                stream = self._stream_of(index, facts.size)
                self._findings.add("event_id", "an act that the log had before", index, stream)
            self.kept += report.kept
            tile_roots += report.tile_roots
            last_leaves = report.last_leaves or last_leaves
            if report.failure is not None:
                raise UnavailableError(report.failure)
        return TreeCheck(self._source, facts.size, tile_roots, last_leaves, self._findings)

    def _check_anchors(self, report: RangeReport, facts: LogFacts, holes: Holes) -> None:
        """Check that the platform anchored the heads that the streams had."""
        if facts.keys is None or not report.heads:
            return
        if holes.count_below(facts.size):
            return  # What is altered or missing is named already, and heads may lie in there.
        anchors = facts.keys.anchors_of(facts.origin, facts.size)
        for size, rows in report.heads.items():
            here = {head.stream_id for head in rows}
            before = (
                StreamHead(name, version, link)
                for stream, (version, link, _) in self._heads.items()
                if (name := stream_name(stream)) not in here
            )
            heads = [*rows, *before]
            found = (stream_heads_root(heads), len(heads))
            for index, anchored in anchors.items():
                if anchored.tree_size == size and (anchored.root, anchored.streams) != found:
                    text = (
                        f"the stream heads at {size} are not those that control entry {index} has"
                    )
                    self._findings.add("anchor", text, None, None, None, anchored.root, found[0])

    def _check_partition(self, spans: SpanColumns, facts: LogFacts) -> None:
        """Check that new streams belong into this log and no other case log."""
        case_logs = 1 if self.birth is None else self.birth.case_logs
        log = facts.origin.rpartition("/")[2]
        if case_logs < 2 or facts.is_control:
            return
        for stream, index in zip(spans.streams, spans.first_indexes, strict=True):
            if stream in self._heads:
                continue
            name = stream_name(stream)
            expected = str(partition_for(name.encode(), case_logs))
            if expected != log and not is_own_stream(name):
                text = "the stream belongs into another case log"
                self._findings.add("misplaced", text, index, name, None, expected, log)

    def _stream_of(self, index: int, size: int) -> str | None:
        """Return the stream of an entry, read once more to tell a person where to look."""
        n, place = divmod(index, TILE_WIDTH)
        width = min(TILE_WIDTH, size - n * TILE_WIDTH)
        entries = TileReader(PatientSource(self._source), size, Findings()).entries(n, width)[0]
        return stream_named(entries[place]) if place < len(entries) else None

    def _advance(self, entries: int, size: int) -> None:
        self._done += entries
        if self._progress is not None:
            self._progress(self._done, size)

    def _check_root(self, tree: TreeCheck, checkpoint: Checkpoint) -> None:
        roots = tree.roots()
        if roots and checkpoint.root not in roots:
            text = f"the {checkpoint.size} entries do not have the signed root"
            values = (checkpoint.root, roots[0])
            self._findings.add("root", text, None, None, "checkpoint", *values)

    def _check_since(self, note: bytes, tree: TreeCheck, checkpoint: Checkpoint) -> None:
        try:
            older = open_checkpoint(note, self._keys, checkpoint.origin)
        except (MalformedCheckpointError, SignatureInvalidError) as error:
            self._findings.add("checkpoint", f"older checkpoint: {error}")
            return
        if older.size > checkpoint.size:
            text = "the checkpoint is older than the one seen before"
            values = (older.size, checkpoint.size)
            self._findings.add("behind", text, None, None, "checkpoint", *values)
            return
        root = checkpoint.root if older.size == checkpoint.size else tree.root_at(older.size)
        if root is not None and root != older.root:
            text = f"the first {older.size} entries are not those of the older checkpoint"
            self._findings.add("fork", text, None, None, None, older.root, root)

    def _report(self, checkpoint: Checkpoint, profile: str, *, signed: bool) -> LogReport:
        found = self._findings
        return LogReport(
            checkpoint.origin or None,
            checkpoint.size,
            checkpoint.root,
            self._done,
            len(self._heads),
            profile,
            signed,
            tuple(found.kept),
            found.counts,
            worst(found.codes),
        )
