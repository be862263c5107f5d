"""Findings of a verification: what differs, where, and what that means for the exit code.

Read before: docs/spec/verify.md. Read next: ``verify``.

A finding names the leaf index and the stream where it can, and the expected and the found value:
hashes, numbers and paths, never what an act says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

FINDINGS_MAX: Final = 100  # Listed in one report; the others are only counted.

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
    "event_id": TAMPERED,  # An act that is in the log twice, or two of one event id.
    "misplaced": TAMPERED,  # An act in a log where its type or its stream does not belong.
    "unreferenced": TAMPERED,  # An object that no log of this size, or no such package, has.
    "file": TAMPERED,  # A file of a case package is not what the others say it is.
    "anchor": TAMPERED,  # Stream heads are not those that the platform anchored.
    "missing": INCOMPLETE,  # An object that a log of this size has.
    "unread": INCOMPLETE,  # Not looked at: too much before it is missing, or the source failed.
    "behind": INCOMPLETE,  # The copy holds, or somebody has seen, more than the checkpoint signs.
}

_OF_EACH_KIND: Final = FINDINGS_MAX // len(EXIT_CODES)  # Have their place, if there are so many.
# Altered entries come first, what is missing last.
_RANKS: Final = {
    kind: (kind != "entry", code == INCOMPLETE, place)
    for place, (kind, code) in enumerate(EXIT_CODES.items())
}


def printable(text: str) -> str:
    """Return a line with everything that is not printable escaped.

    Paths and streams are what whoever made the copy wrote, and must not steer a terminal.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


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
        return printable(f"{self.kind}:{where}: {self.text}{values}")


@dataclass
class Findings:
    """All findings by kind: the first ``FINDINGS_MAX`` of each are kept, all are counted."""

    counts: Counter[str] = field(default_factory=Counter)
    _rows: dict[str, list[Finding]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of all findings."""
        return self.counts.total()

    @property
    def codes(self) -> set[int]:
        """The exit codes that the findings lead to."""
        return {EXIT_CODES[kind] for kind in self.counts}

    @property
    def kept(self) -> list[Finding]:
        """At most ``FINDINGS_MAX`` findings: the first of every kind, then what weighs most.

        So many of one kind hide none of another. What says that something was changed comes
        before what is missing, each in the order of the log.
        """
        by_kind = sorted(self._rows.items(), key=lambda item: _RANKS[item[0]])
        first = [row for _, rows in by_kind for row in rows[:_OF_EACH_KIND]]
        more = [row for _, rows in by_kind for row in rows[_OF_EACH_KIND:]]
        return sorted((first + more)[:FINDINGS_MAX], key=_place)

    @classmethod
    def of(cls, report: LogReport) -> Findings:
        """Return the findings of a report, as far as it lists them, with all their counts."""
        found = cls(Counter(report.counts))
        for row in report.findings:
            found._keep(row)
        return found

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
        self.counts[kind] += 1
        self._keep(Finding(kind, text, leaf_index, stream, path, _text(expected), _text(found)))

    def merge(self, other: Findings) -> None:
        """Add the findings of a later part of the log."""
        self.counts.update(other.counts)
        for rows in other._rows.values():
            for row in rows:
                self._keep(row)

    def _keep(self, row: Finding) -> None:
        rows = self._rows.setdefault(row.kind, [])
        if len(rows) < FINDINGS_MAX:
            rows.append(row)


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
    counts: Mapping[str, int]  # All of them by kind; ``findings`` holds at most FINDINGS_MAX.
    exit_code: int  # 0 proved, 10 tampered, 11 incomplete, 12 not trusted.

    @property
    def finding_count(self) -> int:
        """The number of all findings."""
        return sum(self.counts.values())

    def with_findings(self, more: Findings) -> LogReport:
        """Return the report with further findings."""
        merged = Findings.of(self)
        merged.merge(more)
        return replace(
            self,
            findings=tuple(merged.kept),
            counts=merged.counts,
            exit_code=worst(merged.codes),
        )

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
            "finding_counts": dict(self.counts),
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


def _place(row: Finding) -> tuple[bool, bool, bool, int]:
    is_gap = EXIT_CODES[row.kind] == INCOMPLETE
    return is_gap, row.kind == "missing", row.leaf_index is None, row.leaf_index or 0


def _text(value: bytes | int | str | None) -> str | None:
    return value.hex() if isinstance(value, bytes) else None if value is None else str(value)
