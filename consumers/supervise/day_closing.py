"""Close the days of a ledger one after the other, over all of its logs.

Read before: ``ledger/rules/day_close/closing.py``. Read next: ``day_tracking``, ``engine``.

A day is over once every log, the control log included, has a promised entry from after its end; a
heartbeat is one. Then its entries are read in the order of receipt, log and leaf index, the control
log first, and folded over what the days before left. So what follows does not depend on which log
was promised first, on batches, or on what was in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Final, NamedTuple, Protocol

from consumers.supervise.derived import day_alert_act, missed_act
from consumers.supervise.judging import Derived, History
from consumers.supervise.log_marks import LogEntries
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.own_acts import is_own_stream
from ledger.domain.control import ControlState
from ledger.domain.control_records import day_of
from ledger.domain.projection import CONTROL_LOG, EntrySource
from ledger.domain.stream import StreamAct, counted_acts, read_stream
from ledger.errors import IncompleteError, UnavailableError
from ledger.rules.calendar import end_of_day
from ledger.rules.day_close.closing import ClosingDay, RowChanges
from ledger.rules.day_close.held_rows import HeldRows, RowStore
from ledger.rules.day_close.rule import (
    DayAct,
    DayRule,
    Person,
    Place,
    Ref,
    Row,
    Rows,
    SamePersons,
)

PAGE_ENTRIES: Final = 500  # Of each log, kept in memory.
STREAMS_MAX: Final = 64  # Of those that are compared at the end of a day, kept in memory.


class DaysMovedError(UnavailableError):
    """Another engine closed days meanwhile, and rules remember something else: begin from there."""


class Closed(NamedTuple):
    """Where the closing of days stands.

    Attributes:
        day: The first day that is not closed, days since 1970-01-01; None: none is yet.
        sizes: How many entries of each log came before it.
    """

    day: int | None
    sizes: Mapping[str, int]


class DayMove(NamedTuple):
    """How it moves, and which rows change with it."""

    start: Closed
    end: Closed
    changes: RowChanges


class DayTracking(Protocol):
    """Keeps which days are closed, and what rules remember of them."""

    def closed(self) -> Closed:
        """Return where it stands. Raises UnavailableError."""
        ...

    def rows(self, closed: Closed, /) -> RowStore:
        """Return what rules remembered when it stood there; rows are read when they are asked for.

        A question to it raises UnavailableError, and DaysMovedError where it stands elsewhere now.
        """
        ...

    def advance(self, move: DayMove, /) -> bool:
        """Keep a move, durably and at once; false if it stands elsewhere than at its start.

        Raises:
            UnavailableError: Whether it is kept is not known.
        """
        ...


class Ledger(NamedTuple):
    """Where the entries of a ledger are.

    Attributes:
        source: Its promised entries.
        origins: Origin of each log.
        streams: The event store of each log.
        control: The control log as it stood at any size.
        same_persons: Asks the vault's index; raises UnavailableError where it cannot be read, and
            then no day is closed.
    """

    source: EntrySource
    origins: Mapping[str, str]
    streams: Mapping[str, LogEntries]
    control: History
    same_persons: SamePersons


class DayCloser:
    """Closes days; not thread-safe.

    Args:
        ledger: Where the entries are.
        rules: The rules, in the order in which they find.
        emitter_id: Name of the platform's key.
    """

    def __init__(self, ledger: Ledger, rules: Sequence[DayRule], emitter_id: str) -> None:
        self._ledger = ledger
        self._rules = rules
        self._emitter_id = emitter_id
        self._wanted = frozenset[str]().union(*(one.event_types or () for one in rules))
        self._newest: dict[str, tuple[int, int]] = {}  # Size and receipt of its last entry.
        self._pages: dict[str, tuple[int, Sequence[Entry]]] = {}
        self.next_day: int | None = None  # The first that is not closed, once it was looked at.
        self.closed = Closed(None, {})
        self._rows = _Remembered(HeldRows())

    def go_on(self, closed: Closed, rows: RowStore) -> None:
        """Go on from somewhere else than after the day that was closed last."""
        self.closed = closed
        self._rows = _Remembered(rows)

    def close_next(self, promised: Mapping[str, int]) -> tuple[DayMove, list[Derived]] | None:
        """Close the next day, in memory; return what changes and what follows, None if it lasts.

        Args:
            promised: How many entries of each log may be read.

        Raises:
            LedgerError: As ``EntrySource.read``, ``KnownMatters.take_in`` and
                ``Ledger.same_persons``; the day stays open.
        """
        day = self._first_day(promised) if self.closed.day is None else self.closed.day
        self.next_day = day
        if day is None or not self._is_over(day, promised):
            return None
        closing = ClosingDay(day, self._rules, self._rows, self._ledger.origins)
        sizes = {log: self.closed.sizes.get(log, 0) for log in promised}
        for log, entry in self._entries(sizes, end_of_day(day), promised):
            sizes[log] = entry.leaf_index + 1
            if entry.control_size > promised[CONTROL_LOG]:
                return None  # The control log was looked at before this entry came.
            self._take(closing, log, entry)
        control = self._ledger.control.at(sizes[CONTROL_LOG])
        found = closing.close(control, _Past(self._ledger, sizes, control, self._acts))
        move = DayMove(self.closed, Closed(day + 1, sizes), closing.changes())
        self.closed = move.end
        self._rows.change(move.changes)
        derived = [Derived(it, day_alert_act(it, self._emitter_id)) for it in found.alerts]
        return move, derived + [
            Derived(it, missed_act(it, self._emitter_id)) for it in found.missed
        ]

    def _first_day(self, promised: Mapping[str, int]) -> int | None:
        """Return the day of the ledger's first entry, None if there is none."""
        if not promised.get(CONTROL_LOG):
            return None
        return day_of(self._entry(CONTROL_LOG, 0).received_at)

    def _is_over(self, day: int, promised: Mapping[str, int]) -> bool:
        """Tell whether every log has an entry from after a day."""
        return all(self._reached(log, promised) >= end_of_day(day) for log in self._ledger.origins)

    def _reached(self, log: str, promised: Mapping[str, int]) -> int:
        """Return when the newest promised entry of a log was received; below 0 if it has none."""
        size = promised.get(log, 0)
        if not size:
            return -1
        known = self._newest.get(log)
        if known is None or known[0] != size:
            known = self._newest[log] = (size, self._entry(log, size - 1).received_at)
        return known[1]

    def _entry(self, log: str, index: int) -> Entry:
        found = self._ledger.source.read(log, index, 1, None).entries
        if not found:
            raise IncompleteError(f"log {log}: entry {index} is not there")
        return decode_entry(found[0].data)

    def _entries(
        self, starts: Mapping[str, int], cut: int, promised: Mapping[str, int]
    ) -> Iterator[tuple[str, Entry]]:
        """Yield the entries before ``cut`` of all logs in their one order."""
        logs = sorted(promised, key=_order)
        streams = [self._of_log(log, starts[log], cut, promised[log]) for log in logs]
        return merge(*streams, key=lambda one: (one[1].received_at, _order(one[0])))

    def _of_log(self, log: str, start: int, cut: int, size: int) -> Iterator[tuple[str, Entry]]:
        while start < size:
            for entry in self._page(log, start, size):
                if entry.received_at >= cut or entry.leaf_index >= size:
                    return
                yield log, entry
                start = entry.leaf_index + 1

    def _page(self, log: str, start: int, size: int) -> Sequence[Entry]:
        """Return some entries from ``start`` on; the next day goes on with the same page."""
        first, held = self._pages.get(log, (0, ()))
        if not first <= start < first + len(held):
            found = self._ledger.source.read(log, start, min(PAGE_ENTRIES, size - start), None)
            held, first = [decode_entry(stored.data) for stored in found.entries], start
            for index, entry in enumerate(held, start=start):
                if entry.leaf_index != index:
                    raise IncompleteError(f"log {log}: {entry.leaf_index} stands at {index}")
            if not held:
                raise IncompleteError(f"log {log}: entry {start} is not there")
            self._pages[log] = first, held
        return held[start - first :]

    def _acts(self, places: Iterable[Place]) -> Iterator[DayAct]:
        for log, leaf_index in places:
            entry = self._entry(log, leaf_index)
            control = self._ledger.control.at(entry.control_size)
            yield DayAct(log, entry, decode_act(entry.act), {}, control)

    def _take(self, closing: ClosingDay, log: str, entry: Entry) -> None:
        if is_own_stream(entry.stream_id):
            return
        act = decode_act(entry.act)
        control = self._ledger.control.at(entry.control_size)
        payload = {}
        if act.event_type in self._wanted:
            if (act.event_type, act.schema_version) not in control.schemas:
                return  # The ledger's own, made before its schema was published.
            payload = control.codec(act.event_type, act.schema_version).decode(act.payload)
        closing.take(DayAct(log, entry, act, payload, control))


