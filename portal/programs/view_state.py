"""Views as an administrator sees them: state, comparison, rebuild.

Read before: ``portal/cli/view.py``. Read next: ``consumers/rebuild.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from consumers.entry_source import DatabaseEntrySource, Share
from consumers.project import FactsFollower
from consumers.rebuild import Replayer, compare_view, rebuild_shared
from portal.programs.files import tile_store_place
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.proofs import promised_trees
from portal.programs.views import VIEWS, open_view
from projections.tracking import read_state
from projections.view_store import PostgresView

Observe = Callable[[int], None]
REBUILD_PROCESSES_MAX = 4


@contextmanager
def _opened(data: Path, name: str) -> Iterator[tuple[PostgresView, DatabaseEntrySource]]:
    url = owner_url(data, "project")
    with connect(url) as writing, connect(url) as reading:
        source = DatabaseEntrySource(reading, promised_trees(data))
        yield open_view(name, writing), source


def _summed(observe: Observe) -> Observe:
    """Turn "how many more" into "how many in all"."""
    done = 0

    def count(moved: int) -> None:
        nonlocal done
        done += moved
        observe(done)

    return count


def read_states(data: Path, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return name, code version, sizes by origin and digest of every view."""
    states = []
    with connect(owner_url(data, "project")) as connection:
        for name in VIEWS:
            state = read_state(connection, name)
            if state is None:
                continue
            sizes = {origin(options["name"], log): size for log, size in state.sizes.items()}
            states.append(
                {
                    "name": name,
                    "code_version": state.code_version,
                    "sizes": sizes,
                    "digest": state.digest,
                }
            )
    return states


def origin(ledger: str, log: str) -> str:
    """Return the origin of a log by its short name."""
    return f"{ledger}/control" if log == "control" else f"{ledger}/log/{log}"


def compare_one(data: Path, name: str, observe: Observe) -> dict[str, Any]:
    """Replay the ledger beside a view; return whether it is equal, and what differs."""
    with _opened(data, name) as (view, source):
        found = compare_view(view, source, FactsFollower(source), _summed(observe))
    return {
        "view": name,
        "equal": found.is_equal,
        "digest": found.replayed,
        "stored_digest": found.stored,
        "recomputed_digest": found.recomputed,
        "differences": list(found.differences),
    }


def rebuild_one(data: Path, name: str, observe: Observe) -> dict[str, int]:
    """Make a view anew, on as many cores as help; return how many entries of each log it took."""
    opened = partial(open_replayer, owner_url(data, "project"), data, tile_store_place(), name)
    processes = min(os.cpu_count() or 1, REBUILD_PROCESSES_MAX)
    with _opened(data, name) as (view, source):
        facts = FactsFollower(source)
        return dict(rebuild_shared(view, source, facts, opened, processes, _summed(observe)))


@contextmanager
def open_replayer(
    url: str, data: Path, place: str, name: str, number: int, count: int
) -> Iterator[Replayer]:
    """Open what replays share ``number`` of ``count``; called in a process of its own."""
    proofs = promised_trees(data, place)
    with connect(url) as writing, connect(url) as reading, connect(url) as following:
        yield Replayer(
            open_view(name, writing),
            DatabaseEntrySource(reading, proofs, Share(number, count)),
            FactsFollower(DatabaseEntrySource(following, proofs)),
        )
