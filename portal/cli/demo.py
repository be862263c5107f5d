"""``lianzheng demo``: a synthetic ledger with realistic cases, and what to try with it.

Everything goes the way a user's own data would: the generator writes a file, the emitter client
signs, seals and sends it through Kafka, the verifier checks what is published over HTTP. Stopped
while it emits, it emits the file again at the next start, which goes on where it was.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.chain.tiles import bundle_path
from ledger.limits import TILE_WIDTH
from portal.cli import output
from portal.cli.context import DEFAULT_DATA
from portal.cli.foreground import own_foreground
from portal.cli.log_source import HttpSource
from portal.cli.suggestions import change_of, suggestions
from portal.cli.up import DataUp, HttpUp, print_addresses, run_stack
from portal.stack.ledger_stack import LedgerStack

DEMO_CASES = 40
DEMO_SEED = 2026
DEMO_DAYS = 450  # Before now the simulated clock starts; histories may begin 13 months back.
DEMO_PORT = 8080
STEP_LIMIT_S = 600.0
PUBLISHED_LIMIT_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command()
    def demo(
        data: DataUp = DEFAULT_DATA,
        http: HttpUp = "",
        cases: Annotated[int, typer.Option(min=1, help="Number of penalty cases.")] = DEMO_CASES,
    ) -> None:
        """Run a ledger of simulated data (模拟数据) with whole cases; Ctrl-C stops it."""
        from ledger.clock import SystemClock
        from portal.cli.times import format_time
        from portal.cli.up import plan_options

        start = SystemClock().now_micros() - DEMO_DAYS * 86_400_000_000
        new = not (data / "ledger.json").exists()
        sim_start = format_time(start).replace(" ", "T") + "+08:00" if new else None
        options = plan_options(data, None, None, None, None, sim_start, synthetic=True)
        address = http or f"127.0.0.1:{demo_port()}"
        with own_foreground():
            code = run_stack(
                data, options, address, "embedded", "embedded", lambda stack: once_up(stack, cases)
            )
        raise typer.Exit(code)


def demo_port(wanted: int = DEMO_PORT) -> int:
    """Return ``wanted`` if it is free on loopback; else say so and return 0: take any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            output.say(f"port {wanted} is taken, so the portal gets another one; --http chooses it")
            return 0
    return wanted


def once_up(stack: object, cases: int) -> None:
    """Seed the ledger if that is not done yet, verify it, and say what to try."""
    assert isinstance(stack, LedgerStack)
    print_addresses(stack)
    print_logins(stack.data)
    done = stack.data / "demo.json"
    if not done.exists():
        seed(stack, cases)
        done.write_text(json.dumps({"cases": cases, "seed": DEMO_SEED}) + "\n")
    summarise(stack)
    print_suggestions(stack)


def seed(stack: LedgerStack, cases: int) -> None:
    """Generate cases and emit them through Kafka."""
    file = stack.data / "demo.avro"
    if not file.exists():
        output.say(f"generating {cases} cases ...")
        words = ["generate", "--cases", str(cases), "--seed", str(DEMO_SEED), "--violations", "0.3"]
        run_step(stack, "generate", [*words, "-o", str(file)])
    output.say("emitting them through Kafka; the portal shows them as they arrive ...")
    words = ["emit", str(file), "--data", str(stack.data), "--json"]
    print_emitted(json.loads(run_step(stack, "emit", words)))


def print_emitted(summary: dict[str, Any]) -> None:
    """Say what became of the file; gates refuse what the platform may not do."""
    rules = ", ".join(f"{rule} {count}" for rule, count in sorted(summary["gate_rules"].items()))
    output.show(
        f"file: {summary['committed']:,} acts taken, {summary['duplicate']:,} were there already, "
        f"{summary['gate_refused']:,} refused by a gate" + (f" ({rules})" if rules else "")
    )


def run_step(stack: LedgerStack, name: str, words: list[str]) -> str:
    """Run another command of this program to its end while the roles are watched."""
    return stack.run_command(name, words, STEP_LIMIT_S)


def print_logins(data: Path) -> None:
    """Say who may log in."""
    output.show("登录 logins (user / file with the password):")
    for path in sorted((data / "keys" / "logins").glob("*.txt")):
        output.show(f"  {path.stem:12} {path}")


def summarise(stack: LedgerStack) -> None:
    """Print how many acts there are, the checkpoints, and what an independent check finds."""
    status = json.loads(
        run_step(stack, "status", ["ledger", "status", "--json", "--data", str(stack.data)])
    )
    output.show(f"acts appended: {status['acts']:,}")
    for row in status["logs"]:
        output.show(f"checkpoint {row['origin']}: size {row['tree_size']:,}, root {row['root']}")
    for row in status["logs"]:
        log = row["short"]
        wait_until_published(stack, log, int(row["tree_size"]))
        vkey = stack.data / "keys" / f"log-{log}.vkey"
        words = ["verify", "log", f"{stack.http}/logs/{log}", "--vkey", str(vkey)]
        answer = run_step(stack, "verify", words).strip().splitlines()
        output.show(f"verified from outside, log {log}: {answer[0] if answer else 'no answer'}")


def wait_until_published(stack: LedgerStack, log: str, size: int) -> None:
    """Wait for a promise to be shown, a moment after it is made; less would be no check of it."""
    stack.supervisor.wait_until(
        lambda: published_size(stack, log) >= size,
        PUBLISHED_LIMIT_S,
        f"the publication of log {log}",
    )


def published(stack: LedgerStack, log: str) -> HttpSource:
    """Return a log as the portal shows it."""
    return HttpSource(f"{stack.http}/logs/{log}")


def published_size(stack: LedgerStack, log: str) -> int:
    """Return the size in a log's published checkpoint; the verification checks the rest of it."""
    return int(published(stack, log).checkpoint().split(b"\n")[1])


def print_suggestions(stack: LedgerStack) -> None:
    """Print three commands to try."""
    case = first_case(stack.data)
    width = min(TILE_WIDTH, published_size(stack, "0"))
    change = change_of(published(stack, "0").tile(bundle_path(0, width)), case)
    output.show("try:")
    for line in suggestions(stack.data, case, width, change):
        output.show(f"  {line}")


def first_case(data: Path) -> str:
    """Return the id of a decided case of the demo's file."""
    from consumers.generate.reading import first_decided_case

    return first_decided_case(data / "demo.avro")