class _Remembered:
    """Satisfies ``RowStore``: what days that are not kept yet changed, over what is kept."""

    def __init__(self, kept: RowStore) -> None:
        self._kept = kept
        self._rows: dict[str, Rows] = {}

    def of(self, rule_id: str) -> Rows:
        if rule_id not in self._rows:
            self._rows[rule_id] = Rows(self._kept.of(rule_id))
        return self._rows[rule_id]

    def change(self, changes: RowChanges) -> None:
        for (rule_id, key), row in changes.items():
            self.of(rule_id).changes[key] = row


class _Past:
    """The acts of a ledger as they stood at the end of a day; a few streams are kept."""

    def __init__(
        self,
        ledger: Ledger,
        sizes: Mapping[str, int],
        control: ControlState,
        acts: Callable[[Iterable[Place]], Iterator[DayAct]],
    ) -> None:
        self._ledger = ledger
        self._acts = acts
        self._sizes = sizes
        self._control = control
        self._counted: OrderedDict[tuple[str, str], list[StreamAct]] = OrderedDict()

    def acts(self, places: Iterable[Place]) -> Iterator[DayAct]:
        """Return acts by log and leaf index. Raises as ``stream``."""
        return self._acts(places)

    def stream(self, ref: Ref) -> list[StreamAct]:
        """Return the acts that count of an act's stream. Raises as ``KnownMatters.take_in``."""
        key = (ref.log, ref.stream_id)
        if key not in self._counted:
            self._counted[key] = self._read(*key)
            if len(self._counted) > STREAMS_MAX:
                self._counted.popitem(last=False)
        return self._counted[key]

    def same_persons(self, parties: Sequence[Person]) -> Iterable[Iterable[Person]]:
        """Return which parties are one person. Raises as ``Ledger.same_persons``."""
        return self._ledger.same_persons(parties)

    def _read(self, log: str, stream_id: str) -> list[StreamAct]:
        found = self._ledger.streams[log].stream_entries(stream_id)
        until = [data for data in found if decode_entry(data).leaf_index < self._sizes[log]]
        acts = read_stream(until, self._control)
        origin = self._ledger.origins[log]
        return counted_acts(acts, self._control, origin)


def _order(log: str) -> tuple[bool, int]:
    """Return the place of a log among those that received at the same moment."""
    return (log != CONTROL_LOG, 0 if log == CONTROL_LOG else int(log))


def joined(moves: Sequence[DayMove]) -> DayMove:
    """Return one move for several that follow each other."""
    changes: dict[tuple[str, str], Row | None] = {}
    for move in moves:
        changes |= move.changes
    return DayMove(moves[0].start, moves[-1].end, changes)


def close_all(
    closer: DayCloser, promised: Mapping[str, int], is_due: Callable[[int], bool]
) -> Iterator[tuple[Derived, bool]]:
    """Close every day that is over; yield what follows, and whether the engine is done with it."""
    held = HeldRows()
    closer.go_on(closer.closed, held)
    while (found := closer.close_next(promised)) is not None:
        move, derived = found
        held.apply(move.changes)
        closer.go_on(move.end, held)
        assert move.end.day is not None
        for one in derived:
            yield one, is_due(move.end.day)
