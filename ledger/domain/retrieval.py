"""Retrievals (调阅) of a matter: request, approved window, accesses, end.

Read before: ``stream``. Read next: ``ledger/rules/gate_rules.py``.

A window is named by the event id of what opened it: an approval, or an emergency access, which
opens one for hours and has to be ratified. Scope is explicit lists of ids; a word that means
"everything" does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.domain.control_records import HOUR_MICROS
from ledger.domain.stream import StreamAct


class Scope(NamedTuple):
    """What may be seen, as ids."""

    media_ids: frozenset[str]
    doc_ids: frozenset[str]
    fields: frozenset[str]

    def covers(self, other: Scope) -> bool:
        """Tell whether everything in ``other`` is in here."""
        return all(theirs <= ours for ours, theirs in zip(self, other, strict=True))

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing."""
        return not any(self)


class Window(NamedTuple):
    """Who may see what, from when to when (microseconds UTC)."""

    person: str
    scope: Scope
    mode: str  # VIEW, COPY or ORIGINAL
    start: int
    end: int


@dataclass
class Retrieval:
    """One retrieval after the acts folded so far."""

    retrieval_id: str
    state: str = "NONE"  # REQUESTED, APPROVED, REJECTED, CLOSED
    requester: str | None = None
    scope: Scope | None = None
    mode: str | None = None
    windows: dict[bytes, Window] = field(default_factory=dict)
    accesses: dict[str, bool] = field(default_factory=dict)  # Access id -> still open.


def scope_of(payload: Mapping[str, Any]) -> Scope:
    """Return the scope in a payload."""
    scope = payload["scope"]
    return Scope(
        frozenset(scope["mediaIds"]), frozenset(scope["docIds"]), frozenset(scope["fields"])
    )


def fold_retrievals(acts: Iterable[StreamAct], emergency_hours: int) -> dict[str, Retrieval]:
    """Return the retrievals of a matter by id.

    Args:
        acts: Acts of the stream, in their order.
        emergency_hours: How long an emergency access is open, from the rule set.
    """
    retrievals: dict[str, Retrieval] = {}
    for item in acts:
        if item.act.aggregate_type == "Retrieval":
            retrieval_id = item.act.aggregate_id
            held = retrievals.setdefault(retrieval_id, Retrieval(retrieval_id))
            _apply(held, item, emergency_hours)
    return retrievals


def _apply(held: Retrieval, item: StreamAct, emergency_hours: int) -> None:
    event_type, payload = item.event_type, item.payload
    if event_type == "RetrievalRequested":
        held.state = "REQUESTED"
        held.requester = payload["requester"]
        held.scope = scope_of(payload)
        held.mode = payload["mode"]
    elif event_type == "RetrievalApproved":
        held.state = "APPROVED"
        held.windows[item.act.event_id] = Window(
            held.requester or "", scope_of(payload), payload["mode"], payload["from"], payload["to"]
        )
    elif event_type == "RetrievalRejected":
        held.state = "REJECTED"
    elif event_type == "EmergencyAccessUsed":
        start = item.entry.received_at
        end = start + emergency_hours * HOUR_MICROS
        held.windows[item.act.event_id] = Window(
            payload["who"], scope_of(payload), "VIEW", start, end
        )
    elif event_type == "RecordAccessed":
        held.accesses[payload["accessId"]] = True
    elif event_type == "RecordAccessEnded":
        held.accesses[payload["accessId"]] = False
    elif event_type == "RetrievalClosed":
        held.state = "CLOSED"
