"""``lianzheng-verify``: the verifier alone, for a machine with three packages and no server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from portal.cli import dossier, preflight, program, verifying


def main() -> None:
    """Run the verifier; exit codes as ``lianzheng verify``."""
    program.run(lambda: sys.exit(_run(_parser().parse_args())))


def _run(arguments: argparse.Namespace) -> int:
    if arguments.what == "dossier":
        preflight.require_keys(*arguments.vkey)
        return dossier.check_dossier(arguments.folder, arguments.vkey, as_json=arguments.json)
    preflight.require_keys(arguments.vkey)
    if arguments.what == "log":
        preflight.require_log(arguments.prefix, arguments.token_file)
        preflight.require_log(arguments.control, arguments.token_file)
        preflight.require_control_key(arguments.control, arguments.vkey, arguments.token_file)
        return verifying.check_log(
            arguments.prefix,
            arguments.vkey,
            arguments.since,
            arguments.workers,
            arguments.control,
            as_json=arguments.json,
            token=arguments.token_file,
        )
    preflight.require_keys(arguments.emitter_vkey)
    return verifying.check_receipt(
        arguments.receipt,
        arguments.act,
        arguments.vkey,
        arguments.emitter_vkey,
        as_json=arguments.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lianzheng-verify", description=__doc__)
    version = f"%(prog)s {program.installed_version()}"
    parser.add_argument("--version", action="version", version=version, help="print the version")
    commands = parser.add_subparsers(dest="what", required=True)
    log = commands.add_parser("log", help="verify a whole log")
    log.add_argument("prefix", metavar="PREFIX", help="folder or URL of the log")
    log.add_argument("--since", type=Path, metavar="CHECKPOINT", help="older checkpoint")
    log.add_argument("--workers", type=int, default=1, help="processes")
    log.add_argument("--control", metavar="PREFIX", help="control log: check signatures too")
    log.add_argument("--token-file", type=Path, metavar="FILE", help="an auditor's token")
    receipt = commands.add_parser("receipt", help="verify a receipt with its act, offline")
    receipt.add_argument("receipt", type=Path, metavar="FILE", help="receipt, .tlog-proof")
    receipt.add_argument("--act", type=Path, required=True, metavar="FILE", help="the act's bytes")
    receipt.add_argument("--emitter-vkey", type=Path, metavar="FILE", help="the emitter's key")
    package = commands.add_parser("dossier", help="verify a case package, offline")
    package.add_argument("folder", type=Path, metavar="DIR", help="case package")
    package.add_argument(
        "--vkey", type=Path, required=True, action="append", metavar="FILE", help="trusted keys"
    )
    for command in (log, receipt):
        command.add_argument(
            "--vkey", type=Path, required=True, metavar="FILE", help="trusted keys"
        )
    for command in (log, receipt, package):
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    main()
