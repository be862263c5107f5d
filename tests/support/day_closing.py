"""Days of a ledger in memory, closed by the engine's own code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.day_closing import Closed, DayCloser, DayMove, DaysMovedError, Ledger
from consumers.supervise.engine import SupervisionEngine
from consumers.supervise.judging import Derived, Judging
from ledger.errors import UnavailableError
from ledger.rules.day_close.book import DAY_RULES
from ledger.rules.day_close.held_rows import HeldRows, RowStore
from ledger.rules.day_close.rule import DayRule, Person, Row, RowBase, SamePersons
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.supervision import MemorySender, MemoryTracking, memory_matters


class MemoryDayTracking:
    """Satisfies ``DayTracking``; as durable as a test."""

    def __init__(self) -> None:
        self.kept = Closed(None, {})
        self.held: dict[tuple[str, str], Row] = {}
        self.sorted = HeldRows()

    def closed(self) -> Closed:
        """Return where it stands."""
        return self.kept

    def rows(self, closed: Closed) -> RowStore:
        """Return what rules remembered when it stood there."""
        return _KeptRows(self, closed.day)

    def advance(self, move: DayMove) -> bool:
        """Keep a move that begins where it stands."""
        if move.start.day != self.kept.day:
            return False
        self.kept = move.end
        for key, row in move.changes.items():
            self.held.pop(key, None)
            if row is not None:
                self.held[key] = json.loads(json.dumps(row))
        self.sorted = HeldRows()
        self.sorted.apply(self.held)
        return True


class _KeptRows(NamedTuple):
    """Satisfies ``RowStore`` while the days stand where they stood."""

    days: MemoryDayTracking
    day: int | None

    def of(self, rule_id: str) -> RowBase:
        return _RuleRows(self, rule_id)


class _RuleRows(NamedTuple):
    """Satisfies ``RowBase``."""

    kept: _KeptRows
    rule_id: str

    def get(self, key: str) -> Row | None:
        return self._base().get(key)

    def items(self, start: str = "") -> Iterator[tuple[str, Row]]:
        yield from self._base().items(start)

    def _base(self) -> RowBase:
        if self.kept.days.kept.day != self.kept.day:
            raise DaysMovedError("another engine closed days")
        return self.kept.days.sorted.of(self.rule_id)


class MemoryPersons:
    """The vault's index: parties by number; what it was asked, and whether it is away."""

    def __init__(self) -> None:
        self.by_number: dict[tuple[str, str], list[Person]] = {}
        self.asked: list[Person] = []
        self.is_away = False

    def know(self, scheme: str, number: str, *parties: Person) -> None:
        """Take in whose number it is."""
        held = self.by_number.setdefault((scheme, number), [])
        held += [one for one in parties if one not in held]

    def same_persons(self, parties: Sequence[Person]) -> Iterator[Sequence[Person]]:
        """Yield the persons among the parties that have several names."""
        if self.is_away:
            raise UnavailableError("PostgreSQL is away")
        self.asked += parties
        for held in self.by_number.values():
            if len(held) > 1 and any(one in held for one in parties):
                yield held


def memory_closer(
    source: MemorySource,
    rules: Sequence[DayRule] = DAY_RULES,
    same_persons: SamePersons = lambda _: (),
) -> DayCloser:
    """Return what closes the days of a ledger in memory; nobody is the same person by default."""
    matters = memory_matters(source)
    ledger = Ledger(source, matters.origins, matters.streams, matters.control, same_persons)
    return DayCloser(ledger, rules, PLATFORM.name)


def day_engine(
    source: MemorySource,
    sender: MemorySender,
    tracking: MemoryTracking,
    days: MemoryDayTracking,
    same_persons: SamePersons = lambda _: (),
) -> SupervisionEngine:
    """Return an engine that closes days too, started just now."""
    judging = Judging(memory_matters(source), PLATFORM.name)
    closed = ClosedDays(memory_closer(source, same_persons=same_persons), days)
    return SupervisionEngine(source, judging, sender, tracking, closed)


def days_closed_anew(logs: Mapping[str, Sequence[bytes]]) -> dict[bytes, bytes]:
    """Return what follows from the days of a whole ledger: act bytes by event id."""
    sender, days = MemorySender(), MemoryDayTracking()
    source = MemorySource(logs)
    closed = ClosedDays(memory_closer(source), days)
    derived: list[Derived] = []
    while closed.close_some(source.sizes(), 1, derived):
        closed.keep()
    sender.send([one.act for one in derived])
    return sender.values
