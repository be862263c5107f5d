"""What a verification of a case package found.

Read before: docs/spec/case-package.md, ``findings``. Read next: ``dossier_check``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.chain.findings import Finding


@dataclass(frozen=True)
class PackageReport:
    """What a verification of a case package found."""

    stream: str | None
    origin: str | None  # Of the case log.
    size: int  # Of its checkpoint.
    entries: int  # Entries of the stream that are in the package and proven.
    anchored_size: int | None  # Nothing of the stream below this size was left out.
    anchored_at: int | None  # When the control log took the anchor, microseconds UTC.
    control_size: int  # Of the control log's checkpoint.
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    exit_code: int  # 0 proved, 10 tampered, 11 incomplete, 12 not trusted.

    def as_json(self) -> dict[str, object]:
        """Return the report for ``--json``, numbers of the log as text."""
        return {
            "stream": self.stream,
            "origin": self.origin,
            "tree_size": str(self.size),
            "entries": str(self.entries),
            "anchored_size": None if self.anchored_size is None else str(self.anchored_size),
            "control_size": str(self.control_size),
            "exit_code": self.exit_code,
            "finding_count": sum(self.counts.values()),
            "finding_counts": dict(self.counts),
            "findings": [
                {name: value for name, value in row._asdict().items() if value is not None}
                for row in self.findings
            ],
        }
