"""How long from an act in hand to its signed receipt, over HTTP, at a steady rate?

    python benchmarks/bench_intake.py [--smoke] [--broker embedded|apache]

A whole ledger runs as ``lianzheng up`` starts it, relay and projections included. One request is one
act in a submission of its own, the costliest way: a signature an act. Requests leave on time whether
or not earlier ones are answered, and the time counts from when a request was due, so a stall counts
against every request that waits behind it. A sample of the receipts is verified afterwards.

Expected before the first run: 1 ms in the portal, 2 to the broker, 5 until the appender's poll, 5 for
commit, second copy and promise, 5 until the outcome is read: p50 about 15 ms at 200 acts a second. At
1,000 portal, broker, appender and relay need both cores, so some 40 ms with a p99 of 80.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from plain_load import AGENCY, EMITTER, EVENT_TYPE, PlainLoad
from report import ROOT, arguments, finish, median, say

from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE, container
from ledger.chain.notes import read_vkeys
from ledger.chain.receipt import verify_receipt
from portal.stack.postgres import system_folder

RATES = (200, 1_000)
RUNS, SECONDS, WARM_UP_S = 3, 20, 3
SMOKE_RUNS, SMOKE_SECONDS = 1, 2
CONNECTIONS = 512
CHECKED = 200  # Receipts verified a run.
NAME = "bench"
OPERATOR = "12430000FCT000003D"
UP_LIMIT_S = 120
STOP_LIMIT_S = 60
CREATED = 201


class Answered(NamedTuple):
    """One request: which act, how long, status and body."""

    number: int
    seconds: float
    status: int
    body: bytes


def main() -> None:
    """Run all rates and print the figures."""
    parser = arguments("latency of the HTTP intake")
    parser.add_argument("--broker", choices=["embedded", "apache"], default="embedded")
    options = parser.parse_args()
    runs, seconds = (SMOKE_RUNS, SMOKE_SECONDS) if options.smoke else (RUNS, SECONDS)
    load = PlainLoad(NAME, case_logs=1)
    with running_ledger(options.broker) as (folder, run):
        register(folder, load)
        keys = read_vkeys(Path(run["logs"][1]["vkey_file"]).read_text())
        measure(run["http"], load, RATES[0], WARM_UP_S)
        found: dict[int, list[dict[str, float]]] = {rate: [] for rate in RATES}
        for number in range(runs):
            for rate in RATES:
                items, answers = measure(run["http"], load, rate, seconds)
                check(items, answers, keys)
                found[rate].append(figures(answers))
                say(f"run {number + 1}, {rate}/s: {found[rate][-1]}")
    finish(
        {
            "broker": options.broker,
            "runs": runs,
            "seconds": seconds,
            **{
                str(rate): {name: median([one[name] for one in rows]) for name in rows[0]}
                for rate, rows in found.items()
            },
        }
    )


@contextmanager
def running_ledger(broker: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Run ``lianzheng up`` on a fresh folder; yield the folder and its run.json."""
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-bench-intake-"))
    folder.chmod(0o755)  # The database server runs as another user where this runs as root.
    data = folder / "data"
    words = ["up", "--data", str(data), "--http", "127.0.0.1:0", "--broker", broker]
    words += ["--name", NAME, "--operator", OPERATOR]
    with (folder / "up.log").open("wb") as out:
        process = subprocess.Popen(program(*words), env=environment(), stdout=out, stderr=out)
    try:
        end = time.monotonic() + UP_LIMIT_S
        while not (data / "run.json").exists():
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit((folder / "up.log").read_text()[-2_000:])
            time.sleep(0.1)
        yield data, json.loads((data / "run.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_LIMIT_S)
        for made in (folder, system_folder(data)):
            shutil.rmtree(made, ignore_errors=True)


def register(data: Path, load: PlainLoad) -> None:
    """Register the emitter of the load."""
    vkey = data.parent / "emitter.vkey"
    vkey.write_text(load.signer.vkey + "\n")
    words = ["emitter", "register", EMITTER, "--agency", AGENCY, "--type", EVENT_TYPE]
    words += ["--vkey", str(vkey), "--data", str(data)]
    done = subprocess.run(
        program(*words), env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)


def program(*words: str) -> list[str]:
    """Return the command line of a command of the program."""
    return [sys.executable, "-m", "portal.cli.main", *words]


def environment() -> dict[str, str]:
    """Return the environment that finds the program in this tree."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def measure(
    http: str, load: PlainLoad, rate: int, seconds: int
) -> tuple[list[SubmissionItem], list[Answered]]:
    """Post new acts at a rate; return them with their answers."""
    items = [one_item(load) for _ in range(rate * seconds)]
    bodies = [container([item]) for item in items]
    parts = urlsplit(http)
    assert parts.hostname is not None
    assert parts.port is not None
    return items, asyncio.run(post_all(parts.hostname, parts.port, bodies, rate))


def one_item(load: PlainLoad) -> SubmissionItem:
    """Return a new act in a submission of its own."""
    (record,) = next(load.records(1, 0))
    proof = next(value for name, value in record.headers if name == "lz-proof")
    return SubmissionItem(record.key.decode(), record.value, proof)


async def post_all(host: str, port: int, bodies: list[bytes], rate: int) -> list[Answered]:
    """Send each body when it is due, over connections that are kept open."""
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection(host, port))
    answers: list[Answered] = []

    async def post(number: int, due: float) -> None:
        reader, writer = await idle.get()
        head = (
            f"POST /v1/acts HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: {CONTAINER_TYPE}\r\n"
            f"content-length: {len(bodies[number])}\r\n\r\n"
        )
        writer.write(head.encode() + bodies[number])
        lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        size = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        body = await reader.readexactly(size)
        answers.append(Answered(number, time.perf_counter() - due, int(lines[0][9:12]), body))
        idle.put_nowait((reader, writer))

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(len(bodies)):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(post(number, due))
    while not idle.empty():
        idle.get_nowait()[1].close()
    return answers


def check(items: list[SubmissionItem], answers: list[Answered], keys: list[Any]) -> None:
    """Stop unless every act is in the ledger and a sample of the receipts verifies."""
    bad = [answer for answer in answers if answer.status != CREATED]
    if bad:
        raise SystemExit(f"{len(bad)} acts without a receipt: {bad[0].body[:300]!r}")
    step = max(1, len(answers) // CHECKED)
    for answer in answers[::step]:
        receipt = json.loads(answer.body)["receipt"].encode()
        verify_receipt(receipt, items[answer.number].act, keys)


def figures(answers: list[Answered]) -> dict[str, float]:
    """Return latencies in milliseconds, and the rate that was answered."""
    times = sorted(1_000 * answer.seconds for answer in answers)

    def at(share: float) -> float:
        return round(times[min(len(times) - 1, math.ceil(share * len(times)) - 1)], 2)

    return {
        "p50_ms": at(0.5),
        "p90_ms": at(0.9),
        "p99_ms": at(0.99),
        "max_ms": at(1.0),
        "mean_ms": round(statistics.fmean(times), 2),
    }


if __name__ == "__main__":
    main()
