"""How long does an inclusion proof take, from PostgreSQL, in a log of a million entries?

    python benchmarks/bench_proof.py [--smoke]

A log is filled with random entries of 1.2 kB through the append path's own writer, then proofs are
read for random leaves in trees of random sizes, one statement each, through the connections that the
portal uses. Every proof in the whole tree is verified afterwards. Expected before the first run: some
20 index look-ups in memory and one round trip, 0.3 ms. Consistency proofs are measured beside.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from report import arguments, finish, say

from ledger.chain.proofs import (
    consistency_path,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from ledger.chain.tree import Frontier, frontier_coordinates, leaf_hash
from ledger.domain.rows import EntryRow
from ledger.store.environment import open_recorder
from ledger.store.log_tables import create_log_tables
from ledger.store.migrations import migrate
from ledger.store.recorder import LedgerRecorder
from portal.stack.postgres import EmbeddedPostgres, system_folder

ENTRIES, PROOFS = 1_000_000, 10_000
SMOKE_ENTRIES, SMOKE_PROOFS = 20_000, 500
ENTRY_SIZE_BYTES = 1_200
BATCH = 2_000
SEED = 20_261_101


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL server with the embedded stack's settings; yield its URL."""
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-bench-proof-"))
    folder.chmod(0o755)
    (folder / "keys").mkdir(mode=0o700)
    postgres = EmbeddedPostgres(folder, folder)
    try:
        postgres.start()
        yield postgres.url()
    finally:
        postgres.stop()
        for made in (folder, system_folder(folder)):
            shutil.rmtree(made, ignore_errors=True)


def fill(recorder: LedgerRecorder, count: int, draw: random.Random) -> float:
    """Append ``count`` random entries; return rows a second of the writing transactions alone."""
    frontier, spent = Frontier(), 0.0
    for start in range(0, count, BATCH):
        rows = [_row(index, draw) for index in range(start, min(count, start + BATCH))]
        nodes = frontier.extend([row.leaf for row in rows])
        before = time.perf_counter()
        with recorder.transaction() as tx:
            tx.write(
                rows,
                nodes,
                root=frontier.root(),
                received_at=rows[-1].received_at,
                control_size=1,
                tracking={"kafka:bench:acts:0": start},
                refusals={},
                openings=(),
                quarantine=(),
            )
        spent += time.perf_counter() - before
    return count / spent


def _row(index: int, draw: random.Random) -> EntryRow:
    state = draw.randbytes(ENTRY_SIZE_BYTES)
    leaf = leaf_hash(state)
    event_id = (1_790_000_000_000 + index).to_bytes(6, "big") + leaf[:10]
    stream = f"case:{index % 50_000:08x}-9339-4b85-beb0-ead607bbeebf"
    version = index // 50_000 + 1
    topic = "PenaltyDecisionMade.v1"
    return EntryRow(stream, version, topic, state, index, leaf, leaf, event_id, index)


def percentiles_ms(times: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in milliseconds."""
    cuts = statistics.quantiles(times, n=100)
    return round(1_000 * statistics.median(times), 3), round(1_000 * cuts[98], 3)


def timed(action: Callable[[], list[bytes]], times: list[float]) -> list[bytes]:
    """Run ``action`` and note how long it took."""
    before = time.perf_counter()
    result = action()
    times.append(time.perf_counter() - before)
    return result


def measure(
    recorder: LedgerRecorder, count: int, proofs: int, draw: random.Random
) -> dict[str, Any]:
    """Read proofs at random, verify those in the whole tree, and return the figures."""
    read, root = recorder.node_reader(), recorder.head().root
    for _ in range(50):  # The first uses of a connection plan the statement.
        inclusion_path(0, count, read)
    inclusion: list[float] = []
    consistency: list[float] = []
    for number in range(proofs):
        size = count if number % 2 else draw.randrange(1, count) + 1
        index = draw.randrange(size)
        path = timed(lambda index=index, size=size: inclusion_path(index, size, read), inclusion)
        if size == count:
            verify_inclusion(leaf_hash(recorder.entry(index)), index, size, path, root)
        older = draw.randrange(1, count)
        path = timed(lambda older=older: consistency_path(older, count, read), consistency)
        if number % 100 == 0:
            older_root = _root_at(recorder, older)
            verify_consistency(older, older_root, count, root, path)
    p50, p99 = percentiles_ms(inclusion)
    consistency_p50, consistency_p99 = percentiles_ms(consistency)
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "consistency_p50_ms": consistency_p50,
        "consistency_p99_ms": consistency_p99,
        "proofs": proofs,
        "entries": count,
        "root": root.hex(),
    }


def _root_at(recorder: LedgerRecorder, size: int) -> bytes:
    coordinates = frontier_coordinates(size)
    nodes = recorder.node_reader()(coordinates)
    return Frontier(size, [nodes[coordinate] for coordinate in coordinates]).root()


def main() -> None:
    """Fill a log, read proofs, print the figures."""
    parser = arguments("inclusion proofs from PostgreSQL")
    parser.add_argument("--broker", choices=["embedded", "apache"], help="no proof needs one")
    options = parser.parse_args()
    count = SMOKE_ENTRIES if options.smoke else ENTRIES
    draw = random.Random(SEED)
    with server() as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            create_log_tables(connection, "0", "bench.example/log/0", "international")
        recorder = open_recorder(url, "0")
        say(f"appending {count:,} entries")
        rate = fill(recorder, count, draw)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE) ledger.log_0_events, ledger.log_0_nodes")
            connection.execute("CHECKPOINT")
        say("reading proofs")
        figures = measure(recorder, count, SMOKE_PROOFS if options.smoke else PROOFS, draw)
        recorder.datastore.close()
    finish({**figures, "written_rows_per_s": round(rate)})


if __name__ == "__main__":
    main()
