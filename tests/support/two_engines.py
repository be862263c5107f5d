"""Two engines over one ledger, with faults and restarts: steps for property tests, and who takes them.

Each step is a tuple whose first member says what it is, so that steps of a test's own world can
stand among them.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from ledger.errors import UnavailableError
from tests.support.ledger_copy import MemorySource
from tests.support.supervision import MemorySender, MemoryTracking, memory_engine

_JUDGE, _RESTART = "judge", "restart"
ENTRIES_MAX: Final = 6  # Of each log in one batch.
engines = st.tuples(
    st.just(_JUDGE),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, ENTRIES_MAX),
    st.sampled_from(["", "", "before", "after"]),
)
restarts = st.tuples(st.just(_RESTART), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)  # Bytes that an engine keeps in memory; an act has some 200.


class TwoEngines:
    """What they sent is in ``sender``; what is promised, ``source`` says."""

    def __init__(self, source: MemorySource, sender: MemorySender, room: int) -> None:
        self.source = source
        self.sender = sender
        self._room = room
        self._tracking = MemoryTracking()
        self._both = [self._started() for _ in range(2)]

    def take(self, step: tuple[Any, ...]) -> bool:
        """Take a step; return False for one of somebody else's."""
        if step[0] == _RESTART:
            self._both[step[1]] = self._started()
        elif step[0] == _JUDGE:
            self._judge(*step[1:])
        else:
            return False
        return True

    def finish(self, which: int) -> None:
        """Let an engine judge all that is there."""
        while self._both[which].supervise_batch().moved:
            pass

    def _judge(self, which: int, entries_max: int, fault: str) -> None:
        self.sender.fault = fault
        try:
            self._both[which].supervise_batch(entries_max)
        except UnavailableError:
            assert fault
        self.sender.fault = ""

    def _started(self) -> Any:
        return memory_engine(self.source, self.sender, self._tracking, self._room)


def sent_in_pieces(logs: Any, steps: list[Any], room: int, data: Any) -> dict[bytes, bytes]:
    """Return what two engines send of a ledger whose logs become visible bit by bit."""
    source = MemorySource(logs)
    source.visible = visible = dict.fromkeys(logs, 0)
    both = TwoEngines(source, MemorySender(), room)
    for step in steps:
        for log, entries in logs.items():
            visible[log] = data.draw(st.integers(visible[log], len(entries)))
        both.take(step)
    source.visible = None
    both.finish(0)
    return both.sender.values
