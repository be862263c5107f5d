"""The acts that the engine derives from entries alone: exact bytes, no clock.

Read before: docs/spec/derived.md, ``ledger/rules/violations/engine.py``,
``ledger/rules/deadline_missed.py``. Read next: ``judging``.

Nothing in it comes from a clock or a drawn number, so whoever judges the same ledger makes the same
bytes: a second engine, or the same one after a crash, makes duplicates and not doubles.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from ledger.chain.act import Act, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.ids import alert_event_id, uuid_text
from ledger.chain.schema_text import fingerprint
from ledger.domain.disclosure import EXPIRED
from ledger.domain.review import INVALIDATED
from ledger.domain.stream import StreamAct
from ledger.rules.day_close.closing import DayAlert
from ledger.rules.deadline_instance import Deadline, ending_event_id
from ledger.rules.deadline_missed import missed_envelope, missed_payload
from ledger.rules.disclosure_duties import ASSESSED, Duty
from ledger.rules.review_lapses import Lapse
from ledger.rules.violations.engine import Alert
from schemas.loader import schema_text

ALERT_RAISED: Final = "SupervisionAlertRaised"
AGGREGATE_TYPE: Final = "Alert"
# 16 bytes each: an act with all of them stays far below ACT_SIZE_BYTES_MAX.
CAUSES_MAX: Final = 1_000
_SCHEMA_VERSION: Final = 1
_BY_VAULT_VERSION: Final = 2  # Only of alerts that nobody can derive without the vault's index.
VAULT_INDEX: Final = "VAULT_INDEX"
_DEADLINE: Final = "deadline:"


def alert_act(alert: Alert, emitter_id: str) -> UnsealedAct:
    """Return the ``SupervisionAlertRaised`` of an alert (docs/spec/derived.md).

    Args:
        alert: What was found.
        emitter_id: Name of the platform's key.
    """
    return _alert_act(alert, emitter_id, _place_of(alert.trigger))


def day_alert_act(alert: DayAlert, emitter_id: str) -> UnsealedAct:
    """Return the same of an alert that was found at the end of a day."""
    place = _Place(alert.stream_id, alert.agency_id, alert.case_id, alert.item_code, alert.at)
    return _alert_act(alert, emitter_id, place)


class _Place(NamedTuple):
    """Where an alert lies, whom it is about, and since when."""

    stream_id: str
    agency_id: str
    case_id: str | None
    item_code: str | None
    at: int


def _place_of(trigger: StreamAct) -> _Place:
    entry, act = trigger.entry, trigger.act
    return _Place(entry.stream_id, act.agency_id, act.case_id, act.item_code, entry.received_at)


def _envelope(place: _Place, causation_id: bytes) -> dict[str, Any]:
    """Return what follows from the place, as ``missed_envelope`` does from a deadline."""
    return {
        "stream_key": place.stream_id,
        "agency_id": place.agency_id,
        "emitter_seq": None,
        "actors": (),
        "occurred_at": place.at,
        "recorded_at": place.at,
        "causation_id": causation_id,
        "case_id": place.case_id,
        "item_code": place.item_code,
    }


def _unsealed(
    envelope: Mapping[str, Any],
    payload: Mapping[str, Any],
    emitter_id: str,
    version: int = _SCHEMA_VERSION,
    sim_time: int | None = None,
) -> UnsealedAct:
    """Return the act; what no envelope here says is null in all of them."""
    event_type = envelope["event_type"]
    act = Act(
        schema_version=version,
        payload_schema=_fingerprint(event_type, version),
        expected_version=None,
        delegate_id=None,
        emitter_id=emitter_id,
        late_entry=None,
        correlation_id=None,
        payload=_codec(event_type, version).encode(payload),
        **envelope,
    )
    return UnsealedAct(act.stream_key, encode_act(act), sim_time=sim_time)


def _alert_act(alert: Alert | DayAlert, emitter_id: str, place: _Place) -> UnsealedAct:
    payload = {
        "alertId": alert.alert_id,
        "ruleId": alert.rule_id,
        "ruleSetVersion": alert.rule_set_version,
        "severity": alert.severity,
        "causeEventIds": list(alert.causes[:CAUSES_MAX]),
    }
    version = _SCHEMA_VERSION
    if isinstance(alert, DayAlert) and alert.is_by_vault:
        version, payload["comparedBy"] = _BY_VAULT_VERSION, VAULT_INDEX
    envelope = _envelope(place, alert.causes[0]) | {
        "event_id": alert_event_id(alert.alert_id),
        "event_type": ALERT_RAISED,
        "aggregate_type": AGGREGATE_TYPE,
        "aggregate_id": f"alert:{alert.alert_id}",
    }
    return _unsealed(envelope, payload, emitter_id, version)


class RaisedAlert(NamedTuple):
    """What an alert's act says it is about."""

    alert_id: str
    rule_id: str
    rule_set_version: str
    severity: str


