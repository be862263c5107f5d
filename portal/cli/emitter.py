"""``lianzheng emitter``: register, rotate and revoke the keys of agency systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(name="emitter", help="Emitters: register, rotate, revoke.", no_args_is_help=True)
EmitterArgument = Annotated[str, typer.Argument(metavar="EMITTER", help="Id, [a-z0-9.-]{1,64}.")]
VkeyOption = Annotated[
    Path | None,
    typer.Option(
        "--vkey", metavar="FILE", help="Public key the emitter made; else a pair is made."
    ),
]


@app.command()
def register(
    emitter: EmitterArgument,
    agency: Annotated[
        list[str],
        typer.Option("--agency", metavar="USCC", help="Agency it speaks for; repeatable."),
    ],
    event_type: Annotated[
        list[str],
        typer.Option("--type", metavar="TYPE", help="Event type it may send; repeatable."),
    ],
    kind: Annotated[str, typer.Option(help="AGENCY, SUPERVISOR or PLATFORM.")] = "AGENCY",
    vkey: VkeyOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Register an emitter: its key, its agencies, the event types it may send."""
    from portal.programs.emitters import register_emitter

    done = register_emitter(data, emitter, kind, agency, event_type, vkey)
    _report(done, as_json=as_json)


@app.command()
def rotate(
    emitter: EmitterArgument,
    vkey: VkeyOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Give an emitter a new key; the old one stays good for what it signed before."""
    from portal.programs.emitters import rotate_emitter

    _report(rotate_emitter(data, emitter, vkey), as_json=as_json)


@app.command()
def revoke(
    emitter: EmitterArgument,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Reason code, such as COMPROMISED.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Revoke an emitter's key: nothing signed with it is taken from now on."""
    from portal.programs.emitters import revoke_emitter

    _report(revoke_emitter(data, emitter, reason), as_json=as_json)


def _report(done: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        output.emit_json(done)
        return
    for name, value in done.items():
        output.show(f"{name:10} {value}")
