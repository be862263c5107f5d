"""Where deadlines and the acts that came before them are found without a search.

Read before: ``deadline_instance``. Read next: ``deadlines``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple, TypeAlias

from ledger.domain.control_records import DAY_MICROS, SHANGHAI_MICROS
from ledger.rules.deadline_facts import Key
from ledger.rules.deadline_instance import Fact, Running

Place: TypeAlias = tuple[str, Key | None]  # A deadline's id and a key, None for any.
Row: TypeAlias = tuple[str, str]  # Version of the rule set, and the deadline's id.


class Unsettled:
    """Deadlines whose state an act can still change, by row and key."""

    def __init__(self) -> None:
        self._rows: dict[Row, dict[Key, dict[str, Running]]] = {}

    def has(self, row: Row) -> bool:
        """Tell whether a row has any."""
        return bool(self._rows.get(row))

    def find(self, row: Row, key: Key | None) -> list[Running]:
        """Return those of a row with this key, all of them for None."""
        groups = self._rows.get(row, {})
        if key is not None:
            return list(groups.get(key, {}).values())
        return [running for group in groups.values() for running in group.values()]

    def add(self, running: Running) -> None:
        """Add one; again is harmless."""
        groups = self._rows.setdefault((running.rule_set_version, running.rule.id), {})
        groups.setdefault(running.key, {})[running.id] = running

    def remove(self, running: Running) -> None:
        """Take one out; again is harmless."""
        groups = self._rows.get((running.rule_set_version, running.rule.id), {})
        group = groups.get(running.key, {})
        group.pop(running.id, None)
        if not group:
            groups.pop(running.key, None)


class _Early(NamedTuple):
    """An act that fulfils, ordered by when it happened."""

    occurred_at: int
    received_at: int
    event_id: bytes
    part: int


class EarlyActs:
    """Acts that fulfil something of which the trigger has not come, by row and key.

    Reports do not come in the order of what they report; and what has to precede an event, as
    the notice a hearing, always comes before.
    """

    def __init__(self) -> None:
        self._acts: dict[Place, list[_Early]] = {}
        self._places: dict[bytes, list[tuple[Place, _Early]]] = {}

    def keep(self, place: Place, fact: Fact, part: int) -> None:
        """Keep an act for a row; without a key for whatever starts."""
        early = _Early(*_ordered(fact), part)
        insort(self._acts.setdefault(place, []), early)
        self._places.setdefault(fact.event_id, []).append((place, early))

    def forget(self, event_id: bytes) -> None:
        """Let an act fulfil nothing that has not started yet."""
        for place, early in self._places.pop(event_id, ()):
            self._drop(place, early)

    def take(self, running: Running) -> list[Fact]:
        """Let those acts fulfil a new deadline that can; return them.

        The first after its start counts, of a backward one the last before the event.
        """
        taken = []
        for key in (running.key, None):
            acts = self._acts.get((running.rule.id, key), [])
            for early in self._candidates(acts, running):
                fact = Fact(early.event_id, early.occurred_at, early.received_at)
                if running.is_settled:
                    break
                if early.part not in running.fulfilled and running.fulfil(early.part, fact):
                    taken.append(fact)
                    if key is not None and not running.rule.is_backward:
                        self._drop((running.rule.id, key), early)
        return taken

    def _drop(self, place: Place, early: _Early) -> None:
        acts = self._acts.get(place, [])
        found = bisect_left(acts, early)
        if acts[found : found + 1] == [early]:  # Else it was used up.
            del acts[found]

    def _candidates(self, acts: list[_Early], running: Running) -> list[_Early]:
        if running.rule.is_backward:
            end = bisect_left(acts, (running.trigger.occurred_at + 1,))
            found = (acts[number] for number in range(end - 1, -1, -1))
        else:
            first = bisect_left(acts, (running.earliest_day * DAY_MICROS - SHANGHAI_MICROS,))
            found = (acts[number] for number in range(first, len(acts)))
        wanted, parts = [], set(running.rule.parts)
        for early in found:
            if not parts:
                break
            if early.part in parts:
                wanted.append(early)
                parts.discard(early.part)
        return wanted


class Precedents:
    """Acts without which none of a row starts, by row and key."""

    def __init__(self) -> None:
        self._acts: dict[Place, set[bytes]] = {}
        self._places: dict[bytes, list[Place]] = {}

    def keep(self, place: Place, event_id: bytes) -> None:
        """Keep an act for a row; without a key for whatever may start."""
        self._acts.setdefault(place, set()).add(event_id)
        self._places.setdefault(event_id, []).append(place)

    def forget(self, event_id: bytes) -> None:
        """Let nothing start by an annulled act."""
        for place in self._places.pop(event_id, ()):
            self._acts[place].discard(event_id)

    def has(self, rule_id: str, key: Key) -> bool:
        """Tell whether one is there for a key of a row."""
        return bool(self._acts.get((rule_id, None)) or self._acts.get((rule_id, key)))


def _ordered(fact: Fact) -> tuple[int, int, bytes]:
    return fact.occurred_at, fact.received_at, fact.event_id
