"""How many acts a second does a whole ledger take for ten minutes, with everything running?

Appender, relay and all projections run as in production; whole generated cases with sealed
openings are fed at a steady rate. What counts is what every one of them has taken in: the rate is
that of the slowest, the lag is how long the slowest needs after the last act was fed, and each
process's memory is followed. Sketch before the first run: the append path alone takes 10,000 to
18,000 acts a second of this mix on two cores; relay and projections share the cores with it, so
6,000 to 8,000.
"""

from __future__ import annotations

import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from mix_load import MIX_START, MixLoad
from report import ROOT, arguments, finish, say
from running_ledger import STOP_LIMIT_S, BenchLedger, open_ledger

from consumers.kafka_client import open_admin
from consumers.record_batch import CODEC_ZSTD, pack_batch
from consumers.topic_writer import TopicWriter
from consumers.topics import ACTS
from portal.stack.process import ChildProcess, free_port
from portal.stack.supervisor import python_role

ACTS_PER_CASE = 28
BATCH_ACTS = 500
BACKLOG_S = 1.5  # Feeding waits while the slowest is further behind than this.
LOOK_S = 0.25
CATCH_UP_LIMIT_S = 300.0
WARM_UP_S = 120.0  # Memory is followed from here on.
MIB = 1024 * 1024
SIZES = """
SELECT (SELECT size FROM ledger.promises WHERE log = '0'),
       (SELECT coalesce(max(notification_id) + 1, 0) FROM ledger.log_0_tracking)
"""
VIEWS = "SELECT view_name, min(size) FROM views.tracking WHERE log = '0' GROUP BY view_name"


def main() -> None:
    """Run and print the figures."""
    parser = arguments("sustained throughput of a whole ledger")
    parser.add_argument("--broker", choices=["embedded", "apache"], default="embedded")
    parser.add_argument("--rate", type=int, default=7_000, help="acts a second that are fed")
    parser.add_argument("--seconds", type=int, default=600, help="for how long")
    options = parser.parse_args()
    rate, seconds = (300, 15) if options.smoke else (options.rate, options.seconds)
    with (
        tempfile.TemporaryDirectory(prefix="lianzheng-feed-") as folder,
        open_ledger(options.broker, case_logs=1, sim_start=MIX_START) as ledger,
    ):
        file = Path(folder) / "batches"
        total = prepare(ledger, file, rate * seconds)
        run = SustainedRun(ledger, rate)
        try:
            figures = run.measure(file, total)
        finally:
            run.stop()
    finish({"broker": options.broker, "fed_acts_per_s": rate, "acts": total, **figures})


