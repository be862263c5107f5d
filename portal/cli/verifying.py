"""Verification as the command line runs it; needs nothing of the server.

Read before: docs/spec/verify.md. Read next: ``ledger/chain/verify.py``.

Shared by ``lianzheng verify`` and the small program ``lianzheng-verify``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import read_vkeys
from ledger.chain.receipt import ReceiptRefusedError, verify_receipt
from ledger.chain.sources import DirectorySource, LogSource, MissingObjectError
from ledger.chain.verify import LogReport, control_keys, verify_log
from ledger.errors import MalformedError, UnavailableError
from portal.cli import output

FINDINGS_SHOWN = 20
VERDICTS = {0: "proved", 10: "TAMPERED", 11: "INCOMPLETE", 12: "NOT TRUSTED"}


def read_keys(path: Path) -> list[VerifierKey]:
    """Return the trusted keys of a vkey file, one a line. Raises UnavailableError."""
    return read_vkeys(_read(path).decode(errors="replace"))


def open_source(prefix: str, token: Path | None = None) -> LogSource:
    """Return a log's source: a folder, or the URL of a tile prefix.

    Args:
        prefix: Folder or URL.
        token: File with an auditor's token, where entries are not public.
    """
    if "://" in prefix:
        from portal.cli.log_source import HttpSource

        return HttpSource(prefix, None if token is None else _read(token).decode().strip())
    folder = Path(prefix)
    if not folder.is_dir():
        raise UnavailableError(f"{prefix} is no folder and no URL")
    return DirectorySource(folder)


def check_log(
    prefix: str,
    vkey: Path,
    since: Path | None,
    workers: int,
    control: str | None,
    *,
    as_json: bool,
    token: Path | None = None,
) -> int:
    """Verify a whole log, print the report, return the exit code.

    Args:
        prefix: Folder or URL of the log.
        vkey: File with the trusted keys.
        since: An older checkpoint of the same log.
        workers: Processes that check entries.
        control: Folder or URL of the control log, to check the emitters' signatures too.
        as_json: Print one JSON object.
        token: File with an auditor's token, where entries are not public.
    """
    keys = read_keys(vkey)
    source = open_source(prefix, token)
    emitters = checkpoint = None
    if control is not None:
        # Before the control log's: so that the control log reaches as far as every entry of this
        # log was judged against it, and what it lacks was lacking then.
        checkpoint = _checkpoint_of(source)
        found, emitters = control_keys(open_source(control, token), keys, workers=workers)
        if emitters is None:
            output.show(f"the control log itself is not proved ({found.finding_count} findings)")
            return _print_report(found, control, signatures=False, as_json=as_json)
    progress = output.Progress("verifying", 0)
    report = verify_log(
        source,
        keys,
        since=_read(since) if since is not None else None,
        workers=workers,
        progress=progress.update,
        # Signatures need the control log; what they sign is judged with them.
        acts=emitters is not None,
        emitter_keys=emitters,
        checkpoint=checkpoint,
    )
    progress.finish()
    return _print_report(report, prefix, signatures=emitters is not None, as_json=as_json)


def _checkpoint_of(source: LogSource) -> bytes | None:
    """Return the checkpoint of a log, None where there is none: that is then reported."""
    try:
        return source.checkpoint()
    except MissingObjectError:
        return None


def _print_report(report: LogReport, prefix: str, *, signatures: bool, as_json: bool) -> int:
    if as_json:
        output.emit_json(report.as_json())
        return report.exit_code
    output.show(
        f"{VERDICTS[report.exit_code]}: {report.origin or prefix}, {report.entries:,} of "
        f"{report.size:,} entries in {report.streams:,} streams, "
        f"root {base64.b64encode(report.root).decode()}"
    )
    for finding in report.findings[:FINDINGS_SHOWN]:
        output.show(f"  {finding}")
    if report.finding_count > FINDINGS_SHOWN:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.counts.items()))
        output.show(f"  ... {report.finding_count:,} findings in all: {kinds}")
    if not signatures:
        output.show("not checked: the emitters' signatures (name the control log with --control)")
    return report.exit_code


def check_receipt(
    receipt: Path, act: Path, vkey: Path, emitter_vkey: Path | None, *, as_json: bool
) -> int:
    """Verify a receipt with its act, offline; print what it proves; return the exit code."""
    emitter_keys: Iterable[VerifierKey] | None = None
    if emitter_vkey is not None:
        emitter_keys = read_keys(emitter_vkey)
    try:
        report = verify_receipt(_read(receipt), _read(act), read_keys(vkey), emitter_keys)
    except ReceiptRefusedError as error:
        if as_json:
            output.emit_json(
                {
                    "proved": False,
                    "reason": error.reason,
                    "detail": str(error),
                    "exit_code": error.exit_code,
                }
            )
        else:
            output.show(f"NOT PROVED: {error}")
        return error.exit_code
    except MalformedError as error:
        raise MalformedError(f"{receipt.name}: {error}") from error
    document = {
        "proved": True,
        "origin": report.origin,
        "leaf_index": report.index,
        "tree_size": report.tree_size,
        "stream": report.stream_id,
        "version": report.stream_version,
        "received_at": report.received_at,
        "origin_check": str(report.origin_check),
        "exit_code": 0,
    }
    if as_json:
        output.emit_json(document)
        return 0
    output.show(
        f"proved: entry {report.index} of {report.origin} (size {report.tree_size:,}), "
        f"version {report.stream_version} of {report.stream_id}; origin {report.origin_check}"
    )
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}") from error
