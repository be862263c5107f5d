"""What was approved to be retrieved (调阅), by retrieval and by window.

Read before: ``ledger/domain/retrieval.py``. Read next: ``retrieval``.

An approval opens a window from and to what it says; an emergency opens one for the hours of the
rule set in force. Moments are microseconds UTC.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.domain.retrieval import Scope, scope_of
from ledger.domain.stream import StreamAct


class Grant(NamedTuple):
    """One window: what may be seen in it, from when, and until when if an approval says so."""

    act: StreamAct
    scope: Scope
    start: int
    end: int | None  # None: an emergency's hours.

    @property
    def is_emergency(self) -> bool:
        """Whether nobody approved it before."""
        return self.end is None


class Accesses:
    """The windows of a matter, and who asked for them."""

    def __init__(self) -> None:
        self.by_window: dict[bytes, Grant] = {}
        self.of_retrieval: dict[str, list[Grant]] = {}
        self.requesters: dict[str, str] = {}

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        payload = item.payload
        if item.event_type == "RetrievalRequested":
            self.requesters[item.act.aggregate_id] = payload["requester"]
        elif item.event_type == "RetrievalApproved":
            self._open(Grant(item, scope_of(payload), payload["from"], payload["to"]))
        elif item.event_type == "EmergencyAccessUsed":
            self._open(Grant(item, scope_of(payload), item.entry.received_at, None))

    def approval(self, retrieval_id: str) -> Grant | None:
        """Return the newest approval of a retrieval."""
        held = reversed(self.of_retrieval.get(retrieval_id, []))
        return next((grant for grant in held if not grant.is_emergency), None)

    def emergency(self, retrieval_id: str) -> Grant | None:
        """Return the emergency of a retrieval that no approval has followed."""
        held = self.of_retrieval.get(retrieval_id, [])
        return held[-1] if held and held[-1].is_emergency else None

    def _open(self, grant: Grant) -> None:
        self.by_window[grant.act.act.event_id] = grant
        self.of_retrieval.setdefault(grant.act.act.aggregate_id, []).append(grant)
