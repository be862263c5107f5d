"""A stranger's check of a case package: written from docs/spec/case-package.md, nothing of ours.

Only the standard library and an Ed25519 verification; it knows no Avro but the few fields that it
needs of an entry and of an anchor. What it accepts is what the page says, not what our code does.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LINK = "lianzheng 2026-11 stream link v1"


class Bytes:
    """Reads Avro's binary encoding from the beginning of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self.at += size
        return self.data[self.at - size : self.at]

    def long(self) -> int:
        """Return the next zig-zag varint."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def text(self) -> bytes:
        """Return the next string or bytes."""
        return self.take(self.long())


def sha(*parts: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(b"".join(parts)).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2."""
    fn, sn, node = index, size - 1, leaf
    for other in path:
        assert sn != 0
        if fn % 2 or fn == sn:
            node = sha(b"\x01", other, node)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha(b"\x01", node, other)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return node


def opened(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """Verify a checkpoint under a vkey; return origin, size and root."""
    name, key_id, key = vkey.strip().split("+", 2)
    raw = base64.b64decode(key)
    text, _, lines = note.rpartition(b"\n\n")
    wanted = f"— {name} ".encode()
    line = next(line for line in lines.split(b"\n") if line.startswith(wanted))
    signature = base64.b64decode(line.removeprefix(wanted))
    assert raw[0] == 1
    assert signature[:4].hex() == key_id == sha(name.encode(), b"\n", raw)[:4].hex()
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], text + b"\n")
    origin, size, root = text.decode().split("\n")
    assert origin == name
    return origin, int(size), base64.b64decode(root)


class Entry:
    """An entry out of its two files, proven to be a leaf of its log."""

    def __init__(self, folder: Path, part: str, number: int, log: tuple[str, int, bytes]) -> None:
        base = folder / part / "entries" / f"{number:010d}"
        self.act = base.with_suffix(".act").read_bytes()
        head, _, note = base.with_suffix(".tlog-proof").read_bytes().partition(b"\n\n")
        first, extra, index, *path = head.decode().split("\n")
        assert first == "c2sp.org/tlog-proof@v1"
        assert note == (folder / part / "checkpoint").read_bytes()
        self.index = int(index.removeprefix("index "))
        self.data = base64.b64decode(extra.removeprefix("extra ")) + self.act
        leaf = sha(b"\0", self.data)
        hashes = [base64.b64decode(line) for line in path]
        assert root_from(leaf, self.index, log[1], hashes) == log[2]
        fields = Bytes(self.data[1:])
        assert self.data[0] == 1
        assert fields.long() == self.index
        self.stream = fields.text().decode()
        self.version = fields.long()
        self.link = fields.take(32)

    @property
    def next_link(self) -> bytes:
        """The link that the stream's next entry carries."""
        return blake3(self.data, derive_key_context=LINK).digest()

    def event(self) -> tuple[str, bytes]:
        """Event type and the payload, which is the act's last field."""
        fields = Bytes(self.act[2 + 8 :])
        fields.take(16)
        return fields.text().decode(), self.act


def check(folder: Path, control_vkey: str) -> dict[str, Any]:
    """Check files, leaves, links and completeness of a package; return what it is about."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {row["path"] for row in manifest["files"]} | {"manifest.json"}
    for row in manifest["files"]:
        data = (folder / row["path"]).read_bytes()
        assert (str(len(data)), hashlib.sha256(data).hexdigest()) == (row["size"], row["sha256"])
    assert manifest["format"] == "lianzheng.case-package/v1"
    vkeys = {"control": control_vkey, "case": (folder / "case/log.vkey").read_text()}
    logs = {
        part: opened((folder / part / "checkpoint").read_bytes(), vkeys[part]) for part in vkeys
    }
    control = _entries(folder, "control", logs["control"])
    # The case log's key must be one that entry 0 of the control log names.
    assert vkeys["case"].strip().encode() in control[0].data
    case = _entries(folder, "case", logs["case"])
    assert [entry.version for entry in case] == list(range(1, len(case) + 1))
    _check_heads(folder, "case", case, control)
    _check_heads(folder, "control", control, control)
    return manifest


def _entries(folder: Path, part: str, log: tuple[str, int, bytes]) -> list[Entry]:
    numbers = sorted(int(path.stem) for path in (folder / part / "entries").glob("*.act"))
    return [Entry(folder, part, number, log) for number in numbers]


def _check_heads(folder: Path, part: str, entries: list[Entry], control: list[Entry]) -> None:
    heads = json.loads((folder / part / "heads.json").read_bytes())
    anchor = next(entry for entry in control if entry.index == int(heads["anchor"]))
    origin = (folder / part / "checkpoint").read_bytes().split(b"\n")[0]
    size, root, count = _anchored(anchor, origin)
    for head in heads["heads"]:
        rows = sorted(
            (entry for entry in entries if entry.stream == head["stream"]),
            key=lambda entry: entry.version,
        )
        assert [row.version for row in rows] == list(range(1, int(head["version"]) + 1))
        assert rows[-1].index < size
        links = [bytes(32), *(row.next_link for row in rows)]
        assert [row.link for row in rows] == links[:-1]
        leaf = sha(
            b"\0", sha(head["stream"].encode()), int(head["version"]).to_bytes(8, "big"), links[-1]
        )
        path = [bytes.fromhex(item) for item in head["path"]]
        assert root_from(leaf, int(head["index"]), count, path) == root


def _anchored(anchor: Entry, origin: bytes) -> tuple[int, bytes, int]:
    event_type, act = anchor.event()
    assert event_type == "StreamHeadsAnchored"
    # The payload comes last; it begins with the origin of the log, after its one-byte length.
    fields = Bytes(act[act.rindex(origin) - 1 :])
    assert fields.text() == origin
    return fields.long(), fields.text(), fields.long()
