"""The program ``lianzheng``: the list of its commands, and what an error exits with.

Exit codes are an interface: 0 done or proved, 1 internal error, 2 usage or malformed input,
3 unavailable, 4 rejected, 10 tampered, 11 incomplete, 12 signature or trust not accepted,
130 interrupted.
"""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output, program

app = typer.Typer(
    name="lianzheng",
    help="链证: an audit trail and evidence-chain ledger for administrative enforcement.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def show_version(value: bool) -> None:
    """Print the version and end, where ``--version`` is given."""
    if value:
        output.show(f"lianzheng {program.installed_version()}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=show_version),
    ] = False,
) -> None:
    """Take the options before a command."""


def register_commands() -> None:
    """Add every command to the program; once."""
    from portal.cli import (
        alert,
        case,
        deadline,
        demo,
        discretion,
        emit,
        emitter,
        export,
        gate,
        generate,
        indicator,
        ledger,
        ledger_keys,
        login,
        reconciliation,
        roles,
        row,
        rule,
        schema,
        statistics,
        up,
        verify,
        view,
    )
    from portal.cli.owners_group import OwnersGroup

    for module in (up, demo, generate, emit, roles):
        module.register(app)
    ledger_keys.register(ledger.app)
    groups = (
        ledger,
        emitter,
        login,
        export,
        verify,
        case,
        gate,
        alert,
        rule,
        row,
        indicator,
        deadline,
        discretion,
        view,
        schema,
    )
    for module in (
        *groups,
        statistics,
        reconciliation,
    ):
        app.add_typer(module.app, cls=OwnersGroup)


def main() -> None:
    """Run a command to its end."""
    register_commands()
    program.run(app)


if __name__ == "__main__":
    main()
