"""Fill a case package: from entries, inclusion paths and anchored heads to files.

Read before: docs/spec/case-package.md, ``dossier``. Read next: ``dossier_check``.

The same entries under the same checkpoints give the same bytes. Trusts its caller for what it is
given: whoever fills a package checks it afterwards as a stranger would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.chain.checkpoint import Checkpoint
from ledger.chain.dossier import (
    ACT_END,
    CASE,
    MANIFEST,
    RECEIPT_END,
    Facts,
    Heads,
    entry_path,
    format_heads,
    format_manifest,
    part_path,
    schema_path,
)
from ledger.chain.entry import decode_entry, split_entry
from ledger.chain.receipt import format_receipt


class PackedLog(NamedTuple):
    """What goes into a package of one log."""

    note: bytes  # The signed checkpoint.
    checkpoint: Checkpoint
    entries: Mapping[int, bytes]  # By leaf index.
    paths: Mapping[int, Sequence[bytes]]  # Inclusion paths, by leaf index.
    heads: Heads
    anchored_size: int
    vkeys: Sequence[str]  # As entry 0 of the control log names them.


def package_files(
    stream: str, logs: Mapping[str, PackedLog], schemas: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files of a case package by path.

    Args:
        stream: Id of the case's stream.
        logs: By part, ``case`` and ``control``.
        schemas: Exact texts by file, ``Subject.v1.avsc``.
    """
    files = {schema_path(file): text.encode() for file, text in schemas.items()}
    for part, log in logs.items():
        files[part_path(part, "checkpoint")] = log.note
        files[part_path(part, "heads.json")] = format_heads(log.heads)
        files[part_path(part, "log.vkey")] = "".join(f"{key}\n" for key in log.vkeys).encode()
        for index, data in log.entries.items():
            number = decode_entry(data).stream_version if part == CASE else index
            extra, act = split_entry(data)
            receipt = format_receipt(extra, index, log.paths[index], log.note)
            files[entry_path(part, number, ACT_END)] = act
            files[entry_path(part, number, RECEIPT_END)] = receipt
    facts = Facts(
        stream,
        len(logs[CASE].entries),
        {part: log.checkpoint for part, log in logs.items()},
        {part: log.anchored_size for part, log in logs.items()},
    )
    files[MANIFEST] = format_manifest(files, facts)
    return files
