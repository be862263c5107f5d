"""An act of the platform: envelope, payload, commitments and their openings.

Read before: ``matter``, ``ledger/chain/act.py``. Read next: ``disclosure``.

Pure: time comes with the order, randomness is given. The same order with a reference gives the
same event ids, so that an order carried out again is noticed; without one ids are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.matter import Matter, ledger_of
from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.commitments import SALT_BYTES, Opening, commitment
from ledger.chain.ids import ledger_event_id, uuid7
from ledger.chain.jcs import canonical_json
from ledger.clock import Random

_CASE_PREFIX = "case:"
_MICROS_PER_MILLI = 1_000


class Order(NamedTuple):
    """Who has the platform do something, in which matter, when."""

    stream_id: str
    agency_id: str  # On whose behalf.
    officer_id: str  # Empty: nobody gives the order, the platform does it by itself.
    at: int  # Microseconds UTC; ``occurredAt`` of the acts.
    credential_no: str | None = None
    item_code: str | None = None
    reference: str | None = None  # Names the order for ever; event ids follow from it.
    correlation_id: bytes | None = None  # 16 bytes in every act of the order.


class Secret(NamedTuple):
    """A value that only a commitment of goes into the act."""

    value: str
    subject_id: str  # Whom it concerns.


class ActWriter:
    """Writes the platform's acts into one matter."""

    def __init__(self, matter: Matter, random: Random) -> None:
        self._matter = matter
        self._ledger = ledger_of(matter.state)
        self._random = random

    def event_id(self, order: Order, event_type: str) -> bytes:
        """Return the id of the act of this type that an order leads to: 16 bytes."""
        if order.reference is None:
            return uuid7(order.at // _MICROS_PER_MILLI, self._random(10))
        return ordered_id(self._ledger.name, order.reference, event_type)

    def write(
        self,
        order: Order,
        event_type: str,
        aggregate_id: str,
        payload: Mapping[str, Any],
        role: str = "",
        *,
        secrets: Mapping[str, Secret] | None = None,
        schema_version: int = 1,
    ) -> UnsealedAct:
        """Return one act with the openings of its secrets.

        Args:
            order: Who, where, when.
            event_type: What it is.
            aggregate_id: Coordinate in the stream.
            payload: All fields but the secret ones.
            role: Role of the one actor, if there is one.
            secrets: Values of fields that hold a commitment, by field name.
            schema_version: Of its schema.

        Raises:
            MalformedError: The payload does not fit the schema.
        """
        state = self._matter.state
        assert state.catalogue is not None
        event_id = self.event_id(order, event_type)
        openings = self._openings(secrets or {})
        hidden = {
            opening.path[1:]: commitment(opening.salt, event_id, opening.path, opening.value)
            for opening in openings
        }
        stream_id = order.stream_id
        act = Act(
            event_id=event_id,
            event_type=event_type,
            schema_version=schema_version,
            payload_schema=state.schemas[event_type, schema_version].fingerprint,
            stream_key=stream_id,
            aggregate_type=state.catalogue.rows[event_type].aggregate,
            aggregate_id=aggregate_id,
            expected_version=None,
            agency_id=order.agency_id,
            delegate_id=None,
            emitter_id=self._ledger.platform_key.name,
            emitter_seq=None,
            actors=_actors(order, role),
            occurred_at=order.at,
            recorded_at=order.at,
            late_entry=None,
            correlation_id=order.correlation_id,
            causation_id=None,
            case_id=stream_id if stream_id.startswith(_CASE_PREFIX) else None,
            item_code=order.item_code,
            payload=state.codec(event_type, schema_version).encode({**payload, **hidden}),
        )
        sim_time = order.at if state.is_simulated else None
        return UnsealedAct(stream_id, encode_act(act), openings, sim_time)

    def _openings(self, secrets: Mapping[str, Secret]) -> tuple[Opening, ...]:
        """Return the openings, ascending by path."""
        return tuple(
            Opening(
                f"/{name}",
                secret.subject_id,
                self._random(SALT_BYTES),
                canonical_json(secret.value),
            )
            for name, secret in sorted(secrets.items())
        )


def _actors(order: Order, role: str) -> tuple[Actor, ...]:
    return (Actor(order.officer_id, order.credential_no, role),) if order.officer_id else ()


def ordered_id(ledger: str, reference: str, what: str) -> bytes:
    """Return the id of something that an order with a reference leads to: 16 bytes, a UUIDv8.

    Args:
        ledger: The ledger's name.
        reference: Of the order.
        what: Event type of an act, or the prefix of an identifier that is made with it.
    """
    return ledger_event_id(ledger, reference, what)
