"""Make the annual statistics from the entries of a ledger, as of given sizes of its logs.

Read before: ``projections/statistics/counting.py``. Read next: ``portal/cli/statistics.py``.

Every entry is held against the promise. Indicators are counted by the fold of their view, in
memory, from the same entries; so a report needs no view and is the same wherever it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from consumers.entry_source import DatabaseEntrySource
from consumers.project import FactsFollower
from ledger.chain.entry import decode_entry
from ledger.chain.proven_tree import ProvenTree
from ledger.chain.tree import Frontier
from ledger.domain.control_facts import ControlFacts
from ledger.domain.projection import CONTROL_LOG, EntrySource, EntryView
from ledger.errors import MalformedError, RootMismatchError, UnavailableError
from ledger.limits import TILE_WIDTH
from portal.indicators import Wanted, indicator_of, summary
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.proofs import promised_trees
from portal.statistics.files import TABLES, report_files, tables_hash
from projections.counted import Owners
from projections.indicators.memory import MemoryIndicatorReader
from projections.indicators.projection import IndicatorsProjection
from projections.rows import MemoryRows
from projections.statistics.counting import CaseCounting
from projections.statistics.layout import Layout, layout
from projections.statistics.registers_at import ControlCounting
from projections.statistics.report import Head, annual_report

ROLE: Final = "audit"
PAGE_ENTRIES: Final = 2_000
Observe = Callable[[int], None]


class Made(NamedTuple):
    """What was written."""

    report: Mapping[str, Any]
    tables_hash: str
    files: list[str]


def make_report(
    data: Path, year: int, as_of: str | None, target: Path, observe: Observe = lambda _: None
) -> Made:
    """Write the report of a year into a folder.

    Args:
        data: Data folder of a running ledger.
        year: The year.
        as_of: ``LOG=SIZE,...`` of every log, or the ``tables.json`` of an earlier report, of whose
            sizes it shall be; None: of everything that is promised now.
        target: Folder that is not there yet, or empty.
        observe: Is told how many entries were read.

    Raises:
        MalformedError: The folder has something in it, or ``as_of`` is none.
        UnavailableError: Database or tile store is away, or the folder cannot be written.
        VerificationError: An entry is not what was promised, or the ledger has another root than
            the earlier report.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MalformedError(f"{target} is no empty folder")
    trees = promised_trees(data)
    with connect(owner_url(data, ROLE)) as reading, connect(owner_url(data, ROLE)) as following:
        source = DatabaseEntrySource(reading, trees)
        follower = DatabaseEntrySource(following, trees)
        promised = source.sizes()
        sizes = _sizes(promised, as_of, {tree.origin: log for log, tree in trees.items()})
        facts = FactsFollower(follower).follow_to(follower.sizes()[CONTROL_LOG])
        heads = [_head(log, trees[log].newest(), size) for log, size in sizes.items()]
        _check_roots(heads, {} if as_of is None else _given_roots(as_of))
        report = count_report(source, facts, heads, year, layout(), observe)
    files = report_files(report, layout())
    _write(target, files)
    return Made(report, tables_hash(files[TABLES]), sorted(files))


def count_report(
    source: EntrySource,
    facts: ControlFacts,
    heads: list[Head],
    year: int,
    tables: Layout,
    observe: Observe = lambda _: None,
) -> dict[str, Any]:
    """Return the report of a year from the entries below the heads.

    Args:
        source: Where entries are read.
        facts: The control log's schemas, at least as far as the entries need them.
        heads: Of every log, the control log's first.
        year: The year.
        tables: Their layout.
        observe: Is told how many entries were read.
    """
    control, cases = ControlCounting(), CaseCounting(tables)
    fold, rows, newest = IndicatorsProjection(), MemoryRows(IndicatorsProjection.tables), 0
    owners = Owners()
    for view in _views(source, facts, heads, observe):
        newest = max(newest, view.entry.received_at)
        counting = control if view.log == CONTROL_LOG else cases
        if owners.does_count(view, facts) and view.event_type in counting.event_types:
            counting.take_in(view, facts)
        fold.process(view, facts, rows)
    reader, wanted = MemoryIndicatorReader(rows), Wanted(newest, None, str(year))
    indicators = [summary(reader, indicator_of(name), wanted) for name in tables.indicators]
    return annual_report(year, tables, heads, control, cases.counted, indicators)


