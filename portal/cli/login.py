"""``lianzheng login``: who may log in to the portal, person by person."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, read_options
from portal.permissions import LOGIN_ROLES, Role

app = typer.Typer(name="login", help="Accounts of the portal: add, remove.", no_args_is_help=True)
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Name typed at the login.")]


def check_role(role: str) -> str:
    """Return a role that somebody can have, or say which there are. Raises BadParameter."""
    if role not in LOGIN_ROLES:
        raise typer.BadParameter(f"{role!r} is not one of {', '.join(LOGIN_ROLES)}")
    return role


@app.command()
def add(
    user: UserArgument,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="What the person may do.", callback=check_role)
    ],
    person: Annotated[str, typer.Option(metavar="ID", help="Id under which acts name the person.")],
    agency: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="Agency that the person acts for; else the registered officer's."
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Add an account with a password and an API token that are drawn; start the portal again."""
    from ledger.clock import system_random
    from portal.auth import Account, add_login

    read_options(data)
    account = Account(user, Role(role), person, agency)
    file = add_login(data / "keys", account, system_random)
    output.show(f"password {file}")
    output.show(f"token    {file.with_suffix('.token')}")


@app.command()
def remove(user: UserArgument, data: DataOption = DEFAULT_DATA) -> None:
    """Remove an account; start the portal again, and its sessions end."""
    from portal.auth import remove_login

    read_options(data)
    remove_login(data / "keys", user)
    output.show(f"removed  {user}")
