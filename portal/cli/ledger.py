"""``lianzheng ledger``: birth, state, check, anchors and recovery of a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption
from portal.cli.up import (
    DataUp,
    LogsUp,
    NameUp,
    OperatorUp,
    ProfileUp,
    SimStartUp,
    SyntheticUp,
    plan_options,
)

BrokerHere = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="WHICH",
        help="HOST:PORT[,...], apache or embedded; else LEDGER_KAFKA, else embedded.",
    ),
]
DatabaseHere = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="WHICH",
        help="A PostgreSQL URL or embedded; else LEDGER_DATABASE_URL, else embedded.",
    ),
]
app = typer.Typer(
    name="ledger", help="A ledger: create, status, check, anchor, recover.", no_args_is_help=True
)


@app.command()
def create(
    data: DataUp = DEFAULT_DATA,
    name: NameUp = None,
    operator: OperatorUp = None,
    logs: LogsUp = None,
    profile: ProfileUp = None,
    synthetic: SyntheticUp = False,
    sim_start: SimStartUp = None,
    broker: BrokerHere = None,
    database: DatabaseHere = None,
) -> None:
    """Create a ledger: keys, accounts, entry 0 of every log. Repeating it changes nothing."""
    from portal.programs.lifetime import create_once

    options = plan_options(data, name, operator, logs, profile, sim_start, synthetic=synthetic)
    create_once(data, options, broker, database)
    output.say(f"ledger {options.name} is in {data}")


@app.command()
def status(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Say how large every log is, its root and time, and how many acts came from emitters."""
    from portal.programs.status import read_status

    document = read_status(data)
    if as_json:
        output.emit_json(document)
        return
    output.show(f"acts {document['acts']:,}")
    rows = [
        (log["origin"], f"{log['tree_size']:,}", log["checkpoint_time"] or "-", log["root"])
        for log in document["logs"]
    ]
    output.show_table(rows, ("log", "size", "checkpoint", "root"))


@app.command()
def check(
    data: DataOption = DEFAULT_DATA,
    vkey: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trusted keys, one a line; else the data folder's."),
    ] = None,
    record: Annotated[
        bool,
        typer.Option("--record", help="Put what was found into the running ledger, as acts."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare the whole database with the promise and the tile store, entry by entry.

    Also looks for every public record and every data key that entries need. A ledger that has
    stopped is looked at as it lies: its database alone is started, and nothing of it changed.

    Exit status: 0 they agree, 10 something was altered, 11 something is gone, 12 key not trusted.
    """
    from portal.programs.ledger_check import check_ledger

    document = check_ledger(data, vkey)
    if record:
        from portal.programs.check_record import record_check

        output.say(f"{record_check(data, document['logs'])} acts recorded")
    if as_json:
        output.emit_json(document)
        raise typer.Exit(document["exit_code"])
    for log in document["logs"]:
        count = log["difference_count"]
        output.show(f"{log['origin']}: {f'{count:,} differences' if count else 'as promised'}")
        for difference in log["differences"]:
            output.show(f"  {difference['sentence']}")
    raise typer.Exit(document["exit_code"])


@app.command()
def anchor(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Anchor the newest entry of every stream, so that case packages can be exported.

    The portal does it once a day by itself. A log without new entries is left as it is.
    """
    from portal.programs.anchor import anchor_logs

    anchored = anchor_logs(data)
    if as_json:
        rows = [
            {
                "origin": heads.origin,
                "tree_size": str(heads.tree_size),
                "streams": str(heads.streams),
                "root": heads.root.hex(),
            }
            for heads in anchored
        ]
        output.emit_json({"anchored": rows})
        return
    for heads in anchored:
        output.show(f"{heads.origin}: {heads.streams:,} streams of {heads.tree_size:,} entries")
    if not anchored:
        output.say("nothing new since the last anchors")


@app.command()
def recover(
    data: DataOption = DEFAULT_DATA, database: DatabaseHere = None, as_json: JsonOption = False
) -> None:
    """Append what the tile store has beyond the database, after an older one was put back.

    The ledger must not run meanwhile; no new database is made. Openings come back when emitters
    send their acts again.
    """
    from portal.programs.lifetime import recover_all

    done = recover_all(data, database)
    if as_json:
        output.emit_json({"logs": done})
        return
    for log in done:
        output.show(
            f"{log['origin']}: {log['recovered']:,} entries appended again, "
            f"size {log['tree_size']:,}"
        )
