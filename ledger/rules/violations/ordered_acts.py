"""Acts by a key, each list in an order: found, added and taken out by halving.

Read before: ``ledger/domain/stream.py``. Read next: ``matter``.

An act can be taken out again where it stands, so an annulment costs no more than an act, however
many there are; made anew with the same acts, the same answers come.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from ledger.domain.stream import StreamAct

KeyT = TypeVar("KeyT", bound=Hashable)
Order: TypeAlias = tuple[int, int]


def by_receipt(item: StreamAct) -> Order:
    """Order acts as they came into the stream."""
    return item.entry.stream_version, 0


def by_time(item: StreamAct) -> Order:
    """Order acts as they happened, those of one moment as they came."""
    return item.act.occurred_at, item.entry.stream_version


_NONE: Final[Sequence[StreamAct]] = ()


class OrderedActs(Generic[KeyT]):
    """Acts by a key.

    Args:
        order: What the acts of one key are ordered by; an act has one place for ever.
    """

    def __init__(self, order: Callable[[StreamAct], Order]) -> None:
        self._order = order
        self._acts: dict[KeyT, list[StreamAct]] = {}

    def add(self, key: KeyT, item: StreamAct) -> None:
        """Put an act where it belongs."""
        insort(self._acts.setdefault(key, []), item, key=self._order)

    def remove(self, key: KeyT, item: StreamAct) -> None:
        """Take an act out."""
        acts = self._acts[key]
        place = bisect_left(acts, self._order(item), key=self._order)
        while acts[place].act.event_id != item.act.event_id:
            place += 1
        del acts[place]
        if not acts:
            del self._acts[key]

    def of(self, key: KeyT) -> Sequence[StreamAct]:
        """Return the acts of a key, ascending."""
        return self._acts.get(key, _NONE)

    def first(self, key: KeyT) -> StreamAct | None:
        """Return the first act of a key."""
        acts = self._acts.get(key)
        return acts[0] if acts else None

    def last(self, key: KeyT) -> StreamAct | None:
        """Return the last act of a key."""
        acts = self._acts.get(key)
        return acts[-1] if acts else None

    def has(self, keys: Iterable[KeyT]) -> bool:
        """Tell whether one of these keys has an act."""
        return any(key in self._acts for key in keys)
