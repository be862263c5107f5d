"""``lianzheng verify``: logs, receipts, streams and case packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import preflight, verifying
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, naming_a_stream

app = typer.Typer(
    name="verify", help="Proofs: log, receipt, stream, dossier.", no_args_is_help=True
)
VkeyOption = Annotated[
    Path, typer.Option("--vkey", metavar="FILE", help="Trusted keys, one a line.")
]


@app.command("log")
def verify_log(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="Folder or URL of the log.")],
    vkey: VkeyOption,
    since: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="Older checkpoint that this continues."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    control: Annotated[
        str | None,
        typer.Option(metavar="PREFIX", help="Control log, to check emitters' signatures too."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Auditor's token, where entries are not public."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a whole log from what is published.

    Exit status: 0 proved, 10 tampered, 11 incomplete, 12 signature or key not trusted.
    """
    preflight.require_keys(vkey)
    preflight.require_log(prefix, token_file)
    preflight.require_log(control, token_file)
    preflight.require_control_key(control, vkey, token_file)
    raise typer.Exit(
        verifying.check_log(
            prefix, vkey, since, workers, control, as_json=as_json, token=token_file
        )
    )


@app.command("receipt")
def verify_receipt(
    receipt: Annotated[Path, typer.Argument(metavar="FILE", help="Receipt, .tlog-proof.")],
    act: Annotated[Path, typer.Option(metavar="FILE", help="The act's bytes.")],
    vkey: VkeyOption,
    emitter_vkey: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The emitter's key, to check origin.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify offline that an act is in a log, with the act, its receipt and the log's key."""
    preflight.require_keys(vkey, emitter_vkey)
    raise typer.Exit(verifying.check_receipt(receipt, act, vkey, emitter_vkey, as_json=as_json))


@app.command("dossier")
def verify_dossier(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Case package.")],
    vkey: Annotated[
        list[Path],
        typer.Option(
            "--vkey", metavar="FILE", help="Trusted keys, the control log's; may be repeated."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Verify a case package offline, from the package and the control log's key alone.

    Exit status: 0 proved, 10 tampered, 11 incomplete, 12 signature or key not trusted.
    """
    from portal.cli.dossier import check_dossier

    preflight.require_keys(*vkey)
    raise typer.Exit(check_dossier(folder, vkey, as_json=as_json))


@app.command("stream")
def verify_stream(
    stream: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case or stream.")],
    data: DataOption = DEFAULT_DATA,
    vkey: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trusted keys, one a line; else the data folder's."),
    ] = None,
    copy: Annotated[
        str | None,
        typer.Option(metavar="PREFIX", help="Copy of the log, folder or URL: needs no ledger."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Auditor's token, where entries are not public."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify that a case is one chain without a gap, and that no entry of it is left out.

    The whole log is read. Exit status: 0 proved, 10 tampered, 11 incomplete, 12 key not trusted.
    """
    from portal.programs.stream_proof import check_copied_stream, check_stream

    preflight.require_keys(vkey)
    preflight.require_log(copy, token_file)
    with naming_a_stream():
        if copy is not None:
            raise typer.Exit(check_copied_stream(copy, stream, vkey, token_file, as_json=as_json))
        raise typer.Exit(check_stream(data, stream, vkey, as_json=as_json))
