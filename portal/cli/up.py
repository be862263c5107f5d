"""``lianzheng up``: a whole ledger in one process tree, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import MalformedError
from ledger.store.birth import LedgerOptions
from portal.cli import output
from portal.cli.context import DEFAULT_DATA, logs_of, read_options

DEFAULT_NAME = "demo.lianzheng.example"
PORT_MAX = 65_535
DEFAULT_OPERATOR = "11430000FCT000137M"

DataUp = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data folder; made if absent.",
        envvar="LEDGER_DATA",
        file_okay=False,
    ),
]
HttpUp = Annotated[
    str, typer.Option("--http", metavar="HOST:PORT", help="Address of the portal; port 0: free.")
]
NameUp = Annotated[
    str | None, typer.Option("--name", help="Ledger name, [a-z0-9.-]{1,64}; fixed at creation.")
]
OperatorUp = Annotated[
    str | None, typer.Option("--operator", metavar="USCC", help="Credit code of the operator.")
]
LogsUp = Annotated[
    int | None,
    typer.Option("--logs", min=1, max=16, help="Number of case logs; fixed at creation."),
]
ProfileUp = Annotated[
    str | None,
    typer.Option("--profile", help="Hashes of links and evidence: international, guomi."),
]
SyntheticUp = Annotated[
    bool,
    typer.Option("--synthetic", help="Simulated data: entries are public, pages say 模拟数据."),
]
SimStartUp = Annotated[
    str | None,
    typer.Option("--sim-start", metavar="TIME", help="Simulated clock from this RFC 3339 time on."),
]
BrokerUp = Annotated[
    str, typer.Option("--broker", metavar="WHICH", help="embedded, apache, or HOST:PORT[,...].")
]
DatabaseUp = Annotated[
    str, typer.Option("--database", metavar="WHICH", help="embedded, or a PostgreSQL URL.")
]


def plan_options(
    data: Path,
    name: str | None,
    operator: str | None,
    logs: int | None,
    profile: str | None,
    sim_start: str | None,
    *,
    synthetic: bool,
) -> LedgerOptions:
    """Return the options of the ledger in ``data``, or those of the one to be born there.

    What is not given is taken from the ledger that is there; what is given is compared with it
    by the birth, which refuses a change.
    """
    from portal.cli.times import parse_time

    there = read_options(data) if (data / "ledger.json").exists() else {}
    if sim_start is not None and not synthetic:
        raise MalformedError("--sim-start needs --synthetic: only simulated data has such a clock")
    start = parse_time(sim_start) if sim_start else there.get("sim_start")
    return LedgerOptions(
        name=name or there.get("name", DEFAULT_NAME),
        operator=operator or there.get("operator", DEFAULT_OPERATOR),
        logs=logs or int(there.get("logs", 1)),
        profile=profile or there.get("profile", "international"),
        synthetic=synthetic or bool(there.get("synthetic", False)),
        sim_start=start,
    )


def run_stack(
    data: Path,
    options: LedgerOptions,
    http: str,
    broker: str,
    database: str,
    once_up: Callable[[object], None],
) -> int:
    """Start everything, call ``once_up`` with the running stack, watch until the end."""
    from ledger.clock import SystemClock, system_random
    from ledger.domain.installed_types import require_installed_types
    from portal.auth import EVERY_AGENCY, create_logins
    from portal.programs.files import tile_store_place
    from portal.programs.ledger_place import require_born_cluster
    from portal.programs.outside import require_servers
    from portal.stack.ledger_stack import LedgerStack, StackPlan
    from portal.stack.supervisor import RoleEndedError, StopRequestedError

    host, _, port = http.rpartition(":")
    if not port.isdigit() or int(port) > PORT_MAX:
        raise MalformedError("--http is HOST:PORT, for example 127.0.0.1:8080")
    address = (host or "127.0.0.1", int(port))
    require_installed_types()
    require_servers(broker, database)
    require_born_cluster(data, database)
    plan = StackPlan(data, options, broker, database, *address, tile_store_place())
    stack = LedgerStack(plan, output.say)
    stack.prepare_folder()
    stack.supervisor.install_signals()
    try:
        stack.start_servers()
        stack.give_birth(SystemClock(), system_random)
        agency = EVERY_AGENCY if options.synthetic else options.operator
        create_logins(stack.data / "keys", system_random, agency)
        logs = logs_of(read_options(stack.data))
        stack.start_roles(logs)
        stack.write_run(logs)
        once_up(stack)
        return stack.supervisor.run()
    except (StopRequestedError, RoleEndedError) as error:
        return error.exit_code
    finally:
        stack.stop()


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command()
    def up(
        data: DataUp = DEFAULT_DATA,
        http: HttpUp = "127.0.0.1:8080",
        name: NameUp = None,
        operator: OperatorUp = None,
        logs: LogsUp = None,
        profile: ProfileUp = None,
        synthetic: SyntheticUp = False,
        sim_start: SimStartUp = None,
        broker: BrokerUp = "embedded",
        database: DatabaseUp = "embedded",
    ) -> None:
        """Run a whole ledger in one process tree; create it in an empty folder; Ctrl-C stops it."""
        options = plan_options(data, name, operator, logs, profile, sim_start, synthetic=synthetic)
        code = run_stack(data, options, http, broker, database, print_addresses)
        raise typer.Exit(code)


def print_addresses(stack: object) -> None:
    """Say where the ledger answers."""
    from portal.stack.ledger_stack import LedgerStack

    assert isinstance(stack, LedgerStack)
    output.show(f"门户 portal     {stack.http}/")
    output.show(f"Kafka           {stack.broker.bootstrap}")
    output.show(f"PostgreSQL      {stack.databases.address}")
    output.show(f"run.json        {stack.data / 'run.json'}")
    output.say("Ctrl-C stops everything.")
