"""``lianzheng ledger rotate-transport-key``: a new key that emitters seal personal values to."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command to the group ``ledger``."""

    @app.command("rotate-transport-key")
    def rotate(
        days: Annotated[
            int, typer.Option(min=1, max=3_650, help="How long emitters may seal to it.")
        ] = 730,
        data: DataOption = DEFAULT_DATA,
        as_json: JsonOption = False,
    ) -> None:
        """Publish a new transport key of the vault, signed by the platform.

        The old private key stays: what is under way is sealed to it.
        """
        from portal.programs.transport_key import rotate_key

        done = rotate_key(data, days)
        if as_json:
            output.emit_json(done)
            return
        for name, value in done.items():
            output.show(f"{name:10} {value}")
