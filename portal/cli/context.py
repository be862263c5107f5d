"""Where a ledger is: its data folder, its options, and the addresses while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.errors import MalformedError, RejectedError, UnavailableError

RUN_NAMES = ("pid", "http", "kafka", "postgres", "logs")
DEFAULT_DATA = Path(".lianzheng")

DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data folder of the ledger.",
        envvar="LEDGER_DATA",
        file_okay=False,
    ),
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


def read_options(data: Path, needed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the options a ledger was created with.

    Args:
        data: Data folder.
        needed: Options that have to be there, as they are in every ledger that was born.

    Raises:
        UnavailableError: There is no ledger.
        MalformedError: Its options cannot be read.
    """
    try:
        document = json.loads((data / "ledger.json").read_text())
    except FileNotFoundError as error:
        raise UnavailableError(f"there is no ledger in {data}; name one with --data DIR") from error
    except (OSError, ValueError) as error:
        raise MalformedError(f"{data}/ledger.json cannot be read") from error
    return _whole(document, needed, data / "ledger.json")


def read_run(data: Path) -> dict[str, Any]:
    """Return ``run.json`` of a running ledger. Raises UnavailableError where none runs."""
    try:
        document = json.loads((data / "run.json").read_text())
    except FileNotFoundError as error:
        raise UnavailableError(
            f"no ledger runs on {data}; start it with: lianzheng up --data {data}, or, where it "
            "runs as separate programs, name LEDGER_DATABASE_URL and LEDGER_KAFKA "
            "(docs/howto/run-in-production.md)"
        ) from error
    except (OSError, ValueError) as error:
        raise MalformedError(f"{data}/run.json cannot be read") from error
    run = _whole(document, RUN_NAMES, data / "run.json")
    if not Path(f"/proc/{run['pid']}").exists():
        raise UnavailableError(f"the ledger of {data} has stopped; start it: lianzheng up")
    return run


def _whole(document: Any, names: Sequence[str], file: Path) -> dict[str, Any]:
    """Return what a file of the data folder says, if it says all. Raises MalformedError."""
    if not isinstance(document, dict):
        raise MalformedError(f"{file} is not an object")
    for name in names:
        if name not in document:
            raise MalformedError(f"{file} does not say {name}")
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
    if "logs" not in options:
        raise MalformedError("ledger.json does not say logs")
    return ["control", *(str(number) for number in range(int(options["logs"])))]
