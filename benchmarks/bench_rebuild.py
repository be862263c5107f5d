"""How fast is a view made anew from the event store?

    python benchmarks/bench_rebuild.py [--smoke] [--cases N]

The generator's history, the platform's disclosures and retrievals included, lies in PostgreSQL as
entries of 1 kB; each view is rebuilt as ``lianzheng view rebuild`` does it (replay into fresh
tables, COPY, indexes, swap), and what counts is entries of all logs a second, passed over or taken
in. Expected before the first run: views that take in a small part of the types are bound by the
database's filter, some 200,000/s; the replay of cases takes in everything, some 15 microseconds of
Python and 6 of PostgreSQL an entry, so 45,000/s with one process and more with several. Each entry
is held against the promised tree, as in a ledger: 1.2 microseconds for its leaf and 1 for its share
of the tile.
Every run records the digest of what it made.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from report import ROOT, arguments, finish, median, say

sys.path.insert(0, str(ROOT))  # The entry builder is a part of the tests, which nothing installs.

from consumers.entry_source import DatabaseEntrySource, Share
from consumers.project import FactsFollower
from consumers.rebuild import Replayer, rebuild_shared
from ledger.store.migrations import migrate
from portal.stack.postgres import EmbeddedPostgres, system_folder
from projections.case_replay.projection import CaseReplayProjection
from projections.disclosure.projection import DisclosureProjection
from projections.registers.projection import RegistersProjection
from projections.retrieval.projection import RetrievalProjection
from projections.tracking import read_state
from projections.view_store import PostgresView
from tests.support.promised import open_trees, promise_all

CASES, SMOKE_CASES = 8_000, 40
RUNS = 3
PROCESSES = min(os.cpu_count() or 1, 4)
SEED = 20_261_101
LOGS = ("control", "0")
VIEWS = (DisclosureProjection, CaseReplayProjection, RetrievalProjection, RegistersProjection)


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL server with the embedded stack's settings; yield its URL."""
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-bench-rebuild-"))
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


@contextmanager
def open_replayer(
    url: str, tiles: Path, definition: Any, number: int, count: int
) -> Iterator[Replayer]:
    """Open what replays a share of the streams in a process of its own."""
    proofs = open_trees(tiles, LOGS)
    with (
        psycopg.connect(url, autocommit=True) as writing,
        psycopg.connect(url, autocommit=True) as reading,
    ):
        yield Replayer(
            PostgresView(definition(), writing),
            DatabaseEntrySource(reading, proofs, Share(number, count)),
            FactsFollower(DatabaseEntrySource(reading, proofs)),
        )


def measure(url: str, tiles: Path, definition: Any, processes: int) -> tuple[float, str]:
    """Return the seconds that one rebuild takes, and the digest of what it made."""
    with (
        psycopg.connect(url, autocommit=True) as writing,
        psycopg.connect(url, autocommit=True) as reading,
    ):
        view = PostgresView(definition(), writing)
        source = DatabaseEntrySource(reading, open_trees(tiles, LOGS))
        opened = functools.partial(open_replayer, url, tiles, definition)
        begun = time.perf_counter()
        rebuild_shared(view, source, FactsFollower(source), opened, processes)
        seconds = time.perf_counter() - begun
        state = read_state(writing, view.name)
        assert state is not None
        return seconds, state.digest


def figures(url: str, tiles: Path, definition: Any, entries: int) -> dict[str, Any]:
    """Return the figures of one view: as the command does it, and by one process."""
    by_command = [measure(url, tiles, definition, PROCESSES) for _ in range(RUNS)]
    by_one = [measure(url, tiles, definition, 1) for _ in range(RUNS)]
    digests = {digest for _, digest in by_command + by_one}
    assert len(digests) == 1, "rebuilds of one ledger differ"
    result = {
        "entries_per_s": median([entries / seconds for seconds, _ in by_command]),
        "one_process_entries_per_s": median([entries / seconds for seconds, _ in by_one]),
        "digest": digests.pop()[:32],
    }
    say(f"{definition.name}: {result}")
    return result


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=None, help="cases of the history")
    options = parser.parse_args()
    cases = options.cases or (SMOKE_CASES if options.smoke else CASES)
    from tests.support.history_copy import HistoryCopy  # Not for the processes that replay a share.

    say(f"a history of {cases} cases")
    history = HistoryCopy(cases, SEED)
    entries = history.size
    say(f"{entries} entries; commands that could not become acts: {history.refused}")
    with server() as url, tempfile.TemporaryDirectory(prefix="lianzheng-tiles-") as folder:
        tiles = Path(folder)
        migrate(url)
        history.ledger.store(url)
        assert tuple(promise_all(history.ledger, tiles)) == LOGS
        del history
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        views = {definition.name: figures(url, tiles, definition, entries) for definition in VIEWS}
    finish({**views, "entries": entries, "processes": PROCESSES})


if __name__ == "__main__":
    main()
