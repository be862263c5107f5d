"""Where ``lianzheng`` begins: also where only the verifier's packages are installed.

Read before: ``portal/cli/program.py``. Read next: ``portal/cli/main.py``.

``pip install`` without extras brings the three packages of ``lianzheng-verify`` and both programs;
whoever starts the other one is told so, and gets its version all the same.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import NoReturn

from ledger.errors import UnavailableError
from portal.cli import output, program

NEEDED = ("typer", "psycopg", "kafka", "fastapi")  # One of each kind that the extra brings.


def main() -> NoReturn:
    """Run ``lianzheng``; exit codes as ``portal/cli/main.py``."""
    if sys.argv[1:] == ["--version"]:
        program.run(lambda: output.show(f"lianzheng {program.installed_version()}"))
    program.run(_run_commands)


def _run_commands() -> None:
    missing = [name for name in NEEDED if not _is_installed(name)]
    if missing:
        raise UnavailableError(
            f"only the verifier is installed here (there is no {missing[0]}): use lianzheng-verify,"
            " or install the rest from the lock file, as make setup does"
        )
    from portal.cli import main

    main.register_commands()
    main.app()


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # A module without a spec, as an interpreter leaves a blocked one.
        return False
