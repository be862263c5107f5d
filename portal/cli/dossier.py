"""Verify a case package in a folder; needs nothing of the server, no database and no network.

Read before: docs/spec/case-package.md, ``ledger/chain/dossier_check.py``. Read next:
``portal/cli/verifying.py``.

Shared by ``lianzheng verify dossier`` and ``lianzheng-verify dossier``.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ledger.chain.dossier import MANIFEST
from ledger.chain.dossier_check import verify_case_package
from ledger.chain.dossier_report import PackageReport
from ledger.chain.findings import printable
from ledger.errors import MalformedError, UnavailableError
from portal.cli import output
from portal.cli.times import format_time, iso_time
from portal.cli.verifying import FINDINGS_SHOWN, VERDICTS, read_keys

FILE_SIZE_BYTES_MAX: Final = 64 << 20  # A manifest of 100,000 files is a third of this.
FILES_MAX: Final = 200_000  # Folders among them.
FOLDER_DEPTH_MAX: Final = 16  # A package has two; a surplus file a little deeper is a finding.
PACKAGE_SIZE_BYTES_MAX: Final = 1 << 30  # All files together: they are read into memory.


def check_dossier(folder: Path, vkeys: Sequence[Path], *, as_json: bool) -> int:
    """Verify a package, print the report, return the exit code.

    Args:
        folder: The package.
        vkeys: Files with trusted keys, the control log's among them.
        as_json: Print one JSON object.

    Raises:
        MalformedError: The folder is no package: it has no manifest, or what no package has.
        UnavailableError: A file cannot be read.
    """
    keys = [key for file in vkeys for key in read_keys(file)]
    report = verify_case_package(read_package(folder), keys)
    if as_json:
        output.emit_json(report_document(report))
        return report.exit_code
    _print(report, folder)
    return report.exit_code


def report_document(report: PackageReport) -> dict[str, object]:
    """Return a report for ``--json``: until when nothing was left out is part of the verdict."""
    at = None if report.anchored_at is None else iso_time(report.anchored_at)
    return {**report.as_json(), "anchored_at": at}


def read_package(folder: Path) -> dict[str, bytes]:
    """Return every file of a package by its path below the folder, with ``/``.

    Raises:
        MalformedError: There is no manifest, or something that is neither file nor folder.
        UnavailableError: A file cannot be read.
    """
    try:
        if not (folder / MANIFEST).is_file():
            raise MalformedError(f"{folder} is no case package: it has no {MANIFEST}")
        return {file.relative_to(folder).as_posix(): file.read_bytes() for file in _files(folder)}
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be read: {error}") from error


def _files(folder: Path) -> Iterator[Path]:
    total = count = 0
    folders = [folder]
    while folders:
        for file in folders.pop().iterdir():
            found, count = file.lstat(), count + 1
            if count > FILES_MAX:
                raise MalformedError(f"{folder} is no case package: too large at {file}")
            if stat.S_ISDIR(found.st_mode):
                if len(file.relative_to(folder).parts) > FOLDER_DEPTH_MAX:
                    raise MalformedError(f"{folder} is no case package: too deep at {file}")
                folders.append(file)
                continue
            # A link could show another file each time it is read.
            if not stat.S_ISREG(found.st_mode):
                raise MalformedError(f"{file} is no regular file, so {folder} is no case package")
            total += found.st_size
            if found.st_size > FILE_SIZE_BYTES_MAX or total > PACKAGE_SIZE_BYTES_MAX:
                raise MalformedError(f"{folder} is no case package: too large at {file}")
            yield file


def _print(report: PackageReport, folder: Path) -> None:
    output.show(
        printable(
            f"{VERDICTS[report.exit_code]}: {report.stream or folder}, {report.entries:,} entries "
            f"of {report.origin or 'no log'} (size {report.size:,})"
        )
    )
    if report.exit_code == 0 and report.anchored_at is not None:
        output.show(
            f"  none was left out below size {report.anchored_size:,}, "
            f"anchored {format_time(report.anchored_at)}"
        )
        if (first := report.anchored_size or 0) < report.size:
            output.show(
                f"  entries {first:,} to {report.size - 1:,} of the log were not anchored: "
                "a newer package may have more of the case"
            )
    for finding in report.findings[:FINDINGS_SHOWN]:
        output.show(f"  {finding}")
    count = sum(report.counts.values())
    if count > FINDINGS_SHOWN:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.counts.items()))
        output.show(f"  ... {count:,} findings in all: {kinds}")
