"""Ranges of bundles, checked by one process or by several, reported in the order of the log.

Read before: ``verify_bundles``. Read next: ``verify``.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from typing import Final, NamedTuple

from ledger.chain.entry_patterns import act_pattern, prefix_pattern
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.sources import LogSource
from ledger.chain.verify_bundles import RangeJob, RangeReport, check_range
from ledger.limits import TILE_WIDTH

RANGE_BUNDLES_MIN: Final = 16  # 4,096 entries: less is not worth handing over.
RANGE_BUNDLES_MAX: Final = 512  # 131,072 entries: about a second of work.
# Bundles in a row of which neither entries nor hash tile are there, after which a log has ended
# whatever size it claims. A size that nobody signed may be anything.
MISSING_BUNDLES_MAX: Final = 65_536
MISSING_UNTRUSTED_MAX: Final = 256


class Signed(NamedTuple):
    """What the checkpoint says of the tree, and whether the log's key says so too."""

    root: bytes
    is_trusted: bool


def range_reports(
    source: LogSource,
    facts: LogFacts,
    partials: Mapping[tuple[int, int], Sequence[str]],
    workers: int,
    advance: Callable[[int], None],
    signed: Signed,
) -> Iterator[RangeReport]:
    """Yield the reports of the ranges of a log, in order.

    Of all of them, but for a log that ends long before its size: behind so many missing bundles
    in a row nothing is looked for, which the last report then says.

    Args:
        source: Where the log is read from.
        facts: What is known about the log.
        partials: Older partial copies that are there, by level (-1: bundles) and n.
        workers: Processes, at least 1.
        advance: Called with a number of entries that were checked since the last call.
        signed: What the checkpoint says of the tree.
    """
    bundles = -(-facts.size // TILE_WIDTH)
    step = RANGE_BUNDLES_MAX
    if workers > 1:
        # Two ranges a worker, so that none waits long for the last. More would cost more than
        # they gain: every range begins all its streams anew.
        step = max(RANGE_BUNDLES_MIN, min(step, -(-bundles // (workers * 2))))
    jobs = _jobs(source, facts, partials, step, signed.root)
    is_alone = workers == 1 or bundles <= step
    reports = _reports_here(jobs, advance) if is_alone else _reports(jobs, facts, workers, advance)
    missing_max = MISSING_BUNDLES_MAX if signed.is_trusted else MISSING_UNTRUSTED_MAX
    seen = missing = 0
    with closing(reports):
        for report in reports:
            seen += report.bundles
            missing = missing + report.bundles if report.is_empty else 0
            if missing >= missing_max:
                text = f"no object of {missing} bundles in a row; what follows was not looked for"
                report.findings.add("unread", text, (seen - missing) * TILE_WIDTH)
            yield report
            if missing >= missing_max:
                return


def _reports_here(
    jobs: Iterable[RangeJob], advance: Callable[[int], None]
) -> Generator[RangeReport, None, None]:
    for job in jobs:
        yield check_range(job, advance)


def _reports(
    jobs: Iterable[RangeJob], facts: LogFacts, workers: int, advance: Callable[[int], None]
) -> Generator[RangeReport, None, None]:
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
        try:
            for job in jobs:
                waiting.append(pool.submit(check_range, job))
                # Reports wait here for their turn: their number is bounded, and so is memory.
                if len(waiting) > 2 * workers:
                    yield _advanced(waiting.popleft().result(), advance)
            while waiting:
                yield _advanced(waiting.popleft().result(), advance)
        finally:
            # The pool cancels what waits. Where each future was cancelled here, the pool of Python
            # 3.11.2 waited at its end for ever for one that nobody would run (CPython gh-94440).
            pool.shutdown(cancel_futures=True)


def _advanced(report: RangeReport, advance: Callable[[int], None]) -> RangeReport:
    advance(report.entries)
    return report


def _jobs(
    source: LogSource,
    facts: LogFacts,
    partials: Mapping[tuple[int, int], Sequence[str]],
    step: int,
    root: bytes,
) -> Iterator[RangeJob]:
    """Yield the ranges of ``step`` bundles; one by one, since a false size has very many."""
    bundles = -(-facts.size // TILE_WIDTH)
    anchors = {} if facts.keys is None else facts.keys.anchors_of(facts.origin, facts.size)
    sizes = sorted({anchored.tree_size for anchored in anchors.values()})
    older: dict[int, list[str]] = {}
    for (level, n), paths in partials.items():
        if level < 1:
            older.setdefault(n, []).extend(paths)
    for first in range(0, bundles, step):
        end = min(bundles, first + step)
        here = {n: paths for n, paths in older.items() if first <= n < end}
        inside = [size for size in sizes if first < -(-size // TILE_WIDTH) <= end]
        yield RangeJob(source, facts, first, end, here, root, inside)
