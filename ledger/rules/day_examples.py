"""Examples of day-close rules: acts of several logs, and what a rule says when their days end.

Read before: ``rule_examples``, ``day_close/closing.py``.

An example with ``until`` (an ISO date) is one: its days are closed one by one, from that of the
first act up to ``until``, that day included. Beside what ``rule_examples`` says an act may have
``stream``, ``log`` (else ``0``; ``control`` changes the control log from there on), ``seq`` and
``opened`` (how many openings came with it). ``persons`` are those whom the vault's index knows
under several names, each a list of ``[log, stream, party]``. A finding's ``stream`` says where its
alert lies, its ``since`` (ISO) since when it is so, and its ``by_vault`` whether only the index
shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.domain.control import ControlState
from ledger.domain.control_records import day_of
from ledger.domain.projection import CONTROL_LOG
from ledger.domain.stream import StreamAct, counted_acts
from ledger.rules.day_close.book import DAY_RULES
from ledger.rules.day_close.closing import ClosingDay, Findings
from ledger.rules.day_close.held_rows import HeldRows
from ledger.rules.day_close.rule import DayAct, Person, Place, Ref

_ORIGINS: Final = {
    CONTROL_LOG: "test.ledger/control",
    "0": "test.ledger/log/0",
    "1": "test.ledger/log/1",
}


class ExampleDays:
    """A small ledger whose days are closed.

    Args:
        state: The control log before it.
        acts: Log and act, in the order of receipt; of each log in its order.
        persons: Those that the vault's index knows under several names.
    """

    def __init__(
        self,
        state: ControlState,
        acts: list[tuple[str, StreamAct]],
        persons: Sequence[Sequence[Person]] = (),
    ) -> None:
        self._state = state
        self._acts = acts
        self._persons = persons
        self._come: list[DayAct] = []

    def findings(self, until: int) -> Findings:
        """Return what all days up to ``until`` show, that day included."""
        rows = HeldRows()
        findings = Findings([], [])
        first = day_of(self._acts[0][1].entry.received_at)
        for day in range(first, until + 1):
            closing = ClosingDay(day, DAY_RULES, rows, _ORIGINS)
            for act in self._of_day(day):
                closing.take(act)
            found = closing.close(self._state, self)
            findings = Findings(findings.alerts + found.alerts, findings.missed + found.missed)
            rows.apply(closing.changes())
        return findings

    def _of_day(self, day: int) -> Iterator[DayAct]:
        while self._acts and day_of(self._acts[0][1].entry.received_at) <= day:
            log, item = self._acts.pop(0)
            if log == CONTROL_LOG:
                self._state = self._state.copy()
                self._state.change(item.act, item.payload)
            self._come.append(DayAct(log, item.entry, item.act, item.payload, self._state))
            yield self._come[-1]

    def stream(self, ref: Ref) -> list[StreamAct]:
        """Return the acts that count of the stream of an act."""
        stream = [
            StreamAct(one.entry, one.act, one.payload)
            for one in self._come
            if (one.log, one.entry.stream_id) == (ref.log, ref.stream_id)
        ]
        return counted_acts(stream, self._state, _ORIGINS[ref.log])

    def acts(self, places: Iterable[Place]) -> Iterator[DayAct]:
        """Return acts by log and leaf index."""
        come = {(one.log, one.entry.leaf_index): one for one in self._come}
        return (come[log, leaf_index] for log, leaf_index in places)

    def same_persons(self, parties: Sequence[Person]) -> Iterator[Sequence[Person]]:
        """Return the persons among the parties that have several names."""
        return (one for one in self._persons if any(party in one for party in parties))


def is_of_days(example: Mapping[str, Any]) -> bool:
    """Tell whether an example is judged at the end of its days."""
    return "until" in example
