"""``lianzheng emitter``: register, rotate and revoke the keys of agency systems."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(name="emitter", help="Emitters: register, rotate, revoke.", no_args_is_help=True)
EMITTER_ID = re.compile(r"[a-z0-9.-]{1,64}")


def check_emitter(emitter: str) -> str:
    """Return an emitter's id, or say what one is; its key file is named after it."""
    if EMITTER_ID.fullmatch(emitter) is None:
        raise typer.BadParameter(f"{emitter!r} is not an id of 1 to 64 of a-z, 0-9, '.' and '-'")
    return emitter


def check_agencies(agencies: list[str]) -> list[str]:
    """Return credit codes, or name the first that is none."""
    from ledger.chain.identifiers import uscc_ok

    for agency in agencies:
        if not uscc_ok(agency):
            raise typer.BadParameter(
                f"{agency!r} is not a credit code: 18 characters, the last of them the check"
            )
    return agencies


EmitterArgument = Annotated[
    str,
    typer.Argument(metavar="EMITTER", help="Id, [a-z0-9.-]{1,64}.", callback=check_emitter),
]
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
        typer.Option(
            "--agency",
            metavar="USCC",
            help="Agency it speaks for; repeatable.",
            callback=check_agencies,
        ),
    ],
    event_type: Annotated[
        list[str],
        typer.Option("--type", metavar="TYPE", help="Event type it may send; repeatable."),
    ],
    kind: Annotated[
        Literal["AGENCY", "SUPERVISOR", "PLATFORM"], typer.Option(help="What it is.")
    ] = "AGENCY",
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
    reason: Annotated[
        Literal["ROTATION", "COMPROMISED", "DECOMMISSIONED"], typer.Option(help="Why.")
    ],
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
