"""Findings of a verification: what differs, where, and what that means for the exit code.

Read before: docs/spec/verify.md. Read next: ``verify``.

A finding names the leaf index and the stream where it can, and the expected and the found value:
hashes, numbers and paths, never what an act says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

FINDINGS_MAX: Final = 100  # Kept of one report; the others are only counted.

PROVED: Final = 0
TAMPERED: Final = 10
INCOMPLETE: Final = 11
UNTRUSTED: Final = 12

# Kind of finding, and the exit code it leads to.
EXIT_CODES: Final = {
    "checkpoint": UNTRUSTED,  # Not signed by the log under a trusted key.
    "trust": UNTRUSTED,  # Entry 0 names other keys than the ones trusted.
    "signature": UNTRUSTED,  # An emitter's or person's signature, or its key, is not accepted.
    "root": TAMPERED,  # The entries do not have the signed root.
    "fork": TAMPERED,  # The log is not a continuation of the older checkpoint.
    "birth": TAMPERED,  # Entry 0 is not this log's LedgerCreated.
    "bundle": TAMPERED,  # An entry bundle is badly framed, too long or too short.
    "tile": TAMPERED,  # A hash tile is not what its entries give.
    "entry": TAMPERED,  # An entry's bytes are not its leaf hash's, or not strict.
    "leaf_index": TAMPERED,  # An entry names another place than its own.
    "stream_version": TAMPERED,  # An entry of a stream is missing, doubled or out of order.
    "stream_link": TAMPERED,  # An entry does not follow from its stream's entry before.
    "received_at": TAMPERED,  # Time goes back.
    "control_size": TAMPERED,  # What was known of the control log goes back.
    "act": TAMPERED,  # An act is not strict, or lies in another stream than it names.
    "origin": TAMPERED,  # An act is neither the log's own nor in the submission it carries.
    "unreferenced": TAMPERED,  # An object that no log of this size has.
    "missing": INCOMPLETE,  # An object that a log of this size has.
    "behind": INCOMPLETE,  # The copy holds, or somebody has seen, more than the checkpoint signs.
}


class Finding(NamedTuple):
    """One thing that is not as it must be."""

    kind: str  # A key of EXIT_CODES.
    text: str
    leaf_index: int | None = None
    stream: str | None = None
    path: str | None = None  # Object concerned, below the log's prefix.
    expected: str | None = None
    found: str | None = None

    def __str__(self) -> str:
        where = "" if self.leaf_index is None else f" entry {self.leaf_index}"
        where += "" if self.stream is None else f" ({self.stream})"
        where += "" if self.path is None else f" {self.path}"
        values = "" if self.expected is None else f"; expected {self.expected}, found {self.found}"
        return f"{self.kind}:{where}: {self.text}{values}"


@dataclass
class Findings:
    """The first ``FINDINGS_MAX`` findings and the number of all."""

    kept: list[Finding] = field(default_factory=list)
    count: int = 0
    codes: set[int] = field(default_factory=set)

    def add(
        self,
        kind: str,
        text: str,
        leaf_index: int | None = None,
        stream: str | None = None,
        path: str | None = None,
        expected: bytes | int | str | None = None,
        found: bytes | int | str | None = None,
    ) -> None:
        """Add a finding; hashes are written in hex."""
        self.extend([Finding(kind, text, leaf_index, stream, path, _text(expected), _text(found))])

    def extend(self, findings: Iterable[Finding], count: int | None = None) -> None:
        """Add findings, which may be the kept ones of ``count``."""
        rows = list(findings)
        self.count += len(rows) if count is None else count
        self.codes |= {EXIT_CODES[row.kind] for row in rows}
        self.kept += rows[: FINDINGS_MAX - len(self.kept)]


@dataclass(frozen=True)
class LogReport:
    """What a verification of one log found."""

    origin: str | None  # None: not even the checkpoint could be read.
    size: int  # Of the checkpoint.
    root: bytes  # 32 bytes, as signed; empty if there is no checkpoint.
    entries: int  # Entries read and checked.
    streams: int
    profile: str  # Hash profile of the stream links.
    signatures_checked: bool  # Submissions were checked against the emitters' keys.
    findings: tuple[Finding, ...]
    finding_count: int  # All of them; ``findings`` holds at most FINDINGS_MAX.
    exit_code: int  # 0 proved, 10 tampered, 11 incomplete, 12 not trusted.

    def as_json(self) -> dict[str, object]:
        """Return the report for ``--json``, numbers of the log as text."""
        return {
            "origin": self.origin,
            "tree_size": str(self.size),
            "root": self.root.hex(),
            "entries_checked": str(self.entries),
            "streams": str(self.streams),
            "profile": self.profile,
            "signatures_checked": self.signatures_checked,
            "exit_code": self.exit_code,
            "finding_count": self.finding_count,
            "findings": [
                {name: value for name, value in row._asdict().items() if value is not None}
                for row in self.findings
            ],
        }


def worst(codes: Iterable[int]) -> int:
    """Return the exit code for all findings together.

    Without trust in the signature nothing else is worth anything; a change is worse than a gap.
    """
    found = set(codes)
    return next((code for code in (UNTRUSTED, TAMPERED, INCOMPLETE) if code in found), PROVED)


def _text(value: bytes | int | str | None) -> str | None:
    return value.hex() if isinstance(value, bytes) else None if value is None else str(value)
