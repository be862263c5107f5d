"""``lianzheng deadline``: what is due, for whom, and in how many working days."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, naming_a_stream
from portal.cli.times import parse_time

app = typer.Typer(
    name="deadline",
    help="Deadlines of the law: what is due, what is overdue.",
    no_args_is_help=True,
)
LISTED_MAX = 10_000
AtOption = Annotated[
    str | None,
    typer.Option(metavar="T", help="Reckon what is overdue from this moment, else from now."),
]


@app.command("list")
def list_deadlines(
    due_before: Annotated[
        str | None, typer.Option(metavar="T", help="Due before this moment only, RFC 3339.")
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only duties not done although their time is over.")
    ] = False,
    case: Annotated[str | None, typer.Option(metavar="ID", help="Of this case only.")] = None,
    agency: Annotated[str | None, typer.Option(metavar="ID", help="Of this agency only.")] = None,
    row: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this row only, such as D-PEN-01.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="OPEN, MET, MET_LATE_REPORTED, MISSED or CANCELLED only; implies --all.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is not to be done any more.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="At most so many.")] = 50,
    at: AtOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """List what is to be done, the earliest due first, so what is overdue stands at the head."""
    from portal.programs.deadlines import list_deadlines as read
    from projections.deadlines.view import DeadlineQuery

    query = DeadlineQuery(
        due_before=None if due_before is None else parse_time(due_before),
        stream_id=case,
        agency_id=agency,
        deadline_id=row,
        state=state,
        is_overdue=overdue,
        is_any=everything or state is not None,
    )
    with naming_a_stream():
        found, is_cut = read(data, query, limit, None if at is None else parse_time(at))
    if as_json:
        output.emit_json({"deadlines": found, "is_cut": is_cut})
        return
    heads = ("last day", "working days", "state", "row", "name", "agency", "stream", "deadline")
    output.show_table([_cells(one) for one in found], heads)
    output.say_cut(len(found), is_cut=is_cut)


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    left = one["remaining_working_days"]
    return (
        one["due_day"] or "paused",
        "-" if left is None else str(left),
        "OVERDUE" if one["overdue"] else one["state"],
        one["deadline_id"],
        one["name"] or "-",
        one["agency_id"],
        one["stream_id"],
        one["instance_id"],
    )


@app.command()
def show(
    deadline: Annotated[
        str, typer.Argument(metavar="DEADLINE", help="Id of a deadline, 64 hex digits.")
    ],
    at: AtOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show one deadline: what started it, when it is due, what paused or fulfilled it."""
    from portal.programs.deadlines import read_deadline

    document = read_deadline(data, deadline, None if at is None else parse_time(at))
    if as_json:
        output.emit_json(document)
        return
    document["pauses"] = " ".join(
        f"{pause['from']}..{pause['to'] or ''}" for pause in document["pauses"]
    )
    for name, value in document.items():
        if value not in (None, ""):
            output.show(f"{name:22} {value}")
