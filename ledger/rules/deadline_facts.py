"""What an act says to the rows of deadlines: values, conditions, keys, and what it is about.

Read before: ``ledger/domain/deadline_rules.py``. Read next: ``deadline_instance``.

An act may be about another one of the same stream: a service about a decision, a publication
about what it publishes. ``SourceMemory`` keeps those others, so that a row can ask for their
dates and kinds. Nothing is looked up outside the acts that were given; what is not there is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ledger.domain.control_records import day_of
from ledger.domain.deadline_rules import Condition, DeadlineRules, Path, Ref
from ledger.domain.stream import StreamAct

# Values of the paths of a key; None where an act does not say.
Key: TypeAlias = tuple[str | None, ...]

_PROVINCE: Final = slice(2, 4)  # Of a credit code: the first two digits of its region.


class SourceMemory:
    """The acts that others are about, as far as the stream has come."""

    def __init__(self) -> None:
        self._by_event: dict[bytes, StreamAct] = {}
        self._by_number: dict[str, StreamAct] = {}
        self._by_aggregate: dict[str, tuple[bytes, StreamAct | None]] = {}
        self._last: dict[tuple[str, str], StreamAct] = {}

    def read(self, item: StreamAct, rules: DeadlineRules) -> Reading:
        """Take in the next act and return how it reads."""
        act = item.act
        if item.event_type in rules.kept:
            self._last[item.event_type, act.aggregate_id] = item
        event_id, source = self._source(item, rules)
        if event_id is not None:
            self._by_aggregate[act.aggregate_id] = event_id, source
        return Reading(item, event_id, source, self._last)

    def _source(
        self, item: StreamAct, rules: DeadlineRules
    ) -> tuple[bytes | None, StreamAct | None]:
        if item.event_type in rules.sources:
            self._keep(item, rules.sources[item.event_type])
            return item.act.event_id, item
        path = rules.refers.get(item.event_type)
        if path is None:
            return self._by_aggregate.get(item.act.aggregate_id, (None, None))
        named = next(_walk(item.payload, path.steps), None)
        if isinstance(named, bytes):
            return named, self._by_event.get(named)
        source = self._by_number.get(str(named))
        return (None, None) if source is None else (source.act.event_id, source)

    def _keep(self, item: StreamAct, number: Path | None) -> None:
        self._by_event[item.act.event_id] = item
        if number is not None:
            for value in _walk(item.payload, number.steps):
                self._by_number[str(value)] = item


class Reading:
    """One act as rows read it."""

    def __init__(
        self,
        item: StreamAct,
        source_id: bytes | None,
        source: StreamAct | None,
        last: Mapping[tuple[str, str], StreamAct],
    ) -> None:
        self.item = item
        self._source_id = source_id
        self._source = source
        self._last = last

    def fits(self, ref: Ref) -> bool:
        """Tell whether all conditions of a row hold."""
        return all(self._holds(test) for test in ref.when)

    def key(self, paths: Iterable[Path]) -> Key:
        """Return the values by which acts find their deadline."""
        return tuple(None if (it := self.first((path,))) is None else _text(it) for path in paths)

    def first(self, paths: Iterable[Path]) -> Any:
        """Return the first value of the first path that has one; None if none has."""
        return next((value for path in paths for value in self.values(path)), None)

    def values(self, path: Path) -> Iterator[Any]:
        """Yield what stands at a path, None left out; a list's members one by one."""
        if path.steps[0].startswith("="):
            yield path.steps[0][1:]
        elif path.steps[0] == "$source":
            yield from () if self._source_id is None else (self._source_id,)
        elif (item := self._item(path.of)) is not None:
            yield from _special(item, path.steps[0]) or _walk(item.payload, path.steps)

    def _item(self, of: str) -> StreamAct | None:
        if of == "source":
            return self._source
        return self._last.get((of, self.item.act.aggregate_id)) if of else self.item

    def _holds(self, test: Condition) -> bool:
        found = list(self.values(test.path))
        if test.op == "in":
            return any(value in test.values for value in found)
        if test.op == "not":
            return all(value not in test.values for value in found)
        if test.op == "beyond":
            return any(value not in test.values for value in found)
        if test.op == "absent":
            return (not found) is bool(test.values[0])
        home = self.item.act.agency_id[_PROVINCE]
        is_other = any(str(value)[_PROVINCE] != home for value in found)
        return is_other is bool(test.values[0])


def _special(item: StreamAct, name: str) -> tuple[Any, ...]:
    """Return what a word with a dollar sign stands for; empty for the name of a field."""
    act = item.act
    if name == "$event":
        return (act.event_id,)
    if name == "$received":
        return (item.entry.received_at,)
    if name == "$aggregate":
        return (act.aggregate_id,)
    if name == "$aggregateType":
        return (act.aggregate_type,)
    if name == "$type":
        return (act.event_type,)
    if name == "$item":
        return () if act.item_code is None else (act.item_code,)
    return (day_of(act.occurred_at),) if name == "$day" else ()


def _walk(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for member in value:
            yield from _walk(member, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, Mapping):
        yield from _walk(value.get(steps[0]), steps[1:])


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
