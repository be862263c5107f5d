"""What the ledger itself says: the acts that an appender makes.

Read before: ``ledger/chain/act.py``. Read next: ``gates``.

They have no submission: their emitter is the log's origin and the checkpoint is their signature, so
no appender holds a key that could register emitters. Their ids follow from their cause, so making
one again makes the same one (docs/spec/entry.md, "What the ledger makes itself").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ledger.chain.act import Act, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.entry import Source
from ledger.chain.ids import ledger_event_id
from ledger.chain.schema_text import fingerprint
from ledger.domain.control_records import HOUR_MICROS
from schemas.loader import schema_text

VERSION: Final = 1


class MadeAct(NamedTuple):
    """An act that the ledger makes, ready to be appended."""

    event_type: str
    topic: str
    event_id: bytes
    stream_id: str
    value: bytes


class RejectedItem(NamedTuple):
    """One refused record as ``EventsRejected`` lists it."""

    raw_hash: str
    code: str
    pointer: str | None
    source: Source


class LedgerVoice:
    """Makes the ledger's own acts for one log."""

    def __init__(self, log: str, origin: str, operator: str) -> None:
        """Speak for one log.

        Args:
            log: ``control`` or a number.
            origin: The log's origin, which is the emitter.
            operator: Credit code of the ledger's operator, which is the agency.
        """
        self.origin = origin
        self.log_stream = f"log:{log}"
        self._operator = operator

    def heartbeat(self, leaf_index: int, hour: int, received_at: int) -> MadeAct:
        """Return a ``LogHeartbeat`` for the full UTC hour ``hour`` (microseconds)."""
        event_id = ledger_event_id(self.origin, leaf_index, "LogHeartbeat")
        payload = {"at": hour}
        return self._made("LogHeartbeat", event_id, self.log_stream, payload, received_at, None)

    def events_rejected(self, items: Sequence[RejectedItem], received_at: int) -> MadeAct:
        """Return an ``EventsRejected`` about 1 to ``REJECTED_ITEMS_MAX`` records."""
        payload = {
            "items": [
                {
                    "rawHash": item.raw_hash,
                    "reasonCode": item.code,
                    "pointer": item.pointer,
                    "source": item.source._asdict(),
                }
                for item in items
            ]
        }
        event_id = _source_id(items[0].source, "EventsRejected")
        return self._made("EventsRejected", event_id, self.log_stream, payload, received_at, None)

    def about(
        self,
        event_type: str,
        act: Act,
        source: Source,
        payload: Mapping[str, Any],
        received_at: int,
    ) -> MadeAct:
        """Return what the ledger says about an act, in that act's stream.

        Args:
            event_type: ``GateRefused``, ``OpeningsCompleted``, ``MajorDecisionAssessed``, ...
            act: The act concerned, which becomes the cause.
            source: Of the record that brought it.
            payload: Fields of the type.
            received_at: Microseconds UTC.
        """
        event_id = _source_id(source, event_type)
        return self._made(event_type, event_id, act.stream_key, payload, received_at, act.event_id)

    def _made(
        self,
        event_type: str,
        event_id: bytes,
        stream_id: str,
        payload: Mapping[str, Any],
        received_at: int,
        causation_id: bytes | None,
    ) -> MadeAct:
        codec, schema = _schema(event_type)
        act = Act(
            event_id=event_id,
            event_type=event_type,
            schema_version=VERSION,
            payload_schema=schema,
            stream_key=stream_id,
            aggregate_type="Ledger",
            aggregate_id=stream_id,
            expected_version=None,
            agency_id=self._operator,
            delegate_id=None,
            emitter_id=self.origin,
            emitter_seq=None,
            actors=(),
            occurred_at=received_at,
            recorded_at=received_at,
            late_entry=None,
            correlation_id=None,
            causation_id=causation_id,
            case_id=None,
            item_code=None,
            payload=codec.encode(payload),
        )
        topic = f"{event_type}.v{VERSION}"
        return MadeAct(event_type, topic, event_id, stream_id, encode_act(act))


def made_payload(act: Act) -> Mapping[str, Any]:
    """Return the payload of an act that a ledger made."""
    payload: Mapping[str, Any] = _schema(act.event_type)[0].decode(act.payload)
    return payload


def full_hour(at: int) -> int:
    """Return the last full UTC hour at or before ``at``, microseconds."""
    return at - at % HOUR_MICROS


def _source_id(source: Source, event_type: str) -> bytes:
    """Return the event id of the only act of a type that one record gives rise to."""
    return ledger_event_id(*source[:4], event_type, 0)


@cache
def _schema(event_type: str) -> tuple[Codec, bytes]:
    text = schema_text(f"{event_type}.v{VERSION}.avsc")
    return compile_codec(text), fingerprint(text)
