"""``lianzheng discretion``: advised range, recorded choice, and what stands out across cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption
from portal.cli.gate import TokenOption, UrlOption

app = typer.Typer(
    name="discretion",
    help="Discretion: advise, show, correlate, report.",
    no_args_is_help=True,
)
LISTED_MAX = 10_000
AtOption = Annotated[
    str | None,
    typer.Option(metavar="T", help="As of a day or a moment, RFC 3339. Default: now."),
]


@app.command()
def advise(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Code of the enforcement item.")],
    agency: Annotated[str, typer.Option(metavar="ID", help="The deciding agency.")],
    circumstance: Annotated[
        str | None, typer.Option(metavar="TEXT", help="As the benchmark calls it; default: all.")
    ] = None,
    party_type: Annotated[
        str | None, typer.Option(metavar="WORD", help="NATURAL, LEGAL, SOLE_PROPRIETOR ...")
    ] = None,
    ground: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Fact such as mitigation:corrected; repeatable."),
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="The case it is for, case:<uuid>.")
    ] = None,
    choose: Annotated[
        int | None,
        typer.Option(metavar="FEN", min=0, help="Record this choice in the case, as its clerk."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Of the choice; needed outside the range.")
    ] = None,
    at: AtOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Give the range of the benchmark in force and the decisions like this; record a choice."""
    from portal.programs import discretion

    door, grounds = discretion.Door(data, url, token), ground or []
    query = {
        "item": item,
        "agency": agency,
        "circumstance": circumstance,
        "party_type": party_type,
        "grounds": " ".join(grounds),
        "case": case,
        "at": at,
    }
    document = discretion.read_advice(door, query)
    if choose is not None:
        choice = discretion.Choice(choose, reason)
        done = discretion.record_choice(door, query, grounds, choice)
        document["recorded"] = done["outcomes"][-1]["event_id"]
    if as_json:
        output.emit_json(document)
        return
    for line in document["explained"]:
        output.show(line)
    output.show_table(
        [
            (one["date"], one["fine_text"], *_place(one), one["explained"])
            for one in document["similar"]
        ],
        ("day", "fine", "number", "case", "similar by"),
    )
    if "recorded" in document:
        output.show(f"recorded   {document['recorded']}")


@app.command()
def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case, case:<uuid>.")],
    at: AtOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show advised range, chosen amount and reason of a case's decisions together."""
    from portal.programs import discretion

    document = discretion.read_case(discretion.Door(data, url, token), case, at)
    if as_json:
        output.emit_json(document)
        return
    for advice in document["advices"]:
        output.show(f"advised    {advice['range_text']}  {advice['circumstance']}")
        output.show(f"chosen     {advice['chosen_text']}  {advice['choice']}")
        output.show(f"reason     {advice['reason'] or '-'}")
    for one in document["decisions"]:
        output.show(f"decided    {one['fine_text']}  {one['doc_no']}  {one['date']}")
        for line in one["stated"]:
            output.show(f"           {line}")
    if not document["advices"] and not document["decisions"]:
        output.show("no advice and no decision")


@app.command()
def correlate(
    kind: Annotated[
        str | None, typer.Option(metavar="WORD", help="Findings of this kind only: OUTLIER ...")
    ] = None,
    agency: Annotated[str | None, typer.Option(metavar="ID", help="About this agency.")] = None,
    item: Annotated[
        str | None, typer.Option(metavar="ITEM", help="Compare decisions of this item only.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="At most so many.")] = 50,
    at: AtOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """List what stands out across cases, in words and numbers, as a supervisor."""
    from portal.programs import discretion

    query = {"kind": kind, "agency": agency, "item": item, "at": at}
    document = discretion.read_findings(discretion.Door(data, url, token), query, limit)
    if as_json:
        output.emit_json(document)
        return
    output.show(f"{document['from']} to {document['to']}: {document['decisions']} decisions")
    for one in document["items"]:
        output.show(f"{one['kind']:20} {one['name'] or one['subject']}  {one['date']}")
        output.show(f"           {one['text']}")


@app.command()
def report(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to be written.", dir_okay=False)
    ],
    at: AtOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Write all that stands out into a file, and record its digest in the ledger.

    Made again for the same moment the file has the same bytes.
    """
    from portal.programs.correlation_report import make_report

    made = make_report(data, target, at)
    if as_json:
        output.emit_json(made)
        return
    output.show(f"{made['findings']} findings as of {made['at']}")
    output.show(f"recorded   {made['digest']}")


def _place(one: dict[str, Any]) -> tuple[str, str]:
    return str(one["doc_no"] or "-"), str(one["case_id"])
