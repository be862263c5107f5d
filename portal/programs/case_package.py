"""Export a case package from a running ledger: all that proves one stream, as a folder.

Read before: docs/spec/case-package.md, ``portal/cli/case.py``. Read next:
``ledger/chain/dossier_build.py``, ``ledger/chain/dossier_check.py``.

1. The newest promises of the case log, then of the control log, are the two checkpoints.
2. The case's entries, and the newest anchor of its log, which must cover every one of them.
3. Of the control log: entry 0, the catalogues, and the whole streams of every schema, emitter and
   signing officer concerned, up to its own newest anchor; and both anchors.
4. The package is verified as a stranger would before a byte is written.

Trusts the logs' public keys in the data folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from consumers.platform.anchor import Anchor, newest_anchor, read_heads
from ledger.chain.act import decode_act
from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.dossier import CASE, CONTROL, Heads
from ledger.chain.dossier_build import PackedLog, package_files
from ledger.chain.dossier_check import REQUIRED_STREAMS, verify_case_package
from ledger.chain.dossier_report import PackageReport
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.proofs import inclusion_path
from ledger.chain.proven_tree import ProvenTree
from ledger.chain.stream_heads import StreamHead, head_paths, stream_heads_root
from ledger.chain.submission import parse_proof
from ledger.errors import (
    IncompleteError,
    MalformedError,
    RejectedError,
    UnavailableError,
    VerificationError,
)
from ledger.store.start_check import read_promise
from ledger.store.tile_store import TileStore
from portal.programs.files import tile_store
from portal.programs.package_folder import write_package
from portal.programs.proofs import log_keys
from portal.programs.streams import OpenLedger, entries_in, log_of_stream, open_ledger

_READS_MAX: Final = 5  # A promise may be replaced while its tiles are read.
_BY_HAND: Final = "anchor first: lianzheng ledger anchor"


class _Log(NamedTuple):
    """One log under one checkpoint."""

    name: str
    note: bytes
    tree: ProvenTree


class _Chosen(NamedTuple):
    """What of a log goes into the package."""

    entries: Mapping[int, bytes]  # By leaf index.
    streams: Collection[str]  # Those whose heads are proven.


def export_case(data: Path, stream: str, target: Path) -> PackageReport:
    """Write the package of a case; return what a verification says of it.

    Args:
        data: Data folder of a running ledger.
        stream: Id of the case.
        target: Folder that is not there yet, or empty.

    Raises:
        MalformedError: The folder has something in it, or the stream lies in the control log.
        RejectedError: NOT_FOUND: there is no such case; NOT_ANCHORED: its newest entries are not
            covered by an anchor yet.
        UnavailableError: Database or tile store is away, or the folder cannot be written.
        VerificationError: What the ledger holds does not prove the case.
    """
    with open_ledger(data) as ledger, write_package(target) as write:
        # Under its name a case log has no more than the alerts about it: not the whole stream.
        if entries_in(ledger, CONTROL, stream):
            raise MalformedError(f"{stream} lies in the control log: lianzheng export log control")
        files = _Packer(ledger, data, stream).files()
        keys = [key for log in ledger.proven for key in log_keys(data, log)]
        report = verify_case_package(files, keys)
        if report.exit_code:
            raise VerificationError(
                f"the package of {stream} does not verify: {report.findings[0]}"
            )
        write(files)
        return report


class _Packer:
    def __init__(self, ledger: OpenLedger, data: Path, stream: str) -> None:
        self._ledger = ledger
        self._data = data
        self._stream = stream
        store, log = tile_store(data), log_of_stream(data, stream)
        # The case log first: so the control log reaches as far as its entries were judged.
        self._logs = {CASE: _held(store, data, ledger, log)}
        self._logs[CONTROL] = _held(store, data, ledger, CONTROL)

    def files(self) -> dict[str, bytes]:
        case = self._case()
        anchors = {part: self._anchor(part, log) for part, log in self._logs.items()}
        self._check_covered(case.entries, anchors)
        control = self._control(case.entries.values(), anchors)
        texts = self._schema_texts([*case.entries.values(), *control.entries.values()])
        chosen = {CASE: case, CONTROL: control}
        packed = {part: self._packed(part, chosen[part], anchors[part]) for part in self._logs}
        return package_files(self._stream, packed, texts)

    def _case(self) -> _Chosen:
        rows = self._rows(CASE, self._stream, self._logs[CASE].tree.size)
        if not rows:
            raise RejectedError("NOT_FOUND", f"there is no case {self._stream}")
        return _Chosen(rows, {self._stream})

    def _rows(self, part: str, stream: str, size: int) -> dict[int, bytes]:
        """Return the entries of a stream below a size, held against the checkpoint."""
        name, _, tree = self._logs[part]
        stored = self._ledger.recorders[name].stream_rows(stream)
        rows = [(row.leaf_index, row.state) for row in stored if row.leaf_index < size]
        tree.check(rows, stream)
        return dict(rows)

    def _anchor(self, part: str, log: _Log) -> Anchor:
        control = self._ledger.proven[CONTROL]
        anchor = newest_anchor(
            control,
            self._ledger.state,
            log.name,
            control_size=self._logs[CONTROL].tree.size,
            log_size=log.tree.size,
        )
        if anchor is None:
            raise RejectedError("NOT_ANCHORED", f"no anchor of {part} log {log.name}; {_BY_HAND}")
        return anchor

    def _check_covered(self, case: Mapping[int, bytes], anchors: Mapping[str, Anchor]) -> None:
        newest, size = max(case), anchors[CASE].heads.tree_size
        judged = decode_entry(case[newest]).control_size
        if newest >= size or judged > anchors[CONTROL].heads.tree_size:
            raise RejectedError(
                "NOT_ANCHORED",
                f"entry {newest} of {self._stream} is newer than the newest anchor (size {size}); "
                f"{_BY_HAND}",
            )

    def _control(self, case: Iterable[bytes], anchors: Mapping[str, Anchor]) -> _Chosen:
        size = anchors[CONTROL].heads.tree_size
        entries: dict[int, bytes] = {}
        streams: set[str] = set()
        extra = [
            self._ledger.proven[CONTROL].entry(anchor.leaf_index) for anchor in anchors.values()
        ]
        wanted = {*REQUIRED_STREAMS, *_needed([*case, *extra])}
        # What is taken in may need schemas and signers of its own; a schema is of one type.
        while wanted - streams:
            found: list[bytes] = []
            for stream in sorted(wanted - streams):
                rows = self._rows(CONTROL, stream, size)
                entries |= rows
                found += rows.values()
                streams |= {stream}
            wanted |= _needed(found)
        kept = {decode_entry(data).stream_id for data in entries.values()}
        entries |= {
            anchor.leaf_index: data for anchor, data in zip(anchors.values(), extra, strict=True)
        }
        return _Chosen(dict(sorted(entries.items())), kept)

    def _schema_texts(self, entries: Iterable[bytes]) -> dict[str, str]:
        texts = {}
        for data in entries:
            act = decode_act(decode_entry(data).act)
            schema = self._ledger.state.schema_by_fingerprint[act.payload_schema]
            texts[f"{act.event_type}.v{act.schema_version}.avsc"] = schema.text
        return texts

    def _packed(self, part: str, chosen: _Chosen, anchor: Anchor) -> PackedLog:
        name, note, tree = self._logs[part]
        recorder = self._ledger.recorders[name]
        heads: Sequence[StreamHead] = list(read_heads(recorder, tree, anchor.heads.tree_size))
        found = stream_heads_root(heads)
        if found != anchor.heads.root:
            raise VerificationError(
                f"{tree.checkpoint.origin}: the stream heads at {anchor.heads.tree_size} are not "
                f"those that control entry {anchor.leaf_index} anchored"
            )
        paths = {
            index: inclusion_path(index, tree.size, recorder.node_reader())
            for index in chosen.entries
        }
        places = Heads(anchor.leaf_index, tuple(head_paths(heads, chosen.streams)))
        vkeys = self._vkeys(tree.checkpoint.origin)
        return PackedLog(
            note, tree.checkpoint, chosen.entries, paths, places, anchor.heads.tree_size, vkeys
        )

    def _vkeys(self, origin: str) -> list[str]:
        birth = self._ledger.state.ledger
        assert birth is not None
        return [vkey for vkey in birth.vkeys if vkey.startswith(f"{origin}+")]


def _held(store: TileStore, data: Path, ledger: OpenLedger, log: str) -> _Log:
    """Return a log under its newest promise."""
    origin, keys = ledger.proven[log].tree.origin, log_keys(data, log)
    note = read_promise(store, log)
    for _ in range(_READS_MAX):
        try:
            tree = ProvenTree(open_checkpoint(note, keys, origin), partial(store.read, log))
            return _Log(log, note, tree)
        except IncompleteError:
            newer = read_promise(store, log)
            if newer == note:
                raise
            note = newer
    raise UnavailableError(f"{origin}: the promise moves on too quickly")


def _needed(entries: Iterable[bytes]) -> set[str]:
    """Return the streams of the control log that entries cannot be judged without."""
    streams: set[str] = set()
    for data in entries:
        entry = decode_entry(data)
        act = decode_act(entry.act)
        streams.add(f"schema:{act.event_type}")
        streams |= _signers(entry)
    return streams


def _signers(entry: Entry) -> set[str]:
    if not entry.submission:
        return set()
    emitter, *persons = (line.name for line in parse_proof(entry.submission).signatures)
    return {f"emitter:{emitter}", *(f"officer:{name.removeprefix('officer:')}" for name in persons)}
