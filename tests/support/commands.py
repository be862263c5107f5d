"""Commands run in this process, for what ends before a server or another process is needed."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import typer
from typer.testing import CliRunner

from ledger.errors import LedgerError


class Ended(NamedTuple):
    """How a command ended, as ``subprocess`` says it."""

    returncode: int
    stdout: str
    stderr: str


@cache
def the_program() -> typer.Typer:
    """Return the program with all its commands."""
    from portal.cli import main

    main.register_commands()
    return main.app


def command(*words: object) -> Ended:
    """Run a command; an error that is none of ours is raised."""
    done = CliRunner().invoke(the_program(), [str(word) for word in words])
    if isinstance(done.exception, LedgerError):
        return Ended(done.exception.exit_code, done.stdout, f"lianzheng: {done.exception}\n")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)
