"""A matter while its acts arrive: what rules look up without reading the stream again.

Read before: ``rule``, ``ordered_acts``. Read next: ``engine``.

Every answer costs the same for the twentieth act of a case and for the two-thousandth: acts are
found by type, by id and by aggregate, and each family of rules keeps a part of its own that takes
in one act at a time. A part must be a pure function of the acts, in their order.

An act that is annulled or corrected is taken out where it stands. A part that cannot do so is made
again from the acts that are left, but not before a rule asks for it: many annulments in a row cost
one such making, and those rules that look at every act ask only for parts that can.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol, TypeVar, cast, runtime_checkable

from ledger.domain.stream import StreamAct
from ledger.rules.violations.ordered_acts import OrderedActs, by_receipt


class Part(Protocol):
    """What one family of rules remembers of a matter."""

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        ...


@runtime_checkable
class LastingPart(Part, Protocol):
    """A part that need not be made again when an act is annulled or corrected.

    Its ``apply`` takes in an act at its own place too, not only behind all others.
    """

    def forget(self, item: StreamAct) -> None:
        """Be as if an act that was taken in had not come."""
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
        self._acts: list[StreamAct] = []  # In the order of the stream.
        self._by_id: dict[bytes, StreamAct] = {}
        self._of_type: OrderedActs[str] = OrderedActs(by_receipt)
        self._of_aggregate: OrderedActs[tuple[str, str]] = OrderedActs(by_receipt)
        self._parts: dict[type[Part], Part] = {kind: kind() for kind in parts}
        self._stale: set[type[Part]] = set()  # To be made again when a rule asks.

    @property
    def acts(self) -> Sequence[StreamAct]:
        """The acts, in the order of the stream."""
        return self._acts

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        self._acts.append(item)
        self._enter(item)
        for kind, part in self._parts.items():
            if kind not in self._stale:
                part.apply(item)

    def forget(self, event_id: bytes) -> None:
        """Be as if an act that is there had not come."""
        item = self._by_id.pop(event_id)
        del self._acts[self._place(item)]
        self._of_type.remove(item.event_type, item)
        self._of_aggregate.remove((item.act.aggregate_id, item.event_type), item)
        for kind, part in self._parts.items():
            if isinstance(part, LastingPart):
                part.forget(item)
            else:
                self._stale.add(kind)

    def restore(self, item: StreamAct) -> None:
        """Take in an act that was forgotten, as it reads now, at its place in the stream."""
        self._acts.insert(self._place(item), item)
        self._enter(item)
        for kind, part in self._parts.items():
            if isinstance(part, LastingPart):
                part.apply(item)
            else:
                self._stale.add(kind)

    def has(self, *event_types: str) -> bool:
        """Tell whether an act of one of these types is there."""
        return self._of_type.has(event_types)

    def first(self, event_type: str) -> StreamAct | None:
        """Return the first act of a type."""
        return self._of_type.first(event_type)

    def last(self, event_type: str) -> StreamAct | None:
        """Return the newest act of a type."""
        return self._of_type.last(event_type)

    def act(self, event_id: bytes) -> StreamAct | None:
        """Return the act with this event id."""
        return self._by_id.get(event_id)

    def last_of(self, aggregate_id: str, event_type: str) -> StreamAct | None:
        """Return the newest act of a type about one aggregate."""
        return self._of_aggregate.last((aggregate_id, event_type))

    def part(self, kind: type[PartT]) -> PartT:
        """Return what a family of rules remembers."""
        if kind in self._stale:
            self._stale.remove(kind)
            made = self._parts[kind] = kind()
            for item in self._acts:
                made.apply(item)
        return cast("PartT", self._parts[kind])

    def _enter(self, item: StreamAct) -> None:
        self._by_id[item.act.event_id] = item
        self._of_type.add(item.event_type, item)
        self._of_aggregate.add((item.act.aggregate_id, item.event_type), item)

    def _place(self, item: StreamAct) -> int:
        """Return where an act stands, or would."""
        return bisect_left(self._acts, by_receipt(item), key=by_receipt)