def _views(
    source: EntrySource, facts: ControlFacts, heads: list[Head], observe: Observe
) -> Iterator[EntryView]:
    """Yield the entries of all logs, each log in its order."""
    count = 0
    for head in heads:
        start = 0
        while start < head.tree_size:
            page = source.read(head.log, start, min(PAGE_ENTRIES, head.tree_size - start), None)
            if page.end == start:
                raise UnavailableError(f"log {head.log} cannot be read at {start}")
            for stored in page.entries:
                yield EntryView(head.log, decode_entry(stored.data), facts)
            count += page.end - start
            start = page.end
            observe(count)


def _head(log: str, tree: ProvenTree, size: int) -> Head:
    """Return the head of the first ``size`` entries, from the leaf hashes that are promised."""
    root = tree.checkpoint.root
    if size != tree.size:
        frontier = Frontier()
        for n in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
            frontier.extend(tree.leaves(n)[: size - n * TILE_WIDTH])
        root = frontier.root()
    return Head(log, tree.checkpoint.origin, size, root.hex())


def _sizes(
    promised: Mapping[str, int], as_of: str | None, logs: Mapping[str, str]
) -> dict[str, int]:
    """Return the size of every log to read up to, the control log's first."""
    order = sorted(promised, key=lambda log: (log != CONTROL_LOG, log))
    given = dict(promised) if as_of is None else _given_sizes(as_of, logs)
    for log in order:
        if not 0 <= given.get(log, -1) <= promised[log]:
            raise MalformedError(f"log {log}: no size from 0 to {promised[log]} is given")
    return {log: given[log] for log in order}


def _given_sizes(as_of: str, logs: Mapping[str, str]) -> dict[str, int]:
    try:
        if Path(as_of).is_file():
            heads = json.loads(Path(as_of).read_text(encoding="utf-8"))["as_of"]
            return {logs.get(head["origin"], ""): int(head["tree_size"]) for head in heads}
        pairs = [one.split("=") for one in as_of.split(",")]
        return {log: int(size) for log, size in pairs}
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError(
            f"{as_of!r} is neither sizes such as control=700,0=900 nor a report's {TABLES}"
        ) from error
    except OSError as error:
        raise UnavailableError(f"{as_of} cannot be read: {error.strerror}") from error


def check_report(data: Path, folder: Path, observe: Observe = lambda _: None) -> list[str]:
    """Make a report once more of the sizes that it names; return the files that are not the same.

    Files that are missing, and files that no report has, are among them.

    Raises:
        MalformedError: The folder holds no report.
        UnavailableError: Database or tile store is away, or the folder cannot be read.
        VerificationError: An entry is not what was promised, or the ledger has another root.
    """
    tables = folder / TABLES
    try:
        year = int(json.loads(tables.read_text(encoding="utf-8"))["year"])
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError(f"{tables} is no report's") from error
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be read: {error.strerror}") from error
    with TemporaryDirectory() as again:
        make_report(data, year, str(tables), Path(again) / "report", observe)
        made = {path.name: path.read_bytes() for path in (Path(again) / "report").iterdir()}
    return sorted(name for name in {*found, *made} if found.get(name) != made.get(name))


def _given_roots(as_of: str) -> dict[str, bytes]:
    """Return the roots that an earlier report names, by origin; none where sizes are given."""
    if not Path(as_of).is_file():
        return {}
    try:
        heads = json.loads(Path(as_of).read_text(encoding="utf-8"))["as_of"]
        return {str(head["origin"]): bytes.fromhex(head["root"]) for head in heads}
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError(f"{as_of} names no roots") from error


def _check_roots(heads: list[Head], given: Mapping[str, bytes]) -> None:
    for head in heads:
        found = bytes.fromhex(head.root)
        expected = given.get(head.origin, found)
        if expected != found:
            raise RootMismatchError(head.tree_size, expected=expected, found=found)


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (target / name).write_bytes(data)
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}") from error
