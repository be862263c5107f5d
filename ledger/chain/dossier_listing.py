"""Every file of a case package accounted for: listed, there, used, and what it is said to be.

Read before: docs/spec/case-package.md (steps 1 and 9), ``dossier``. Read next: ``dossier_check``.

The manifest is no proof: whoever changes a file writes a new one. It names what was lost or damaged
on the way, and it makes a package one thing that has one writing. Trusts nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ledger.chain.dossier import (
    ACT_END,
    MANIFEST,
    PARTS,
    RECEIPT_END,
    SCHEMAS,
    Facts,
    Files,
    entry_numbers,
    entry_path,
    format_manifest,
    manifest_digests,
)
from ledger.chain.findings import Findings
from ledger.errors import MalformedError


class FileListing:
    """The files of one package.

    Args:
        files: The package.
        findings: Where faults go.

    Attributes:
        missing: Paths that the manifest lists and the package lacks.
    """

    def __init__(self, files: Files, findings: Findings) -> None:
        self._files = files
        self._findings = findings
        self.missing: frozenset[str] = frozenset()
        self._surplus: frozenset[str] = frozenset()
        self._used = {MANIFEST}

    def check_listed(self) -> None:
        """Hold the files against the manifest."""
        try:
            digests = manifest_digests(self._files[MANIFEST])
        except KeyError:
            self._findings.add("missing", "no manifest", None, None, MANIFEST)
            return
        except MalformedError as error:
            self._findings.add("file", str(error), None, None, MANIFEST)
            return
        self.missing = frozenset(digests.keys() - self._files.keys())
        for path in sorted(self.missing):
            self._findings.add("missing", "the manifest lists it", None, None, path)
        self._surplus = frozenset(self._files.keys() - digests.keys() - {MANIFEST})
        for path in sorted(self._surplus):
            self._findings.add("unreferenced", "the manifest does not list it", None, None, path)
        for path in sorted(self._files.keys() & digests.keys()):
            found = hashlib.sha256(self._files[path]).hexdigest()
            if found != digests[path]:
                text = "file and manifest differ"
                self._findings.add("file", text, None, None, path, digests[path], found)

    def file(self, path: str) -> bytes | None:
        """Return a file that every package has, None where it is missing, which is then named."""
        self._used.add(path)
        data = self._files.get(path)
        if data is None and path not in self.missing:
            self._findings.add("missing", "every package has it", None, None, path)
        return data

    def check_texts(self, expected: Mapping[str, bytes], *, is_whole: bool) -> None:
        """Check files whose content is known, and that no file is there which no package has.

        Args:
            expected: Content by path.
            is_whole: Every entry is proven; else a schema may be one that only another one uses.
        """
        for path, data in expected.items():
            found = self.file(path)
            if found is not None and found != data:
                text = "is not what the control log says"
                self._findings.add("file", text, None, None, path)
        for part in PARTS:
            for number in entry_numbers(self._files, part):
                self._used |= {entry_path(part, number, end) for end in (ACT_END, RECEIPT_END)}
        for path in sorted(self._files.keys() - self._used - self._surplus):
            if not is_whole and path.startswith(SCHEMAS):
                continue
            self._findings.add("unreferenced", "no package has it", None, None, path)

    def check_manifest(self, facts: Facts) -> None:
        """Make the manifest again and compare."""
        if format_manifest(self._files, facts) != self._files[MANIFEST]:
            text = "is not what the package gives"
            self._findings.add("file", text, None, None, MANIFEST)
