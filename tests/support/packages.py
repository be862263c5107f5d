"""A small ledger with anchors, and case packages of it; all in memory, signed as real ones are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ledger.chain.act import Act, decode_act
from ledger.chain.checkpoint import Checkpoint
from ledger.chain.dossier import CASE, CONTROL, Heads
from ledger.chain.dossier_build import PackedLog, package_files
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.note_keys import Signer
from ledger.chain.proofs import inclusion_path
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.stream_heads import ANCHOR_TYPE, StreamHead, head_paths, stream_heads_root
from ledger.chain.tree import leaf_hash, tree_root
from tests.support.logs import EMITTER, START, LogBuilder, avsc, make_act, payload_schema, signer

CASE_ID = "case:d17a197b-8b95-4701-a62b-000000000001"
OTHER_ID = "case:d17a197b-8b95-4701-a62b-000000000002"
CONTROL_TYPES = (
    "EmitterRegistered",
    "EmitterKeyRevoked",
    "CatalogueVersionPublished",
    ANCHOR_TYPE,
    "CaseClosed",
    "TextRecordMade",
)
# A small one that stays as it is, so that the golden package does.
CATALOGUE = json.dumps(
    {
        "version": "1",
        "types": {
            **{name: {"log": "control"} for name in ("SchemaPublished", *CONTROL_TYPES[:4])},
            **{name: {"log": "case"} for name in CONTROL_TYPES[4:]},
        },
    },
    separators=(",", ":"),
)
NEEDED = ("ledger", "platform:catalogue", f"emitter:{EMITTER}")


def heads_of(entries: Sequence[bytes], profile: str = "international") -> list[StreamHead]:
    """Return the newest head of every stream among these entries."""
    found = {}
    for data in entries:
        entry = decode_entry(data)
        link = stream_link(data, profile)
        found[entry.stream_id] = StreamHead(entry.stream_id, entry.stream_version, link)
    return list(found.values())


class PackageLedger:
    """A control log, a case log with two cases, and what a package of one of them takes."""

    def __init__(self, acts: int = 6) -> None:
        self.control = LogBuilder("control")
        self.case = LogBuilder()
        self.anchors: dict[str, tuple[int, int]] = {}  # By part: leaf index, anchored size.
        for name in CONTROL_TYPES:
            self.schema(name)
        catalogue = {
            "version": "1",
            "text": CATALOGUE,
            "textHash": text_hash(CATALOGUE),
            "effectiveFrom": 0,
        }
        self.control.publish("CatalogueVersionPublished", "platform:catalogue", catalogue)
        self.emitter(signer(EMITTER))
        if acts:
            self.act(acts)

    def schema(self, name: str) -> None:
        """Publish a schema."""
        text = avsc(f"{name}.v1.avsc")
        payload = {
            "subject": name,
            "version": 1,
            "text": text,
            "textHash": text_hash(text),
            "fingerprint": fingerprint(text),
        }
        self.control.publish("SchemaPublished", f"schema:{name}", payload)

    def emitter(self, key: Signer) -> None:
        """Register an emitter."""
        payload = {
            "emitterId": key.name,
            "vkey": key.vkey,
            "kind": "AGENCY",
            "agencyIds": [],
            "eventTypes": ["CaseClosed"],
            "validFrom": START,
        }
        self.control.publish("EmitterRegistered", f"emitter:{key.name}", payload)

    def revoke(self, key: Signer) -> None:
        """End an emitter's key, from the beginning."""
        payload = {
            "emitterId": key.name,
            "vkey": key.vkey,
            "reason": "COMPROMISED",
            "revokedAt": START,
        }
        self.control.publish("EmitterKeyRevoked", f"emitter:{key.name}", payload)

    def act(self, count: int) -> None:
        """Append acts of both cases, in turn."""
        self.case.control_size = len(self.control.entries)
        schema = payload_schema("CaseClosed")
        body = schema.codec.encode({"reason": "EXECUTED"})
        first = len(self.case.entries)
        acts: list[Act] = [
            make_act(
                "CaseClosed",
                (CASE_ID, OTHER_ID)[number % 2],
                body,
                first + number,
                payload_schema=schema.schema_fingerprint,
            )
            for number in range(count)
        ]
        self.case.submit(acts)

    def anchor(self, parts: Sequence[str] = (CASE, CONTROL), **changes: object) -> None:
        """Anchor the heads of logs as they are; ``changes`` replaces fields, ``streams`` the count."""
        for part in parts:
            log = self.log(part)
            heads = heads_of(log.entries)
            size = len(log.entries)
            payload = {
                "origin": log.origin,
                "treeSize": size,
                "root": changes.get("root", stream_heads_root(heads)),
                "count": changes.get("streams", len(heads)),
            }
            name = log.origin.rpartition("/")[2]
            index = self.control.publish(ANCHOR_TYPE, f"anchor:{name}", payload)
            self.anchors[part] = (index, size)

    def published_by(self, emitter: str):
        """Return a ``publish`` of the control log under another emitter's name and key."""

        def publish(event_type: str, stream: str, payload: dict[str, object]) -> int:
            schema = payload_schema(event_type)
            act = make_act(
                event_type,
                stream,
                schema.codec.encode(payload),
                len(self.control.entries),
                payload_schema=schema.schema_fingerprint,
                emitter_id=emitter,
            )
            return self.control.submit([act])[0]

        return publish

    def packed_checkpoint(self, part: str) -> Checkpoint:
        """Return what a part's checkpoint says."""
        log = self.log(part)
        return Checkpoint(log.origin, len(log.entries), log.root())

    def log(self, part: str) -> LogBuilder:
        """Return the log of a part."""
        return self.case if part == CASE else self.control

    def package(self, stream: str = CASE_ID, **changes: Mapping[int, bytes]) -> dict[str, bytes]:
        """Return the package of a case; ``changes`` replaces a part's entries."""
        control = self._chosen(CONTROL, lambda name: name in NEEDED or name.startswith("schema:"))
        for index, _ in self.anchors.values():
            control[index] = self.control.entries[index]
        entries = {
            CASE: self._chosen(CASE, lambda name: name == stream),
            CONTROL: control,
            **changes,
        }
        every = (data for rows in entries.values() for data in rows.values())
        used = {decode_act(decode_entry(data).act).event_type for data in every}
        logs = {part: self._packed(part, rows, stream) for part, rows in entries.items()}
        texts = {f"{name}.v1.avsc": avsc(f"{name}.v1.avsc") for name in used}
        return package_files(stream, logs, texts)

    def _chosen(self, part: str, wanted) -> dict[int, bytes]:
        entries = self.log(part).entries[: self.anchors[part][1]]
        return {
            index: data
            for index, data in enumerate(entries)
            if wanted(decode_entry(data).stream_id)
        }

    def _packed(self, part: str, rows: Mapping[int, bytes], stream: str) -> PackedLog:
        log = self.log(part)
        index, size = self.anchors[part]
        streams = {decode_entry(data).stream_id for at, data in rows.items() if at < size}
        whole = {one for one in streams if not one.startswith("anchor:")}
        wanted = {stream} if part == CASE else whole
        places = head_paths(heads_of(log.entries[:size]), wanted)
        paths = {at: inclusion_path(at, len(log.entries), self._reader(log)) for at in rows}
        return PackedLog(
            log.checkpoint(),
            self.packed_checkpoint(part),
            rows,
            paths,
            Heads(index, tuple(places)),
            size,
            [log.signer.vkey],
        )

    @staticmethod
    def _reader(log: LogBuilder):
        leaves = [leaf_hash(data) for data in log.entries]

        def read(wanted):
            return {
                (level, at): tree_root(leaves[at << level : (at + 1) << level])
                for level, at in wanted
            }

        return read
