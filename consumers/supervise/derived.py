"""The acts that the engine derives from entries alone: exact bytes, no clock.

Read before: docs/spec/derived.md, ``ledger/rules/violations/engine.py``,
``ledger/rules/deadline_missed.py``. Read next: ``judging``.

Nothing in it comes from a clock or a drawn number, so whoever judges the same ledger makes the same
bytes: a second engine, or the same one after a crash, makes duplicates and not doubles.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from ledger.chain.act import Act, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.ids import alert_event_id, uuid_text
from ledger.chain.schema_text import fingerprint
from ledger.domain.disclosure import EXPIRED
from ledger.domain.review import INVALIDATED
from ledger.rules.day_close.closing import DayAlert
from ledger.rules.deadline_instance import Deadline, ending_event_id
from ledger.rules.deadline_missed import MISSED_TYPE, missed_envelope, missed_payload
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
    trigger = alert.trigger
    return _alert_act(
        alert,
        emitter_id,
        _Place(
            trigger.entry.stream_id,
            trigger.act.agency_id,
            trigger.act.case_id,
            trigger.act.item_code,
            trigger.entry.received_at,
        ),
    )


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
    act = Act(
        event_id=alert_event_id(alert.alert_id),
        event_type=ALERT_RAISED,
        schema_version=version,
        payload_schema=_fingerprint(ALERT_RAISED, version),
        stream_key=place.stream_id,
        aggregate_type=AGGREGATE_TYPE,
        aggregate_id=f"alert:{alert.alert_id}",
        expected_version=None,
        agency_id=place.agency_id,
        delegate_id=None,
        emitter_id=emitter_id,
        emitter_seq=None,
        actors=(),
        occurred_at=place.at,
        recorded_at=place.at,
        late_entry=None,
        correlation_id=None,
        causation_id=alert.causes[0],
        case_id=place.case_id,
        item_code=place.item_code,
        payload=_codec(ALERT_RAISED, version).encode(payload),
    )
    return UnsealedAct(act.stream_key, encode_act(act))


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
    act = Act(
        schema_version=_SCHEMA_VERSION,
        payload_schema=_fingerprint(MISSED_TYPE),
        expected_version=None,
        delegate_id=None,
        emitter_id=emitter_id,
        late_entry=None,
        correlation_id=None,
        payload=_codec(MISSED_TYPE).encode(missed_payload(deadline)),
        **missed_envelope(deadline),
    )
    return UnsealedAct(act.stream_key, encode_act(act))


def expiry_act(deadline: Deadline, emitter_id: str) -> UnsealedAct:
    """Return the ``DisclosureExpired`` of a disclosure whose last day is over.

    Args:
        deadline: As it stood when the platform ended it.
        emitter_id: Name of the platform's key.
    """
    assert deadline.due_at is not None
    payload = _codec(EXPIRED).encode({"at": deadline.due_at})
    envelope = missed_envelope(deadline) | {
        "event_id": deadline.ended_by,
        "event_type": EXPIRED,
        "aggregate_type": "Disclosure",
        "aggregate_id": deadline.trigger.aggregate_id,
    }
    act = Act(
        schema_version=_SCHEMA_VERSION,
        payload_schema=_fingerprint(EXPIRED),
        expected_version=None,
        delegate_id=None,
        emitter_id=emitter_id,
        late_entry=None,
        correlation_id=None,
        payload=payload,
        **envelope,
    )
    return UnsealedAct(act.stream_key, encode_act(act))


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
    entry, cause = lapse.trigger.entry, lapse.trigger.act
    act = Act(
        event_id=alert_event_id(lapse.lapse_id),
        event_type=INVALIDATED,
        schema_version=_SCHEMA_VERSION,
        payload_schema=_fingerprint(INVALIDATED),
        stream_key=entry.stream_id,
        aggregate_type="LegalReview",
        aggregate_id=lapse.review_id,
        expected_version=None,
        agency_id=cause.agency_id,
        delegate_id=None,
        emitter_id=emitter_id,
        emitter_seq=None,
        actors=(),
        occurred_at=entry.received_at,
        recorded_at=entry.received_at,
        late_entry=None,
        correlation_id=None,
        causation_id=cause.event_id,
        case_id=cause.case_id,
        item_code=cause.item_code,
        payload=_codec(INVALIDATED).encode(
            {
                "reviewId": lapse.review_id,
                "cause": lapse.cause,
                "causeEventId": lapse.cause_event_id,
            }
        ),
    )
    return UnsealedAct(act.stream_key, encode_act(act))


def duty_act(duty: Duty, emitter_id: str, sim_time: int | None = None) -> UnsealedAct:
    """Return the ``DisclosureObligationAssessed`` of an act that must be published, or must not.

    The platform's orders make the same one where the engine has not come so far.

    Args:
        duty: What was found.
        emitter_id: Name of the platform's key.
        sim_time: When it is sent, microseconds UTC, while the ledger's clock is simulated.
    """
    entry, cause = duty.trigger.entry, duty.trigger.act
    act = Act(
        event_id=duty.event_id,
        event_type=ASSESSED,
        schema_version=_SCHEMA_VERSION,
        payload_schema=_fingerprint(ASSESSED),
        stream_key=entry.stream_id,
        aggregate_type="Disclosure",
        aggregate_id=f"disclosure:{uuid_text(duty.source_event_id)}:{duty.channel}",
        expected_version=None,
        agency_id=cause.agency_id,
        delegate_id=None,
        emitter_id=emitter_id,
        emitter_seq=None,
        actors=(),
        occurred_at=entry.received_at,
        recorded_at=entry.received_at,
        late_entry=None,
        correlation_id=None,
        causation_id=cause.event_id,
        case_id=cause.case_id,
        item_code=cause.item_code,
        payload=_codec(ASSESSED).encode(duty.payload),
    )
    return UnsealedAct(act.stream_key, encode_act(act), sim_time=sim_time)


def _text(event_type: str, version: int) -> str:
    # A type and version has one text for ever, so the installed file is what was published.
    return schema_text(f"{event_type}.v{version}.avsc")


@cache
def _codec(event_type: str, version: int = _SCHEMA_VERSION) -> Codec:
    return compile_codec(_text(event_type, version))


@cache
def _fingerprint(event_type: str, version: int = _SCHEMA_VERSION) -> bytes:
    return fingerprint(_text(event_type, version))  # Of milliseconds, and asked for each act.
