"""``lianzheng statistics``: the annual statistics of enforcement, from the ledger's entries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(name="statistics", help="Annual statistics: make, check.", no_args_is_help=True)
YEAR_MIN = 1980
YEAR_MAX = 2999


@app.callback()
def group() -> None:
    """Annual statistics: make, check."""


@app.command()
def make(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=YEAR_MIN, max=YEAR_MAX)],
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; or empty.")],
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES",
            help="Sizes of all logs, control=700,0=900, or tables.json of an earlier report. "
            "Default: everything promised now.",
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Write the statistics of a year as JSON, CSV, spreadsheet and PDF.

    The same sizes give the same bytes.

    Exit status: 0, or 10 if a sum does not agree (the files are written, the sheet says which).
    """
    from portal.programs.statistics import make_report

    progress = output.Progress("counting", 0)
    made = make_report(data, year, as_of, target, progress.update)
    progress.finish()
    report = made.report
    failed = [check["name"] for check in report["checks"] if not check["holds"]]
    code = 10 if failed else 0
    if as_json:
        values = {"year": year, "version": report["version"], "as_of": report["as_of"]}
        files = {"tables_hash": made.tables_hash, "files": made.files}
        output.emit_json({**values, **files, "failed_checks": failed, "exit_code": code})
        raise typer.Exit(code)
    output.show(f"{year}, version {report['version']}: {target}")
    output.show(f"tables     {made.tables_hash}")
    for head in report["as_of"]:
        output.show(f"as of      {head['origin']} {head['tree_size']}")
    output.show(f"late       {len(report['late'])}")
    for name in failed:
        output.show(f"does not agree: {name}")
    raise typer.Exit(code)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a report.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Make a report once more of the sizes that it names, and compare it byte by byte.

    Exit status: 0, or 10 if a file is not the same, or the ledger is not what it was made of.
    """
    from portal.programs.statistics import check_report

    progress = output.Progress("counting", 0)
    differing = check_report(data, folder, progress.update)
    progress.finish()
    code = 10 if differing else 0
    if as_json:
        output.emit_json({"differing_files": differing, "exit_code": code})
        raise typer.Exit(code)
    for name in differing:
        output.show(f"differs: {name}")
    if not differing:
        output.show("every file is the same to the byte")
    raise typer.Exit(code)
