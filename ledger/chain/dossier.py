"""A case package: the files that one stream's proof is carried in, byte by byte.

Read before: docs/spec/case-package.md, ``receipt``, ``stream_heads``. Read next:
``dossier_check``, which an auditor runs; ``portal/programs/case_package.py``, which fills one.

A package is a mapping from path to bytes: a folder on a disk, or a test. Everything in it follows
from its entries and its two checkpoints, the manifest included, so it is made here in one way only
and a verifier makes it again. Trusts nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from ledger.chain.checkpoint import Checkpoint
from ledger.chain.jcs import canonical_json
from ledger.chain.receipt import parse_receipt
from ledger.chain.stream_heads import HeadPath
from ledger.errors import MalformedError
from ledger.limits import PROOF_PATH_HASHES_MAX

FORMAT: Final = "lianzheng.case-package/v1"
MANIFEST: Final = "manifest.json"
CASE: Final = "case"
CONTROL: Final = "control"
PARTS: Final = (CASE, CONTROL)
ACT_END: Final = ".act"
RECEIPT_END: Final = ".tlog-proof"
SCHEMAS: Final = "schemas/"
_ENTRY: Final = re.compile(r"(case|control)/entries/([0-9]{10})\.(act|tlog-proof)")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")

Files = Mapping[str, bytes]  # Path below the folder, with ``/``, to the file's bytes.


class Heads(NamedTuple):
    """``heads.json``: which anchor covers a log's streams here, and the paths of their heads."""

    anchor: int  # Leaf index, in the control log, of the ``StreamHeadsAnchored``.
    places: tuple[HeadPath, ...]  # By stream id.


class Facts(NamedTuple):
    """What a manifest says besides the list of files."""

    stream: str
    entries: int
    checkpoints: Mapping[str, Checkpoint]  # By part.
    anchored: Mapping[str, int]  # By part, the anchored size.


def entry_path(part: str, number: int, end: str) -> str:
    """Return the path of an entry's act or receipt.

    Args:
        part: ``case`` or ``control``.
        number: Version in the stream for the case, leaf index for the control log.
        end: ``ACT_END`` or ``RECEIPT_END``.
    """
    return f"{part}/entries/{number:010d}{end}"


def part_path(part: str, name: str) -> str:
    """Return the path of ``checkpoint``, ``heads.json`` or ``log.vkey`` of a log."""
    return f"{part}/{name}"


def schema_path(file: str) -> str:
    """Return the path of a schema, given as ``Subject.v1.avsc``."""
    return f"{SCHEMAS}{file}"


def entry_numbers(files: Iterable[str], part: str) -> list[int]:
    """Return the numbers of a part's entries of which there is an act or a receipt, ascending."""
    found = (_ENTRY.fullmatch(path) for path in files)
    return sorted({int(match[2]) for match in found if match is not None and match[1] == part})


class PackedEntry(NamedTuple):
    """An entry as its two files have it; nothing in it verified."""

    data: bytes  # The entry's bytes.
    leaf_index: int
    path: tuple[bytes, ...]  # Inclusion path.
    note: bytes  # The signed checkpoint that the receipt carries.


def entry_of(files: Files, part: str, number: int) -> PackedEntry:
    """Return an entry out of its two files.

    Raises:
        KeyError: One of the two is not there.
        MalformedError: The receipt is none, or has no ``extra``.
    """
    receipt = parse_receipt(files[entry_path(part, number, RECEIPT_END)])
    if receipt.extra is None:
        raise MalformedError("no extra line: a tlog-proof, but no receipt of ours")
    data = receipt.extra + files[entry_path(part, number, ACT_END)]
    return PackedEntry(data, receipt.index, receipt.path, receipt.checkpoint)


def format_heads(heads: Heads) -> bytes:
    """Return ``heads.json``."""
    return canonical_json(
        {
            "anchor": str(heads.anchor),
            "heads": [
                {
                    "stream": place.stream_id,
                    "version": str(place.version),
                    "index": str(place.leaf_index),
                    "path": [item.hex() for item in place.path],
                }
                for place in heads.places
            ],
        }
    )


def parse_heads(data: bytes) -> Heads:
    """Read ``heads.json``, which is in the one form that ``format_heads`` gives.

    Raises:
        MalformedError: It is not.
    """
    try:
        document = json.loads(data)
        places = tuple(_place(row) for row in document["heads"])
        heads = Heads(_number(document["anchor"]), places)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError("not the heads of a case package") from error
    streams = [place.stream_id for place in places]
    if format_heads(heads) != data or streams != sorted(set(streams)):
        raise MalformedError("heads of a case package in another form than theirs")
    return heads


def format_manifest(files: Files, facts: Facts) -> bytes:
    """Return the manifest of a package: all its other files, and what it is about."""
    logs = {
        part: {
            "origin": checkpoint.origin,
            "tree_size": str(checkpoint.size),
            "root": checkpoint.root.hex(),
            "anchored_size": str(facts.anchored[part]),
        }
        for part, checkpoint in facts.checkpoints.items()
    }
    listed = [
        {"path": path, "size": str(len(data)), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
        if path != MANIFEST
    ]
    return canonical_json(
        {
            "format": FORMAT,
            "stream": facts.stream,
            "entries": str(facts.entries),
            "logs": logs,
            "files": listed,
        }
    )


def manifest_digests(data: bytes) -> dict[str, str]:
    """Return what a manifest says each file's SHA-256 is: 64 hex digits by path.

    What else it says is held against the package by making it again.

    Raises:
        MalformedError: It is no manifest.
    """
    try:
        document: Any = json.loads(data)
        rows = {str(row["path"]): str(row["sha256"]) for row in document["files"]}
        named = document["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError("not the manifest of a case package") from error
    if named != FORMAT:
        raise MalformedError(f"not a package of format {FORMAT}")
    return rows


def _place(row: Mapping[str, Any]) -> HeadPath:
    path = tuple(_hash(item) for item in row["path"])
    if len(path) > PROOF_PATH_HASHES_MAX or not isinstance(row["stream"], str):
        raise ValueError("no head")
    version = _number(row["version"])
    if version < 1:
        raise ValueError("no version")  # It would be shown to be whole with nothing in it.
    return HeadPath(row["stream"], version, _number(row["index"]), path)


def _number(text: object) -> int:
    if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
        raise ValueError("no number")
    return int(text)


def _hash(text: object) -> bytes:
    if not isinstance(text, str) or _HASH.fullmatch(text) is None:
        raise ValueError("no hash")
    return bytes.fromhex(text)
