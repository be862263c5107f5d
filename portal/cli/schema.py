"""``lianzheng schema``: the event types, and whether a change of them is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import JsonOption

app = typer.Typer(name="schema", help="Event types: list, show, check, new.", no_args_is_help=True)


@app.command("list")
def list_types(as_json: JsonOption = False) -> None:
    """List every event type with its Chinese term, log and emitters."""
    from schemas.catalogue import load_catalogue

    rows = load_catalogue().rows.values()
    if as_json:
        for row in rows:
            columns = {name: value for name, value in row._asdict().items() if name != "law"}
            output.emit_json(columns | row.law._asdict())
        return
    table = [
        (r.type, r.cn, r.log, " ".join(r.emitters), "public" if r.public else "") for r in rows
    ]
    output.show_table(table, ("type", "term", "log", "emitters", ""))


@app.command()
def show(
    event_type: Annotated[str, typer.Argument(help="Such as PenaltyDecisionMade.")],
    version: Annotated[int, typer.Option(help="Schema version.")] = 1,
) -> None:
    """Print the exact text of a schema, and for people what the catalogue says of its type."""
    from ledger.errors import MalformedError
    from schemas.catalogue import load_catalogue
    from schemas.loader import event_schemas

    text = event_schemas().get((event_type, version))
    if text is None:
        raise MalformedError(
            f"there is no schema {event_type}.v{version}; see: lianzheng schema list"
        )
    output.show(text.rstrip("\n"))
    row = load_catalogue().rows.get(event_type)
    if row is None:
        return
    output.say(f"{row.cn}; log {row.log}, stream {row.stream}; from {', '.join(row.emitters)}")
    for name, ids in row.law.named().items():
        output.say(f"{name}: {', '.join(ids)}")


@app.command()
def new(
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as NoiseMeasured.")],
    cn: Annotated[str, typer.Option(metavar="TERM", help="Its Chinese term.")],
    field: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD",
            help="NAME:TERM:CLASS:KIND[?][:PATTERN], once a field; ? may be left out. Kinds: "
            "string bytes int long boolean date instant uuid commitment.",
        ),
    ],
    emitter: Annotated[
        list[str], typer.Option(metavar="KIND", help="Who sends it, such as AGY; once a kind.")
    ],
    catalogue_version: Annotated[
        str, typer.Option(metavar="VERSION", help="New version of the catalogue.")
    ],
    aggregate: Annotated[str, typer.Option(metavar="WORD")] = "Case",
    stream: Annotated[str, typer.Option(metavar="WORD")] = "matter",
    log: Annotated[str, typer.Option(metavar="LOG", help="case, control or target.")] = "case",
    tier: Annotated[int, typer.Option(min=1, max=2)] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the schemas; the installed one.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Write the schema and the catalogue row of a new event type; of a faulty one nothing.

    Then: lianzheng schema check, make docs, and start the ledger, which publishes it.
    """
    from portal.programs.new_type import write_new_type
    from schemas.new_type import NewRow

    row = NewRow(cn, aggregate, stream, log, tuple(emitter), tier)
    written = write_new_type(folder, event_type, field, row, catalogue_version)
    for path in written:
        output.show(str(path))


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Check every event type as the start does before it publishes one (exit 2 if not).

    Schemas the ledger takes, class rules, catalogue rows, every version reads the others.
    """
    from ledger.domain.installed_types import installed_faults

    faults = installed_faults()
    if as_json:
        output.emit_json({"faults": faults, "ok": not faults})
    else:
        for fault in faults:
            output.show(fault)
        output.say("schemas: no fault found" if not faults else f"schemas: {len(faults)} faults")
    raise typer.Exit(2 if faults else 0)
