"""The facts of one stream: what is known now, and what was known before it changed.

Read before: ``view``. Read next: ``folding``.

A fact is never changed: what was known of it ends, and what is known now begins. So a question as
of an earlier moment has the answer that was given then, whatever came after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from projections.indicators.definitions import Indicator, indicators
from projections.indicators.view import FACTS, NEVER, FactRow
from projections.rows import Rows
from projections.tables import StreamKey

FactName = tuple[str, str]  # Indicator and key.
_UNSET: Final = -1


class StreamFacts(Protocol):
    """The facts of one stream as a fold sees them."""

    def get(self, indicator: Indicator, key: str) -> FactRow | None:
        """Return a fact as it is known."""
        ...

    def put(self, row: FactRow) -> None:
        """Know a fact as this row from now on."""
        ...


class KnownFacts:
    """The facts as an entry finds them, in the rows of the view.

    Args:
        rows: Of the view.
        stream: Log and id.
        at: ``receivedAt`` of the entry.
    """

    def __init__(self, rows: Rows, stream: StreamKey, at: int) -> None:
        self._rows = rows
        self._stream = stream
        self._at = at

    def get(self, indicator: Indicator, key: str) -> FactRow | None:
        """Return a fact as it is known."""
        return self.find((indicator.id, key))

    def find(self, name: FactName) -> FactRow | None:
        """Return a fact as it is known, by indicator and key."""
        return self._rows.get(FACTS, (*self._stream, *name, NEVER))

    def put(self, row: FactRow) -> None:
        """Know a fact as this row from this entry on."""
        before = self.find((row.indicator_id, row.fact_key))
        if before is not None:
            if _is_same(before, row):
                return
            self._end(before)
        self._rows.put(FACTS, row._replace(known_from=self._at, known_to=NEVER))

    def end(self, name: FactName) -> None:
        """Know no more of a fact from this entry on."""
        before = self.find(name)
        if before is not None:
            self._end(before)
            self._rows.delete(FACTS, FACTS.key_of(before))

    def _end(self, before: FactRow) -> None:
        # What began with the same moment was never known to anybody.
        if before.known_from < self._at:
            self._rows.put(FACTS, before._replace(known_to=self._at))


class FactsAgain:
    """The facts while the acts of a stream that count are taken in once more.

    Indicators that look at every act keep no acts for that: each of their facts follows from its
    own act and from alerts, and is as it was without them.
    """

    def __init__(self, known: KnownFacts) -> None:
        self._known = known
        self._rows: dict[FactName, FactRow] = {}

    def get(self, indicator: Indicator, key: str) -> FactRow | None:
        """Return a fact as far as the acts were taken in."""
        name = indicator.id, key
        if name not in self._rows and indicator.is_of_every_act:
            row = self._known.find(name)
            if row is not None:
                met_by = row.event_id if row.is_met else None
                self._rows[name] = row._replace(
                    is_failed=False, failed_event_id=None, met_event_id=met_by
                )
        return self._rows.get(name)

    def put(self, row: FactRow) -> None:
        """Know a fact as this row."""
        self._rows[row.indicator_id, row.fact_key] = row

    def take_over(self, names: Iterable[FactName]) -> None:
        """Let what came out be known from now on.

        Args:
            names: Facts that the acts could have made.
        """
        for name in sorted({*names, *self._rows}):
            row = self._rows.get(name)
            if row is not None:
                self._known.put(row)
            elif not indicators()[name[0]].is_of_every_act:
                self._known.end(name)


def _is_same(one: FactRow, other: FactRow) -> bool:
    return one._replace(known_from=_UNSET, known_to=_UNSET) == other._replace(
        known_from=_UNSET, known_to=_UNSET
    )
