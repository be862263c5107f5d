"""The entries of one log in a case package: read, proven to be leaves, judged, chained.

Read before: ``dossier``, ``careful_bundle``. Read next: ``dossier_check``.

What is not proven to be a leaf under the checkpoint says nothing about the others: it is named
once and leaves a hole. Trusts the checkpoint it is given, nothing in the package.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.careful_bundle import CarefulCheck, stream_named
from ledger.chain.checkpoint import Checkpoint
from ledger.chain.control_reader import ControlReader
from ledger.chain.dossier import (
    ACT_END,
    CASE,
    RECEIPT_END,
    Files,
    PackedEntry,
    entry_numbers,
    entry_of,
    entry_path,
)
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.findings import Findings
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.proofs import leaf_hash, verify_inclusion
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.submission_cache import SubmissionCache
from ledger.errors import MalformedError, VerificationError

_ENDS: Final = (ACT_END, RECEIPT_END)


class ProvenEntry(NamedTuple):
    """An entry that is a leaf of its log."""

    data: bytes
    entry: Entry


class EntryReader:
    """Reads a part's entries.

    Args:
        files: The package.
        part: ``case`` or ``control``.
        note: The package's signed checkpoint of that log.
        checkpoint: What it says.
        findings: Where faults go.
        missing: Paths that were found missing before.
    """

    def __init__(
        self,
        files: Files,
        part: str,
        note: bytes,
        checkpoint: Checkpoint,
        findings: Findings,
        missing: frozenset[str],
    ) -> None:
        self._files = files
        self._part = part
        self._note = note
        self._checkpoint = checkpoint
        self._findings = findings
        self._missing = missing

    def read(self) -> dict[int, ProvenEntry]:
        """Return every entry that is proven, by the number in its files' names."""
        found = {number: self._entry(number) for number in entry_numbers(self._files, self._part)}
        return {number: proven for number, proven in found.items() if proven is not None}

    def _entry(self, number: int) -> ProvenEntry | None:
        paths = [entry_path(self._part, number, end) for end in _ENDS]
        gone = [path for path in paths if path not in self._files]
        for path in gone:
            if path not in self._missing:
                self._findings.add("missing", "half of an entry", None, None, path)
        if gone:
            return None
        path = paths[1]
        try:
            packed = entry_of(self._files, self._part, number)
        except MalformedError as error:
            self._findings.add("entry", str(error), self._known_index(number), None, path)
            return None
        if packed.note != self._note:
            text = "carries another checkpoint than the package"
            stream = stream_named(packed.data)
            self._findings.add("file", text, packed.leaf_index, stream, path)
        return self._included(number, packed)

    def _included(self, number: int, packed: PackedEntry) -> ProvenEntry | None:
        path = entry_path(self._part, number, ACT_END)
        data, index, proof, _ = packed
        stream = stream_named(data)
        checkpoint = self._checkpoint
        try:
            verify_inclusion(leaf_hash(data), index, checkpoint.size, proof, checkpoint.root)
            entry = decode_entry(data)
        except VerificationError as error:
            text = f"not a leaf of {checkpoint.origin}: {error}"
            self._findings.add("entry", text, index, stream, path)
            return None
        except MalformedError as error:
            self._findings.add("entry", str(error), index, stream, path)
            return None
        if len(entry.act) != len(self._files[path]):
            text = "receipt and act are split in another place than the entry's"
            self._findings.add("entry", text, index, stream, path)
        named = entry.stream_version if self._part == CASE else entry.leaf_index
        if entry.leaf_index != index or named != number:
            kind = "stream_version" if self._part == CASE else "leaf_index"
            text = "stands in the package under another number than its own"
            self._findings.add(kind, text, index, stream, path, number, named)
        return ProvenEntry(data, entry)

    def _known_index(self, number: int) -> int | None:
        return None if self._part == CASE else number


class EntryJudge:
    """Judges proven entries of one log one by one, as an audit of the whole log does.

    Args:
        facts: The log; with the keys that the control log proves.
        control: What the control log proves.
        findings: Where faults go.
    """

    def __init__(self, facts: LogFacts, control: ControlReader, findings: Findings) -> None:
        self._careful = CarefulCheck(facts, SubmissionCache(), findings)
        self._control = control
        self._findings = findings
        self.schemas: dict[str, str] = {}  # File and text of every schema that was used.

    def judge(self, proven: ProvenEntry) -> Act | None:
        """Judge origin, place, strictness and payload; return the act, None where there is none."""
        entry = proven.entry
        self._careful.rows([proven.data], entry.leaf_index, {}, is_framed=True)
        try:
            act = decode_act(entry.act)
            self._control.payload(act, entry.control_size)
        except MalformedError as error:
            self._findings.add("act", str(error), entry.leaf_index, entry.stream_id)
            return None
        named = self._control.schema_file(act)
        assert named is not None
        self.schemas[named[0]] = named[1]
        return act


def check_chain(
    entries: Mapping[int, ProvenEntry],
    last: int,
    profile: str,
    holes: Collection[int] | None,
    findings: Findings,
) -> None:
    """Check that the entries of a stream are versions 1 to ``last``, each linked to the one before.

    Args:
        entries: By version.
        last: The newest version there must be; nothing proves it yet, so it may be any number.
        profile: Hash profile of the links.
        holes: Versions that are missing or could not be used: they are named already. None: any.
        findings: Where faults go.
    """
    if not entries:
        return
    stream = next(iter(entries.values())).entry.stream_id
    named = None if holes is None else sorted({*entries, *holes})
    for first, final in () if named is None else _gaps(named, last):
        text = f"version {first} of the stream is not in the package"
        if final > first:
            text = f"versions {first} to {final} of the stream are not in the package"
        findings.add("stream_version", text, None, stream)
    for version, proven in sorted(entries.items()):
        before = entries.get(version - 1)
        if before is None and version > 1:
            continue
        link = ZERO_LINK if before is None else stream_link(before.data, profile)
        if proven.entry.stream_link != link:
            text = f"version {version} does not follow from the entry of its stream before"
            entry, values = proven.entry, (link, proven.entry.stream_link)
            findings.add("stream_link", text, entry.leaf_index, entry.stream_id, None, *values)


def _gaps(versions: Sequence[int], last: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of versions from 1 to ``last`` that is not there.

    Costs as much as there are versions, however large the numbers are.
    """
    wanted = 1
    for version in (*versions, last + 1):
        if version > wanted:
            yield wanted, version - 1
        wanted = max(wanted, version + 1)
