"""Groups of commands that a person runs on a ledger's database, and what it refuses them.

Read before: ``portal/programs/owner.py``. Read next: ``portal/cli/program.py``.

Who names the database of a ledger by a setting may name another one, or a role that may not do what
is asked; that is said in a sentence, not with a trace. Roles are not run through here: theirs is
a fault of the operation, and goes to their diagnostics.
"""

from __future__ import annotations

import sys
from typing import Any

from typer.core import TyperGroup

from ledger.errors import MalformedError


class OwnersGroup(TyperGroup):
    """A group whose commands say what the database refused. Raises MalformedError."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except _named("InsufficientPrivilege") as error:
            raise MalformedError(
                "the database role of LEDGER_DATABASE_URL may not do this; which one a command "
                "needs: docs/howto/run-in-production.md"
            ) from error
        except _named("UndefinedTable", "InvalidSchemaName") as error:
            raise MalformedError(
                "tables of a ledger are not there: LEDGER_DATABASE_URL names another database, "
                "or they were taken away"
            ) from error


def _named(*names: str) -> tuple[type[BaseException], ...]:
    """Return errors of the driver, none where it was never loaded: it takes long, help does not."""
    errors = sys.modules.get("psycopg.errors")
    return () if errors is None else tuple(getattr(errors, name) for name in names)
