"""``lianzheng reconciliation``: what was sent, received, published and acknowledged on a day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(
    name="reconciliation",
    help="Sharing: push to outside channels, agree, exchange, and the daily reconciliation.",
    no_args_is_help=True,
)


@app.command()
def show(
    day: Annotated[
        str | None, typer.Option(metavar="D", help="Day in China, such as 2026-11-26; else today.")
    ] = None,
    agency: Annotated[str | None, typer.Option(metavar="ID", help="Of this agency only.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show a day's reconciliation by agency and channel, with everything that is missing.

    Ends with 0 whether or not something is missing: --json says what.
    """
    from portal.programs.reconciliation import read_reconciliation

    found = read_reconciliation(data, day, agency)
    if as_json:
        output.emit_json(found)
        return
    output.show(found["day"])
    names = ("agency_id", "channel", "emitted", "received", "published", "pushed", "acknowledged")
    rows = [tuple(str(one[name]) for name in (*names, "gaps")) for one in found["items"]]
    heads = ("agency", "channel", "emitted", "received", "published", "pushed", "acknowledged")
    output.show_table(rows, (*heads, "gaps"))
    for one in found["gaps"]:
        words = (one["channel"], one["state"], one["action"], one["disclosure_id"], one["case_id"])
        output.show(f"missing  {'  '.join(words)}  {one['record_hash']}")
    for one in found["emitters"]:
        numbers = ", ".join(_span(gap["first"], gap["last"]) for gap in one["gaps"])
        if one["gaps"]:
            output.show(f"numbers  {one['emitter_id']}  not received: {numbers}")
        if one["silent"]:
            output.show(f"silent   {one['emitter_id']}  last heard: {one['last_heard'] or 'never'}")


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


@app.command()
def push(
    channels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where each channel is, JSON; else LEDGER_PUSH_CHANNELS.",
            dir_okay=False,
        ),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", min=1, help="Go on, and look again so often."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also what a channel has refused.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Push what outside channels have to hear; a receipt counts only with the same record hash.

    Exit 3 where a push got no receipt: it is due still, and the next run sends it again.
    """
    from ledger.errors import MalformedError, UnavailableError
    from portal.cli.roles import stopping_event
    from portal.cli.settings import read_command_settings
    from portal.programs.push import FAILED, push_due, read_channels

    file = channels or read_command_settings().push_channels
    if file is None:
        raise MalformedError("name the channels with --channels FILE or LEDGER_PUSH_CHANNELS")
    stopping = stopping_event()
    while True:
        done = push_due(data, read_channels(file), output.say, again=again)
        if as_json:
            output.emit_json({"pushes": dict(done)})
        else:
            output.show(" ".join(f"{name} {count}" for name, count in sorted(done.items())) or "-")
        if every is None or stopping.wait(every):
            break
    if done[FAILED]:
        raise UnavailableError(f"{done[FAILED]} pushes got no receipt; run it again")


@app.command()
def agree(
    party: Annotated[
        list[str], typer.Option(metavar="CODE", help="Credit code of a party; twice at least.")
    ],
    doc: Annotated[
        Path, typer.Option(metavar="FILE", help="The agreement; its digest.", dir_okay=False)
    ],
    doc_date: Annotated[str, typer.Option(metavar="D", help="Date of the agreement.")],
    first: Annotated[str, typer.Option("--from", metavar="D", help="The day from which it holds.")],
    last: Annotated[str | None, typer.Option("--to", metavar="D", help="Its last day.")] = None,
    doc_no: Annotated[str | None, typer.Option(metavar="TEXT", help="Its number.")] = None,
    pages: Annotated[int, typer.Option(min=1, help="Its pages.")] = 1,
    sealed: Annotated[bool, typer.Option(help="Whether it bears the parties' seals.")] = True,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Record an agreement on sharing data (DataShareAgreementRegistered)."""
    from portal.programs.exchange import AgreementDoc, register_agreement

    register_agreement(data, party, AgreementDoc(doc, doc_no, doc_date, pages, sealed), first, last)
    output.show("registered")


@app.command()
def exchange(
    counterparty: Annotated[
        str, typer.Argument(metavar="CODE", help="Credit code of the other side.")
    ],
    direction: Annotated[str, typer.Option(metavar="WORD", help="SENT or RECEIVED.")],
    count: Annotated[int, typer.Option(min=0, help="How many records.")],
    batch: Annotated[
        Path, typer.Option(metavar="FILE", help="The batch; its digest.", dir_okay=False)
    ],
    receipt: Annotated[
        Path, typer.Option(metavar="FILE", help="The receipt for it; its digest.", dir_okay=False)
    ],
    agreement: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Leaf index of the agreement in the control log."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Record a batch that was exchanged (DataExchangeBatchRecorded)."""
    from ledger.errors import MalformedError
    from portal.programs.exchange import Batch, record_exchange

    if direction not in ("SENT", "RECEIVED"):
        raise MalformedError(f"{direction!r} is neither SENT nor RECEIVED")
    said = record_exchange(data, Batch(counterparty, direction, count, batch, receipt), agreement)
    if as_json:
        output.emit_json(said)
        return
    output.show(f"recorded {said['hash']}, receipt {said['receipt']}")
