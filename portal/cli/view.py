"""``lianzheng view``: what views there are, whether they are true, and making them anew."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, read_options

app = typer.Typer(name="view", help="Views: list, compare, rebuild.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="See: lianzheng view list.")]


@app.command("list")
def list_views(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """List the views, how far each has read, and its digest."""
    from portal.programs.view_state import read_states

    states = read_states(data, read_options(data))
    if as_json:
        output.emit_json({"views": states})
        return
    rows = [
        (
            s["name"],
            s["code_version"],
            " ".join(f"{o}:{n}" for o, n in s["sizes"].items()),
            s["digest"][-16:],
        )
        for s in states
    ]
    output.show_table(rows, ("view", "code", "entries taken in", "digest ends"))


@app.command()
def compare(
    name: NameArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Replay the ledger beside a view and name rows that differ (exit 10 if any)."""
    from portal.programs.view_state import compare_one

    progress = output.Progress(f"replaying {name}", 0)
    report = compare_one(data, name, progress.update)
    progress.finish()
    if as_json:
        output.emit_json(report)
    elif report["equal"]:
        output.show(f"{name}: equal, digest ends {report['digest'][-16:]}")
    else:
        output.show(f"{name}: the view is not what the ledger gives")
        for row in report["differences"]:
            output.show(f"  {row}")
    raise typer.Exit(0 if report["equal"] else 10)


@app.command()
def rebuild(
    name: NameArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Replay the ledger into fresh tables and put them in the place of the view's."""
    from portal.programs.view_state import rebuild_one

    progress = output.Progress(f"rebuilding {name}", 0)
    sizes = rebuild_one(data, name, progress.update)
    progress.finish()
    if as_json:
        output.emit_json({"view": name, "sizes": sizes})
    else:
        output.show(
            f"{name}: rebuilt from " + ", ".join(f"{n:,} entries of {o}" for o, n in sizes.items())
        )
