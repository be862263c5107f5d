"""``lianzheng demo``: a synthetic ledger with realistic cases, and what to try with it.

Everything goes the way a user's own data would: the generator writes a file, the emitter client
signs, seals and sends it through Kafka, the verifier checks what is published over HTTP.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, logs_of, read_options
from portal.cli.up import DataUp, HttpUp, print_addresses, run_stack
from portal.stack.ledger_stack import LedgerStack

DEMO_CASES = 40
DEMO_SEED = 2026
DEMO_DAYS = 300  # How long before now the simulated clock starts.
DEMO_PORT = 8080
STEP_LIMIT_S = 600.0
TAMPERED_BYTE = 20_000  # Behind entry 0, in an entry of some case.


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
        address = http or f"127.0.0.1:{free_or(DEMO_PORT)}"
        code = run_stack(
            data, options, address, "embedded", "embedded", lambda stack: once_up(stack, cases)
        )
        raise typer.Exit(code)


def free_or(port: int) -> int:
    """Return ``port`` if it is free on loopback, else 0: take any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


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
    print_suggestions(stack.data)


def seed(stack: LedgerStack, cases: int) -> None:
    """Generate cases and emit them through Kafka."""
    file = stack.data / "demo.avro"
    if not file.exists():
        output.say(f"generating {cases} cases ...")
        words = ["generate", "--cases", str(cases), "--seed", str(DEMO_SEED), "--violations", "0.3"]
        run_step(stack, "generate", [*words, "-o", str(file)])
    output.say("emitting them through Kafka; the portal shows them as they arrive ...")
    run_step(stack, "emit", ["emit", str(file), "--data", str(stack.data)])


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
    for log in status["logs"]:
        output.show(f"checkpoint {log['origin']}: size {log['tree_size']:,}, root {log['root']}")
    for log in logs_of(read_options(stack.data)):
        vkey = stack.data / "keys" / f"log-{log}.vkey"
        words = ["verify", "log", f"{stack.http}/logs/{log}", "--vkey", str(vkey)]
        answer = run_step(stack, "verify", words).strip().splitlines()
        output.show(f"verified from outside, log {log}: {answer[0] if answer else 'no answer'}")


def print_suggestions(data: Path) -> None:
    """Print three commands to try."""
    program = Path(".venv/bin/lianzheng")
    name = str(program) if program.exists() else "lianzheng"
    copy = "/tmp/lianzheng-copy"  # noqa: S108 - a suggestion; the user chooses the place.
    vkey = data / "keys" / "log-0.vkey"
    bundle = f"of={copy}/tile/entries/000"
    flip = f"printf '\\x00' | dd {bundle} bs=1 seek={TAMPERED_BYTE} conv=notrunc status=none"
    case = first_case(data)
    output.show("try:")
    output.show(f"  {name} case replay {case} --data {data}")
    output.show(
        f"  {name} export log --log 0 {copy} --data {data}"
        f" && {name} verify log {copy} --vkey {vkey}"
    )
    output.show(f"  {flip} && {name} verify log {copy} --vkey {vkey}")


def first_case(data: Path) -> str:
    """Return the id of a decided case of the demo's file."""
    from consumers.generate.reading import first_decided_case

    return first_decided_case(data / "demo.avro")
