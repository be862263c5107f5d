"""``lianzheng emit``: sends a generated file, or an agency's own, into a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import MalformedError
from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command()
    def emit(
        file: Annotated[
            Path,
            typer.Argument(metavar="FILE.avro", help="See: lianzheng generate.", dir_okay=False),
        ],
        kafka: Annotated[
            str | None, typer.Option(metavar="HOST:PORT", help="Send through Kafka here.")
        ] = None,
        http: Annotated[
            str | None, typer.Option(metavar="URL", help="Send over HTTP to this portal.")
        ] = None,
        keys: Annotated[
            Path | None, typer.Option(metavar="DIR", help="Emitters' keys, EMITTER.key.")
        ] = None,
        rate: Annotated[
            float | None, typer.Option(min=0.1, metavar="N", help="At most N acts a second.")
        ] = None,
        receipts: Annotated[
            Path | None, typer.Option(metavar="DIR", help="Keep a receipt of each act.")
        ] = None,
        data: DataOption = DEFAULT_DATA,
        as_json: JsonOption = False,
    ) -> None:
        """Sign, seal and send acts; wait for every receipt; running it again is harmless."""
        if kafka is not None and http is not None:
            raise MalformedError("--kafka and --http are two ways to one ledger; name one of them")
        from portal.programs.emit import EmitRequest, check_summary
        from portal.programs.emit import emit as send

        progress = output.Progress("emitting", 0)
        document = send(EmitRequest(file, data, kafka, http, keys, rate, receipts), progress.update)
        progress.finish()
        if as_json:
            output.emit_json(document)
        else:
            for name, value in document.items():
                output.show(f"{name:14} {value}")
        check_summary(document)
