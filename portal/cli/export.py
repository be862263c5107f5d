"""``lianzheng export``: a complete static copy of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, LogOption

app = typer.Typer(name="export", help="Copies for auditors: log.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Copies for auditors."""


@app.command("log")
def export_log(
    target: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of the copy.", file_okay=False)
    ],
    log: LogOption,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Copy a log's checkpoint, tiles and bundles (tlog-tiles layout); again for what is new."""
    from portal.programs.export import copy_log

    progress = output.Progress(f"copying log {log}", 0)
    copied, size = copy_log(data, log, target, progress.update)
    progress.finish()
    if as_json:
        output.emit_json({"log": log, "tree_size": size, "files_copied": copied})
    else:
        output.show(f"log {log}: size {size:,}, {copied:,} new files in {target}")
