"""A how-to page, done as it stands there: its commands in order, its first line filled in for a ledger."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.running import ROOT, environment

PAGES = ROOT / "docs" / "howto"
PROGRAM = f'lianzheng() {{ {shlex.quote(sys.executable)} -m portal.cli.main "$@"; }}\n'
PYTHON = f'python() {{ {shlex.quote(sys.executable)} "$@"; }}\n'
LIMIT_S = 120


def commands_of(page: str) -> list[str]:
    """Return the commands of a page's text."""
    return [
        line.removeprefix("$ ")
        for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


def run_page(
    name: str, given: Mapping[str, object], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the commands of a page in a folder, with some variables of the first line."""
    found = commands_of((PAGES / name).read_text())
    values = {**dict(re.findall(r"(\w+)=(\S+)", found[0])), **given}
    first = " ".join(f"{key}={shlex.quote(str(value))}" for key, value in values.items())
    lines = "\n".join([first, *found[1:]])
    return subprocess.run(
        ["/bin/bash", "-e", "-c", f"set -o pipefail\n{PROGRAM}{PYTHON}{lines}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
