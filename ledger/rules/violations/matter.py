"""A matter while its acts arrive: what rules look up without reading the stream again.

Read before: ``rule``. Read next: ``engine``.

Every answer costs the same for the twentieth act of a case and for the two-thousandth: acts are
found by type, by id and by aggregate, and each family of rules keeps a part of its own that takes
in one act at a time. A part must be a pure function of the acts, in their order.
"""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from ledger.domain.stream import StreamAct


class Part(Protocol):
    """What one family of rules remembers of a matter."""

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        ...


PartT = TypeVar("PartT", bound=Part)


class Matter:
    """The acts of one stream that count, so far.

    Args:
        stream_id: Id of the stream.
        parts: Kinds of parts to keep; each is made without arguments.
    """

    def __init__(self, stream_id: str, parts: tuple[type[Part], ...] = ()) -> None:
        self.stream_id = stream_id
        self.acts: list[StreamAct] = []
        self._first: dict[str, StreamAct] = {}
        self._last: dict[str, StreamAct] = {}
        self._by_id: dict[bytes, StreamAct] = {}
        self._of_aggregate: dict[tuple[str, str], StreamAct] = {}
        self._parts: dict[type[Part], Part] = {kind: kind() for kind in parts}

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        self.acts.append(item)
        self._first.setdefault(item.event_type, item)
        self._last[item.event_type] = item
        self._by_id[item.act.event_id] = item
        self._of_aggregate[item.act.aggregate_id, item.event_type] = item
        for part in self._parts.values():
            part.apply(item)

    def has(self, *event_types: str) -> bool:
        """Tell whether an act of one of these types is there."""
        return any(event_type in self._first for event_type in event_types)

    def first(self, event_type: str) -> StreamAct | None:
        """Return the first act of a type."""
        return self._first.get(event_type)

    def last(self, event_type: str) -> StreamAct | None:
        """Return the newest act of a type."""
        return self._last.get(event_type)

    def act(self, event_id: bytes) -> StreamAct | None:
        """Return the act with this event id."""
        return self._by_id.get(event_id)

    def last_of(self, aggregate_id: str, event_type: str) -> StreamAct | None:
        """Return the newest act of a type about one aggregate."""
        return self._of_aggregate.get((aggregate_id, event_type))

    def part(self, kind: type[PartT]) -> PartT:
        """Return what a family of rules remembers."""
        return cast("PartT", self._parts[kind])
