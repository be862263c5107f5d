"""Judge promised entries one after the other, and say which acts follow from them.

Read before: ``derived``, ``matters``. Read next: ``engine``.

Pure but for what it reads: the same entries give the same acts, in whatever batches they come and
whatever was in memory before.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from consumers.emitter.submission import UnsealedAct
from consumers.supervise.derived import alert_act
from ledger.chain.entry import Entry
from ledger.chain.own_acts import is_own_stream
from ledger.rules.violations.engine import Alert


class AlertedEntries(Protocol):
    """Something that takes entries into their matters."""

    def take_in(self, log: str, entry: Entry, /) -> list[Alert]:
        """Return the alerts that an entry raises; entries of a log come in its order."""
        ...


class Derived(NamedTuple):
    """One alert and the act that raises it."""

    alert: Alert
    act: UnsealedAct


class Judging:
    """Turns entries into derived acts.

    Args:
        matters: Takes entries into their matters.
        emitter_id: Name of the platform's key.
    """

    def __init__(self, matters: AlertedEntries, emitter_id: str) -> None:
        self._matters = matters
        self._emitter_id = emitter_id

    def derive(self, log: str, entry: Entry) -> list[Derived]:
        """Return what follows from the next entry of a log. Raises as ``KnownMatters.take_in``."""
        if is_own_stream(entry.stream_id):  # Nobody may write there, and no rule concerns it.
            return []
        alerts = self._matters.take_in(log, entry)
        return [Derived(alert, alert_act(alert, self._emitter_id)) for alert in alerts]