def raised_alert(act: Act) -> RaisedAlert:
    """Return what an act of ``ALERT_RAISED`` that the ledger has taken says."""
    payload = _codec(ALERT_RAISED, act.schema_version).decode(act.payload)
    names = ("alertId", "ruleId", "ruleSetVersion", "severity")
    return RaisedAlert(*(str(payload[name]) for name in names))


def deadline_of(act: Act) -> str:
    """Return the id of the deadline that an act of ``MISSED_TYPE`` speaks of."""
    return act.aggregate_id.removeprefix(_DEADLINE)


def missed_act(deadline: Deadline, emitter_id: str) -> UnsealedAct:
    """Return the ``DeadlineMissed`` of a deadline that needs one (docs/spec/deadlines.md).

    Args:
        deadline: As it stood when it was judged.
        emitter_id: Name of the platform's key.
    """
    return _unsealed(missed_envelope(deadline), missed_payload(deadline), emitter_id)


def expiry_act(deadline: Deadline, emitter_id: str) -> UnsealedAct:
    """Return the ``DisclosureExpired`` of a disclosure whose last day is over.

    Args:
        deadline: As it stood when the platform ended it.
        emitter_id: Name of the platform's key.
    """
    assert deadline.due_at is not None
    envelope = missed_envelope(deadline) | {
        "event_id": deadline.ended_by,
        "event_type": EXPIRED,
        "aggregate_type": "Disclosure",
        "aggregate_id": deadline.trigger.aggregate_id,
    }
    return _unsealed(envelope, {"at": deadline.due_at}, emitter_id)


def is_by_engine(act: Act) -> bool:
    """Tell whether a ``DisclosureExpired`` has the event id that the engine gives it."""
    named = act.causation_id
    return named is not None and act.event_id == ending_event_id(EXPIRED, act.stream_key, named)


def lapse_act(lapse: Lapse, emitter_id: str) -> UnsealedAct:
    """Return the ``LegalReviewInvalidated`` of an opinion that became stale.

    Args:
        lapse: What was found.
        emitter_id: Name of the platform's key.
    """
    envelope = _envelope(_place_of(lapse.trigger), lapse.trigger.act.event_id) | {
        "event_id": alert_event_id(lapse.lapse_id),
        "event_type": INVALIDATED,
        "aggregate_type": "LegalReview",
        "aggregate_id": lapse.review_id,
    }
    payload = {
        "reviewId": lapse.review_id,
        "cause": lapse.cause,
        "causeEventId": lapse.cause_event_id,
    }
    return _unsealed(envelope, payload, emitter_id)


def duty_act(duty: Duty, emitter_id: str, sim_time: int | None = None) -> UnsealedAct:
    """Return the ``DisclosureObligationAssessed`` of an act that must be published, or must not.

    The platform's orders make the same one where the engine has not come so far.

    Args:
        duty: What was found.
        emitter_id: Name of the platform's key.
        sim_time: When it is sent, microseconds UTC, while the ledger's clock is simulated.
    """
    envelope = _envelope(_place_of(duty.trigger), duty.trigger.act.event_id) | {
        "event_id": duty.event_id,
        "event_type": ASSESSED,
        "aggregate_type": "Disclosure",
        "aggregate_id": f"disclosure:{uuid_text(duty.source_event_id)}:{duty.channel}",
    }
    return _unsealed(envelope, duty.payload, emitter_id, sim_time=sim_time)


def _text(event_type: str, version: int) -> str:
    # A type and version has one text for ever, so the installed file is what was published.
    return schema_text(f"{event_type}.v{version}.avsc")


@cache
def _codec(event_type: str, version: int = _SCHEMA_VERSION) -> Codec:
    return compile_codec(_text(event_type, version))


@cache
def _fingerprint(event_type: str, version: int = _SCHEMA_VERSION) -> bytes:
    return fingerprint(_text(event_type, version))  # Of milliseconds, and asked for each act.
