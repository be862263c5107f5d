"""What a log may make itself, and what nobody else may.

Read before: docs/spec/entry.md, ``entry``, ``act``. Read next: ``careful_bundle``, ``receipt``.

The checkpoint is the only signature over what a log made. So that its key is no agency's, an
entry without a submission must be one of a few types, in a place and with fields that leave
nothing to choose but the payload; and of those types and in the log's own streams nothing else
counts. Trusts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.chain.act import Act
from ledger.chain.entry import Entry
from ledger.chain.ids import ledger_event_id

BIRTH_TYPE: Final = "LedgerCreated"
BIRTH_STREAM: Final = "ledger"
LOG_STREAM_START: Final = "log:"
_OF_THE_LOG: Final = frozenset({"LogHeartbeat", "EventsRejected"})
_OF_A_STREAM: Final = frozenset(
    {
        "GateRefused",
        "MajorDecisionAssessed",
        "DecisionGateCleared",
        "DecisionGateRefused",
        "OpeningsCompleted",
    }
)
OWN_TYPES: Final = frozenset({BIRTH_TYPE}) | _OF_THE_LOG | _OF_A_STREAM
_AGGREGATE_TYPE: Final = "Ledger"
# An own act says nothing in these; ``causationId`` may name the event concerned.
_EMPTY_FIELDS: Final = {
    "expected_version": "expectedVersion",
    "delegate_id": "delegateId",
    "emitter_seq": "emitterSeq",
    "late_entry": "lateEntry",
    "correlation_id": "correlationId",
    "case_id": "caseId",
    "item_code": "itemCode",
}


def own_fault(entry: Entry, act: Act, origin: str, operator: str | None) -> str | None:
    """Return why an entry without a submission is not the log's own, None if it is.

    Args:
        entry: The entry.
        act: Its act.
        origin: The log's origin.
        operator: ``operator`` of entry 0; None where that is not known.
    """
    if act.emitter_id != origin:
        return "no submission, though the log did not make the act"
    if act.event_type not in OWN_TYPES:
        return "no submission, though no log makes acts of this type"
    if (act.event_type == BIRTH_TYPE) != (entry.leaf_index == 0):
        return "LedgerCreated is entry 0 and no other"
    wrong = next(_wrong_fields(entry, act, origin, operator), None)
    return None if wrong is None else f"made by the log, but not as a log does: {wrong}"


def outside_fault(event_type: str, stream: str) -> str | None:
    """Return why an act that was submitted is one that only the log makes, None if it is not."""
    if event_type in OWN_TYPES:
        return "submitted, though only a log makes acts of this type"
    if is_own_stream(stream):
        return "submitted, though the stream is the log's own"
    return None


def is_own_stream(stream: str) -> bool:
    """Say whether only logs write into a stream."""
    return stream == BIRTH_STREAM or stream.startswith(LOG_STREAM_START)


def _wrong_fields(entry: Entry, act: Act, origin: str, operator: str | None) -> Iterator[str]:
    if operator is not None and act.agency_id != operator:
        yield "agencyId"
    if act.aggregate_type != _AGGREGATE_TYPE:
        yield "aggregateType"
    if act.aggregate_id != act.stream_key:
        yield "aggregateId"
    if act.occurred_at != entry.received_at:
        yield "occurredAt"
    if act.recorded_at != entry.received_at:
        yield "recordedAt"
    if act.actors:
        yield "actors"
    for field, name in _EMPTY_FIELDS.items():
        if getattr(act, field) is not None:
            yield name
    if not _is_place(act, origin):
        yield "stream"
    if entry.opened:
        yield "opened"
    if act.event_id != _event_id(entry, act, origin):
        yield "eventId"


def _is_place(act: Act, origin: str) -> bool:
    stream = act.stream_key
    if act.event_type == BIRTH_TYPE:
        return stream == BIRTH_STREAM
    if act.event_type in _OF_THE_LOG:
        return stream == LOG_STREAM_START + origin.rpartition("/")[2]
    return not is_own_stream(stream)


def _event_id(entry: Entry, act: Act, origin: str) -> bytes:
    """Return the only id that the act can have: one record gives rise to one act of a type."""
    if entry.source is None:
        return ledger_event_id(origin, entry.leaf_index, act.event_type)
    return ledger_event_id(*entry.source[:4], act.event_type, 0)