def prepare(ledger: BenchLedger, file: Path, acts: int) -> int:
    """Write record batches of about ``acts`` acts to a file; return how many there are."""
    load = MixLoad(ledger)
    say(f"generating and sealing {acts:,} acts")
    total = 0
    with file.open("wb") as out:
        for records in load.pieces(max(2, acts // ACTS_PER_CASE), seed=1, size=BATCH_ACTS):
            now_ms = time.time_ns() // 1_000_000
            packed = pack_batch(records, now_ms, CODEC_ZSTD)
            out.write(struct.pack(">II", len(records), len(packed)) + packed)
            total += len(records)
    load.close()
    return total


def batches(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number of acts and bytes of each batch in a file."""
    with file.open("rb") as source:
        while head := source.read(8):
            count, size = struct.unpack(">II", head)
            yield count, source.read(size)


class SustainedRun:
    """The roles of a ledger, what they have taken in, and what memory they hold."""

    def __init__(self, ledger: BenchLedger, rate: int) -> None:
        self._rate = rate
        self._ports: dict[str, int] = {}
        self._roles: dict[str, ChildProcess] = {}
        for name, words in (
            ("append-0", ["append", "--log", "0"]),
            ("relay", ["relay"]),
            ("project", ["project"]),
        ):
            self._start(ledger, name, words)
        self._database = psycopg.connect(ledger.database_url, autocommit=True)
        self._admin = open_admin(ledger.kafka)
        self._writer = TopicWriter(self._admin, ACTS)
        self._looked = 0.0
        self._samples: list[tuple[float, dict[str, float]]] = []
        self._wait_for_views()

    def measure(self, file: Path, total: int) -> dict[str, Any]:
        """Feed everything and return the figures."""
        started = time.monotonic()
        fed = held = 0
        behind = 0.0
        for count, packed in batches(file):
            self._writer.write_packed({0: packed})
            fed += count
            due = started + fed / self._rate
            while True:
                now = time.monotonic()
                if now - self._looked > LOOK_S:
                    behind = sum(self._behind(fed))
                    held += behind > BACKLOG_S * self._rate
                if now >= due and behind <= BACKLOG_S * self._rate:
                    break
                time.sleep(min(LOOK_S, max(0.005, due - now)))
                self._sample(started)
        feeding = time.monotonic() - started
        appender, readers = self._behind(fed)
        say(f"fed {fed:,} acts in {feeding:,.0f} s, held up at {held} looks")
        say(f"left: {appender:,.0f} acts for the appender, {readers:,.0f} entries for its readers")
        lag = self._catch_up(total)
        duration = time.monotonic() - started
        return {
            "sustained_acts_per_s": round(total / duration, 1),
            "duration_s": round(duration, 1),
            "lag_s": round(lag, 2),
            "left_to_append": appender,
            "left_to_read": readers,
            "memory_growth_mib_per_min": self._growth(),
            "entries": self._sizes()[0],
        }

    def stop(self) -> None:
        """End the roles."""
        self._admin.close()
        self._database.close()
        for child in reversed(self._roles.values()):
            child.stop(STOP_LIMIT_S)

    def _start(self, ledger: BenchLedger, name: str, words: list[str]) -> None:
        self._ports[name] = free_port()
        environment = ledger.environment() | {"LEDGER_HEALTH_PORT": str(self._ports[name])}
        child = python_role(name, words, environment, ledger.stack.diagnostics, ROOT)
        child.start()
        self._roles[name] = child

    def _wait_for_views(self) -> None:
        say("waiting for the roles")
        end = time.monotonic() + CATCH_UP_LIMIT_S
        while time.monotonic() < end:
            reached = self._reached()
            if len(reached) > 1 and not any(self._behind(0)):
                return
            time.sleep(LOOK_S)
        raise SystemExit("the roles did not start")

    def _behind(self, fed: int) -> tuple[float, float]:
        """Return what is left for the appender, and for the slowest of those that read after it."""
        self._looked = time.monotonic()
        promised, consumed = self._sizes()
        return fed - consumed, max(promised - size for size in self._reached().values())

    def _reached(self) -> dict[str, float]:
        """Return how many entries relay and views have taken in."""
        views = self._database.execute(VIEWS).fetchall()
        return {"relay": self._relayed()} | {name: float(size) for name, size in views}

    def _sizes(self) -> tuple[int, int]:
        """Return the promised entries, and the records that the appender has consumed."""
        row = self._database.execute(SIZES).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    def _relayed(self) -> float:
        from urllib.request import ProxyHandler, build_opener

        url = f"http://127.0.0.1:{self._ports['relay']}/metrics"
        try:
            with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return -1.0
        lines = [x for x in text.splitlines() if x.startswith('lianzheng_relay_next_seq{log="0"}')]
        return float(lines[0].rpartition(" ")[2]) if lines else -1.0

    def _catch_up(self, total: int) -> float:
        """Return how long the slowest needs until it has everything."""
        started = time.monotonic()
        while time.monotonic() - started < CATCH_UP_LIMIT_S:
            if sum(self._behind(total)) <= 0:
                return time.monotonic() - started
            time.sleep(0.02)
        raise SystemExit(f"not everything arrived: {self._reached()}")

    def _sample(self, started: float) -> None:
        now = time.monotonic() - started
        if not self._samples or now - self._samples[-1][0] > 5:
            memory = {name: _resident_mib(child.pid) for name, child in self._roles.items()}
            self._samples.append((now, memory))

    def _growth(self) -> dict[str, float]:
        """Return each process's growth after the warm-up, by a line through its samples."""
        late = [sample for sample in self._samples if sample[0] >= WARM_UP_S] or self._samples
        return {name: _slope([(at, memory[name]) for at, memory in late]) for name in self._roles}


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / MIB


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line, a minute."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return 0.0
    return round(60 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread, 3)


if __name__ == "__main__":
    main()
