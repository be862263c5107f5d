"""Making a view anew, and comparing it with what the ledger gives.

Read before: ``project``. Read next: ``portal/cli``.

Both replay the ledger through the same handlers as the live loop, into empty tables beside the
live ones and in large batches. ``rebuild`` puts the fresh tables in the place of the live ones in
the same transaction; ``compare`` looks at both and leaves nothing behind.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from typing import Final, NamedTuple

from consumers.project import FactsFollower, take_in
from ledger.domain.projection import (
    Comparison,
    EntrySource,
    FreshView,
    Part,
    Projection,
    ViewBatch,
)
from ledger.errors import IncompleteError

REBUILD_ENTRIES_MAX: Final = 20_000  # Entries of one log between two writes.
SHARED_ENTRIES_MIN: Final = 100_000  # Below this a second process costs more than it gives.
DIFFERENCES_MAX: Final = 100  # Rows that a comparison names.

Observer = Callable[[int], None]  # Is told how many positions were replayed since the last call.


class Replayer(NamedTuple):
    """What replays a share of the streams in a process of its own."""

    projection: Projection
    source: EntrySource  # Of its share only.
    facts: FactsFollower  # Of everything.


# Opens connections for share ``number`` of ``count``; goes to another process, so it is a function
# of a module, or a partial of one.
OpenReplayer = Callable[[int, int], AbstractContextManager[Replayer]]


def rebuild_view(
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    observe: Observer = lambda _: None,
) -> Mapping[str, int]:
    """Replay the ledger into fresh tables and put them in the place of the live ones.

    One transaction: a crash anywhere in it leaves the live view as it was. The live view goes on
    meanwhile; at the end it is held, caught up with, and replaced.

    Returns:
        How many entries of each log the view has taken in.

    Raises:
        UnavailableError: Source or database is away.
        IncompleteError: The source is behind the live view.
    """
    with _collection_paused(), projection.fresh(snapshot=False) as fresh:
        _replay(fresh, projection, source, facts, source.sizes(), observe)
        return _finish(fresh, projection, source, facts, observe)


def rebuild_shared(
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    open_replayer: OpenReplayer,
    processes: int,
    observe: Observer = lambda _: None,
) -> Mapping[str, int]:
    """Do as ``rebuild_view``, with the streams of a large ledger shared out over processes.

    All that an entry changes lies in rows of its own stream, and the digest is a sum, so shares
    need not know of each other. Their rows are committed in ``views_fresh`` one by one; the live
    view is replaced in one transaction, as ever.

    Args:
        projection: The view.
        source: Of everything.
        facts: Of everything.
        open_replayer: Opens what replays one share.
        processes: How many shares. Nothing is shared out of a small ledger, nor for a view that
            takes in few types: its time is the database's.
        observe: Told how many positions were replayed, once for each share.
    """
    sizes = dict(source.sizes())
    takes_everything = projection.event_types is None
    if processes == 1 or not takes_everything or sum(sizes.values()) < SHARED_ENTRIES_MIN:
        return rebuild_view(projection, source, facts, observe)
    with projection.prepared():
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            shares = [
                pool.submit(_replay_share, open_replayer, number, processes, sizes)
                for number in range(processes)
            ]
            parts = []
            for share in as_completed(shares):
                parts.append(share.result())
                observe(sum(sizes.values()) // processes)
        with projection.fresh(snapshot=False, parts=parts) as fresh:
            return _finish(fresh, projection, source, facts, observe)


def _replay_share(
    open_replayer: OpenReplayer, number: int, count: int, sizes: Mapping[str, int]
) -> Part:
    """Replay one share of the streams; runs in a process of its own."""
    with open_replayer(number, count) as (projection, source, facts), _collection_paused():
        source.sizes()
        with projection.part() as part:
            _replay(part, projection, source, facts, sizes, lambda _: None)
            return part.finish()


def _finish(
    fresh: FreshView,
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    observe: Observer,
) -> Mapping[str, int]:
    """Hold the live view, catch up with it, and replace it."""
    live = fresh.live_sizes(lock=True)
    newest = source.sizes()
    if behind := [name for name, size in live.items() if size > newest.get(name, 0)]:
        raise IncompleteError(f"the source is behind the live view in logs {behind}")
    _replay(fresh, projection, source, facts, live, observe)
    fresh.swap()
    return dict(fresh.sizes)


def compare_view(
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    observe: Observer = lambda _: None,
) -> Comparison:
    """Replay the ledger as far as the view has read, and compare digests and rows.

    Sees the view as it is at the start; the view goes on meanwhile. Leaves nothing behind.

    Raises:
        UnavailableError: Source or database is away.
        IncompleteError: The source is behind the view.
    """
    with _collection_paused(), projection.fresh(snapshot=True) as fresh:
        sizes = fresh.live_sizes(lock=False)
        newest = source.sizes()
        if behind := [name for name, size in sizes.items() if size > newest.get(name, 0)]:
            raise IncompleteError(f"the source is behind the view in logs {behind}")
        _replay(fresh, projection, source, facts, sizes, observe)
        return fresh.compare(DIFFERENCES_MAX)


def _replay(
    fresh: ViewBatch,
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    sizes: Mapping[str, int],
    observe: Observer,
) -> None:
    """Take in every log up to ``sizes``."""
    while any(size > fresh.sizes.get(name, 0) for name, size in sizes.items()):
        moved = take_in(fresh, projection, source, facts, sizes, REBUILD_ENTRIES_MAX)
        if not moved:
            raise IncompleteError("the source ends before what was asked for")
        observe(moved)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Do without the cycle collector: a replay makes millions of rows and not one cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
