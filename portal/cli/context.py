"""Where a ledger is: its data folder, its options, and the addresses while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.errors import MalformedError, RejectedError, UnavailableError

DEFAULT_DATA = Path(".lianzheng")

DataOption = Annotated[
    Path,
    typer.Option("--data", metavar="DIR", help="Data folder of the ledger.", file_okay=False),
]
LOG_NAME = re.compile(r"control|0|[1-9]\d?")


def check_log_name(name: str) -> str:
    """Return the name of a log, or say what one is. Raises BadParameter, exit 2."""
    if LOG_NAME.fullmatch(name) is None:
        raise typer.BadParameter(f"{name!r} is not control and not the number of a case log")
    return name


LogOption = Annotated[
    str,
    typer.Option("--log", metavar="control|N", help="Which log.", callback=check_log_name),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def read_options(data: Path) -> dict[str, Any]:
    """Return the options a ledger was created with. Raises UnavailableError."""
    try:
        document = json.loads((data / "ledger.json").read_text())
    except FileNotFoundError as error:
        raise UnavailableError(f"there is no ledger in {data}; name one with --data DIR") from error
    except (OSError, ValueError) as error:
        raise MalformedError(f"{data}/ledger.json cannot be read") from error
    if not isinstance(document, dict):
        raise MalformedError(f"{data}/ledger.json is not an object")
    return document


def read_run(data: Path) -> dict[str, Any]:
    """Return ``run.json`` of a running ledger. Raises UnavailableError where none runs."""
    try:
        document = json.loads((data / "run.json").read_text())
    except FileNotFoundError as error:
        raise UnavailableError(
            f"no ledger runs on {data}; start it with: lianzheng up --data {data}"
        ) from error
    except (OSError, ValueError) as error:
        raise MalformedError(f"{data}/run.json cannot be read") from error
    if not isinstance(document, dict) or not Path(f"/proc/{document.get('pid')}").exists():
        raise UnavailableError(f"the ledger of {data} has stopped; start it: lianzheng up")
    return document


@contextmanager
def naming_a_stream() -> Iterator[None]:
    """Say that an unknown case or stream is a mistake of the question. Raises MalformedError."""
    try:
        yield
    except RejectedError as error:
        if error.code != "NOT_FOUND":
            raise
        raise MalformedError(str(error).partition(": ")[2], code=error.code) from error


def logs_of(options: dict[str, Any]) -> list[str]:
    """Return the short names of all logs of a ledger, the control log first."""
    return ["control", *(str(number) for number in range(int(options["logs"])))]
