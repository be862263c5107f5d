"""Ranges of bundles, checked by one process or by several, reported in the order of the log.

Read before: ``verify_bundles``. Read next: ``verify``.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Final

from ledger.chain.entry_patterns import act_pattern, prefix_pattern
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.sources import LogSource
from ledger.chain.verify_bundles import RangeJob, RangeReport, check_range
from ledger.limits import TILE_WIDTH

RANGE_BUNDLES_MIN: Final = 16  # 4,096 entries: less is not worth handing over.
RANGE_BUNDLES_MAX: Final = 512  # 131,072 entries: about a second of work.


def range_reports(
    source: LogSource,
    facts: LogFacts,
    partials: Mapping[tuple[int, int], Sequence[str]],
    workers: int,
    advance: Callable[[int], None],
) -> Iterator[RangeReport]:
    """Yield the reports of all ranges of a log, in order.

    Args:
        source: Where the log is read from.
        facts: What is known about the log.
        partials: Older partial copies that are there, by level (-1: bundles) and n.
        workers: Processes, at least 1.
        advance: Called with a number of entries that were checked since the last call.

    Raises:
        UnavailableError: The source cannot be read.
    """
    jobs = _jobs(source, facts, partials, workers)
    if workers == 1 or len(jobs) == 1:
        for job in jobs:
            yield check_range(job, advance)
        return
    # Compiled here once, and not by every forked worker.
    prefix_pattern()
    if facts.acts:
        act_pattern()
    # A forked worker starts at once, but it is a copy of this process, which must then have
    # no other thread that could hold a lock.
    is_alone = hasattr(os, "fork") and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if is_alone else "spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        waiting: deque[Future[RangeReport]] = deque()
        for job in jobs:
            waiting.append(pool.submit(check_range, job))
            # Reports wait here for their turn: their number is bounded, and so is memory.
            if len(waiting) > 2 * workers:
                yield _advanced(waiting.popleft().result(), advance)
        while waiting:
            yield _advanced(waiting.popleft().result(), advance)


def _advanced(report: RangeReport, advance: Callable[[int], None]) -> RangeReport:
    advance(report.entries)
    return report


def _jobs(
    source: LogSource,
    facts: LogFacts,
    partials: Mapping[tuple[int, int], Sequence[str]],
    workers: int,
) -> list[RangeJob]:
    """Return the ranges: two a worker, so that none waits long for the last.

    More would cost more than they gain: every range begins all its streams anew.
    """
    bundles = -(-facts.size // TILE_WIDTH)
    step = RANGE_BUNDLES_MAX
    if workers > 1:
        step = max(RANGE_BUNDLES_MIN, min(step, -(-bundles // (workers * 2))))
    older: dict[int, list[str]] = {}
    for (level, n), paths in partials.items():
        if level < 1:
            older.setdefault(n, []).extend(paths)
    jobs = []
    for first in range(0, bundles, step):
        end = min(bundles, first + step)
        here = {n: paths for n, paths in older.items() if first <= n < end}
        jobs.append(RangeJob(source, facts, first, end, here))
    return jobs
