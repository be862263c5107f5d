"""Verify a case package from the package alone: no database, no network, no trust in who made it.

Read before: docs/spec/case-package.md, whose numbers the steps here have; ``dossier``,
``dossier_entries``. Read next: ``portal/cli/dossier.py``.

Whoever runs this has the package and the control log's key from somewhere else. The result covers
every file: each entry is a leaf of its log, sent by whom it says, in a stream without a gap, and
none was left out up to the size that the platform anchored. It does not say that the logs showed
the same to everybody: for that compare the two checkpoints with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from ledger.chain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.chain.control_reader import ControlReader
from ledger.chain.dossier import (
    ACT_END,
    CASE,
    CONTROL,
    PARTS,
    Facts,
    Files,
    Heads,
    entry_numbers,
    entry_path,
    parse_heads,
    part_path,
    schema_path,
)
from ledger.chain.dossier_entries import EntryJudge, EntryReader, ProvenEntry, check_chain
from ledger.chain.dossier_listing import FileListing
from ledger.chain.dossier_report import PackageReport
from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.findings import Findings, worst
from ledger.chain.links import stream_link
from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import open_note, split_note
from ledger.chain.own_acts import BIRTH_STREAM
from ledger.chain.partition import partition_for
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.stream_heads import AnchoredHeads, HeadPath, check_head
from ledger.chain.verify_bundles import Moment, judge_moment
from ledger.chain.verify_control import Birth, check_birth, check_trust
from ledger.errors import (
    MalformedCheckpointError,
    MalformedError,
    SignatureInvalidError,
    VerificationError,
)

CATALOGUE_STREAM: Final = "platform:catalogue"
REQUIRED_STREAMS: Final = (BIRTH_STREAM, CATALOGUE_STREAM)


def verify_case_package(files: Files, keys: Iterable[VerifierKey]) -> PackageReport:
    """Verify a case package and report all that is not as it must be.

    Args:
        files: The package: every file below its folder, by path.
        keys: Trusted keys: the control log's at least. The case log's key is taken from entry 0 of
            the control log where it is not among them.

    Raises:
        SignatureInvalidError: Two of ``keys`` have one name and id.
    """
    return _PackageCheck(files, list(keys)).run()


class _PackageCheck:
    """One run of ``verify_case_package``."""

    def __init__(self, files: Files, keys: list[VerifierKey]) -> None:
        self._files = files
        self._keys = keys
        self._findings = Findings()
        self._listing = FileListing(files, self._findings)
        self._checkpoints: dict[str, Checkpoint] = {}
        self._heads: dict[str, Heads] = {}
        self._anchored: dict[str, AnchoredHeads] = {}
        self._schemas: dict[str, str] = {}
        self._control: dict[int, ProvenEntry] = {}
        self._case: dict[int, ProvenEntry] = {}
        # By part, the versions of a stream that may lie in files which are named already. None: any
        # may. Found once a part: ``heads.json`` can name as many streams as its author likes.
        self._holes: dict[str, frozenset[int] | None] = {}

    def run(self) -> PackageReport:
        # Step 1: every file is the one that the manifest says, none is missing, none surplus.
        self._listing.check_listed()
        # Step 2: the control log's checkpoint, signed under a trusted key.
        control = self._open(CONTROL, self._keys)
        self._heads = {part: heads for part in PARTS if (heads := self._read_heads(part))}
        # Step 3: entry 0 of the control log, and what its other entries here prove.
        self._control = {} if control is None else self._reader(CONTROL, control).read()
        birth = None if control is None else self._birth(control)
        reader = None if control is None or birth is None else self._read_control(control, birth)
        if control is not None and birth is not None and reader is not None:
            keys = self._check_control(control, birth, reader)
            # Step 6: the case log's checkpoint, under a key that entry 0 names.
            case = self._open(CASE, self._case_keys(birth))
            if case is not None:
                self._check_case(case, birth, reader, keys)
            # Step 9: the files that say again what the entries say.
            self._listing.check_texts(self._texts(birth), is_whole=self._is_whole())
            self._check_manifest()
        return self._report()

    def _open(self, part: str, keys: list[VerifierKey]) -> Checkpoint | None:
        path = part_path(part, "checkpoint")
        note = self._listing.file(path)
        if note is None:
            return None
        try:
            self._checkpoints[part] = open_checkpoint(note, keys)
            return self._checkpoints[part]
        except (MalformedCheckpointError, SignatureInvalidError) as error:
            self._findings.add("checkpoint", str(error), None, None, path)
        try:
            # Not to be believed, but what else is wrong is worth knowing.
            self._checkpoints[part] = parse_checkpoint(split_note(note)[0])
        except MalformedCheckpointError:
            return None
        return self._checkpoints[part]

    def _read_heads(self, part: str) -> Heads | None:
        path = part_path(part, "heads.json")
        data = self._listing.file(path)
        if data is None:
            return None
        try:
            return parse_heads(data)
        except MalformedError as error:
            self._findings.add("anchor", str(error), None, None, path)
            return None

    def _reader(self, part: str, checkpoint: Checkpoint) -> EntryReader:
        note = self._files[part_path(part, "checkpoint")]
        return EntryReader(
            self._files, part, note, checkpoint, self._findings, self._listing.missing
        )

    def _birth(self, control: Checkpoint) -> Birth | None:
        first = self._control.get(0)
        if first is None:
            path = entry_path(CONTROL, 0, ACT_END)
            if path not in self._listing.missing and path not in self._files:
                self._findings.add("missing", "entry 0 of the control log", 0, None, path)
            return None
        birth = check_birth(first.data, control.origin, self._findings)
        if birth is None:
            return None
        try:
            lines = open_note(self._files[part_path(CONTROL, "checkpoint")], self._keys).signatures
        except (MalformedCheckpointError, SignatureInvalidError):
            return birth
        named = {(line.name, line.key_id) for line in lines}
        signed_by = [key for key in self._keys if (key.name, key.key_id) in named]
        if any(key.name == control.origin for key in signed_by):
            check_trust(birth, control.origin, signed_by, self._findings)
        return birth

    def _read_control(self, control: Checkpoint, birth: Birth) -> ControlReader | None:
        try:
            reader = ControlReader(birth, control.origin.partition("/")[0], self._findings)
            reader.read((index, proven.data) for index, proven in sorted(self._control.items()))
        except MalformedError as error:
            text = f"the control log does not begin as one does: {error}"
            self._findings.add("birth", text, 0)
            return None
        return reader

    def _check_control(
        self, control: Checkpoint, birth: Birth, reader: ControlReader
    ) -> EmitterKeys:
        """Check the control log's streams here; return its keys, as far as they are complete."""
        # Step 4: each stream of the control log here is whole up to the anchored size.
        self._holes[CONTROL] = self._find_holes(CONTROL)
        anchored = self._anchor(CONTROL, control, reader)
        streams: dict[str, dict[int, ProvenEntry]] = {}
        anchors = {heads.anchor for heads in self._heads.values()}
        for proven in self._control.values():
            if proven.entry.leaf_index not in anchors:
                rows = streams.setdefault(proven.entry.stream_id, {})
                rows[proven.entry.stream_version] = proven
        places = self._heads[CONTROL].places if CONTROL in self._heads else ()
        known = {place.stream_id: place for place in places}
        for stream in sorted({*streams, *known, *REQUIRED_STREAMS}):
            self._check_stream(streams.get(stream, {}), stream, known.get(stream), anchored, birth)
        # Step 5: every entry of the control log here, by the keys that are found so.
        facts = LogFacts(
            control.origin, control.size, birth.profile, True, reader.keys, birth.operator
        )
        judge = EntryJudge(facts, reader, self._findings)
        for _, proven in sorted(self._control.items()):
            judge.judge(proven)
        self._schemas |= judge.schemas
        return replace(reader.keys, control_size=0 if anchored is None else anchored.tree_size)

    def _check_stream(
        self,
        rows: Mapping[int, ProvenEntry],
        stream: str,
        place: HeadPath | None,
        anchored: AnchoredHeads | None,
        birth: Birth,
    ) -> None:
        if place is None:
            text = "the package does not show that this stream of the control log is whole"
            self._findings.add("missing", text, None, stream, part_path(CONTROL, "heads.json"))
            return
        self._check_whole(rows, place, anchored, birth.profile, CONTROL)

    def _check_whole(
        self,
        rows: Mapping[int, ProvenEntry],
        place: HeadPath,
        anchored: AnchoredHeads | None,
        profile: str,
        part: str,
    ) -> None:
        """Check that a stream is one chain up to the version that was anchored."""
        holes = self._holes[part]
        check_chain(rows, place.version, profile, holes, self._findings)
        last = rows.get(place.version)
        path = part_path(part, "heads.json")
        if last is None:
            if not rows and holes is not None and place.version not in holes:
                text = "no entry of a stream that was anchored"
                self._findings.add("missing", text, None, place.stream_id, path)
            return
        if anchored is None:
            return
        if last.entry.leaf_index >= anchored.tree_size:
            text = "anchored below a size that the entry lies behind"
            self._findings.add("anchor", text, last.entry.leaf_index, place.stream_id, path)
            return
        try:
            check_head(anchored, place, stream_link(last.data, profile))
        except VerificationError as error:
            text = f"version {place.version} is not the head that was anchored: {error}"
            self._findings.add("anchor", text, last.entry.leaf_index, place.stream_id, path)

    def _find_holes(self, part: str) -> frozenset[int] | None:
        listed = set(entry_numbers([*self._files, *self._listing.missing], part))
        if part == CASE:
            return frozenset(listed - self._case.keys())
        # A file of the control log does not say which stream it was of.
        return None if listed - self._control.keys() else frozenset()

    def _anchor(
        self, part: str, checkpoint: Checkpoint, reader: ControlReader
    ) -> AnchoredHeads | None:
        """Return what the platform anchored of a log, None where the package does not prove it."""
        heads = self._heads.get(part)
        if heads is None:
            return None
        anchored = reader.keys.anchors.get(heads.anchor)
        path = part_path(part, "heads.json")
        if anchored is None:
            text = "no StreamHeadsAnchored of the platform where it is said to be"
            self._findings.add("anchor", text, heads.anchor, None, path)
            return None
        if anchored.origin != checkpoint.origin or anchored.tree_size > checkpoint.size:
            text = "the anchor is another log's, or of a larger one"
            values = (checkpoint.origin, anchored.origin)
            self._findings.add("anchor", text, heads.anchor, None, path, *values)
            return None
        self._anchored[part] = anchored
        return anchored

    def _case_keys(self, birth: Birth) -> list[VerifierKey]:
        """Return the trusted keys, and those that entry 0 of the control log names."""
        told = {(key.name, key.key_id) for key in self._keys}
        try:
            named = [VerifierKey.from_vkey(vkey) for vkey in birth.vkeys]
        except MalformedError as error:
            self._findings.add("birth", f"entry 0 names what is no key: {error}", 0, BIRTH_STREAM)
            return self._keys
        return [*self._keys, *(key for key in named if (key.name, key.key_id) not in told)]

    def _check_case(
        self, case: Checkpoint, birth: Birth, reader: ControlReader, keys: EmitterKeys
    ) -> None:
        ledger, _, log = case.origin.partition("/")
        if ledger != self._checkpoints[CONTROL].origin.partition("/")[0]:
            text = "the case log is not of the ledger that the control log is of"
            path = part_path(CASE, "checkpoint")
            self._findings.add("birth", text, None, None, path)
        # Step 7: every entry of the stream, in order, by the keys that the control log proves.
        self._case = self._reader(CASE, case).read()
        self._holes[CASE] = self._find_holes(CASE)
        facts = LogFacts(case.origin, case.size, birth.profile, True, keys, birth.operator)
        judge = EntryJudge(facts, reader, self._findings)
        before, seen = None, set[bytes]()
        stream = self._stream()
        for _, proven in sorted(self._case.items()):
            entry = proven.entry
            act = judge.judge(proven)
            moment = Moment(
                entry.leaf_index, entry.stream_id, entry.received_at, entry.control_size
            )
            judge_moment(before, moment, self._findings)
            before = moment
            if entry.stream_id != stream:
                text = "an entry of another stream"
                self._findings.add("misplaced", text, entry.leaf_index, entry.stream_id)
            if act is not None and act.event_id in seen:
                text = "an act that the stream had before"
                self._findings.add("event_id", text, entry.leaf_index, entry.stream_id)
            seen |= set() if act is None else {act.event_id}
        self._schemas |= judge.schemas
        self._check_partition(stream, log, birth)
        # Step 8: nothing of the stream was left out up to the anchored size.
        self._check_complete(case, birth, reader)

    def _stream(self) -> str | None:
        if (heads := self._heads.get(CASE)) is not None and heads.places:
            return heads.places[0].stream_id
        return next((proven.entry.stream_id for proven in self._case.values()), None)

    def _check_partition(self, stream: str | None, log: str, birth: Birth) -> None:
        if stream is None:
            return
        if birth.case_logs < 1:
            self._findings.add("birth", "entry 0 names no case logs", 0, BIRTH_STREAM)
            return
        expected = f"log/{partition_for(stream.encode(), birth.case_logs)}"
        if log != expected:
            text = "the stream belongs into another log"
            self._findings.add("misplaced", text, None, stream, None, expected, log)

    def _check_complete(self, case: Checkpoint, birth: Birth, reader: ControlReader) -> None:
        heads = self._heads.get(CASE)
        if heads is None:
            return
        if len(heads.places) != 1:
            text = "a package is of one stream"
            self._findings.add("anchor", text, None, None, part_path(CASE, "heads.json"))
            return
        anchored = self._anchor(CASE, case, reader)
        self._check_whole(self._case, heads.places[0], anchored, birth.profile, CASE)
        for version, proven in sorted(self._case.items()):
            if version > heads.places[0].version:
                text = f"version {version} is newer than the anchor: others may have been left out"
                entry = proven.entry
                self._findings.add("behind", text, entry.leaf_index, entry.stream_id)

    def _is_whole(self) -> bool:
        """Tell whether every entry that the package has, or is said to have, is proven."""
        proven = {CASE: self._case.keys(), CONTROL: self._control.keys()}
        paths = [*self._files, *self._listing.missing]
        return all(set(entry_numbers(paths, part)) == proven[part] for part in PARTS)

    def _texts(self, birth: Birth) -> dict[str, bytes]:
        """Return the files that say again what the control log says."""
        expected = {
            schema_path(file): text.encode() for file, text in sorted(self._schemas.items())
        }
        for part, checkpoint in self._checkpoints.items():
            vkeys = [vkey for vkey in birth.vkeys if vkey.startswith(f"{checkpoint.origin}+")]
            expected[part_path(part, "log.vkey")] = "".join(f"{key}\n" for key in vkeys).encode()
        return expected

    def _check_manifest(self) -> None:
        stream = self._stream()
        is_whole = len(self._checkpoints) == len(self._anchored) == len(PARTS)
        # Whatever is wrong with a file has been said; then the manifest differs, too.
        if not is_whole or stream is None or self._findings.count:
            return
        sizes = {part: anchored.tree_size for part, anchored in self._anchored.items()}
        self._listing.check_manifest(Facts(stream, len(self._case), self._checkpoints, sizes))

    def _report(self) -> PackageReport:
        case, control = self._checkpoints.get(CASE), self._checkpoints.get(CONTROL)
        anchored, heads = self._anchored.get(CASE), self._heads.get(CASE)
        anchor = None if heads is None else self._control.get(heads.anchor)
        return PackageReport(
            self._stream(),
            None if case is None else case.origin,
            0 if case is None else case.size,
            len(self._case),
            None if anchored is None else anchored.tree_size,
            None if anchored is None or anchor is None else anchor.entry.received_at,
            0 if control is None else control.size,
            tuple(self._findings.kept),
            self._findings.counts,
            worst(self._findings.codes),
        )
