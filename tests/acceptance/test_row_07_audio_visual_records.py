"""Row 7, items 7.2 and 7.3: 规范音像记录.

Works when a seizure without a recording covering its time span raises V-EVD-04 unless a
RecordingExempted with a listed reason exists.
"""

from __future__ import annotations

import pytest

from ledger.chain.ids import uuid_text
from tests.support.open_ledger import ago, day, new_id

pytestmark = pytest.mark.kafka
SPAN = {"from": ago(1, 10), "to": ago(1, 11)}


@pytest.fixture(scope="module", autouse=True)
def listed(open_ledger):
    """The agency's list of what is recorded: the imposing of measures."""
    stream = open_ledger.stream("list:recording")
    entry = {"actKind": "COERCION", "step": "MeasureImposed", "mandatory": True}
    stream.add(
        "AvRecordListPublished",
        aggregate=("List", stream.id),
        listVersion="1",
        entries=[entry],
        effectiveFrom=day(30),
    )
    stream.send()


def seized(open_ledger, recorded=None, ground=None):
    """Return a case with a seizure from ten to eleven yesterday, and the act."""
    case, identity = open_ledger.case(), new_id()
    media = ("Media", f"media:{case.id.partition(':')[2]}")
    if ground is not None:
        named = {"actEventId": identity, "ground": ground, "approver": "officer:3"}
        case.add("RecordingExempted", at=ago(1, 9), aggregate=media, **named)
    if recorded is not None:
        case.add("RecordingStarted", at=recorded[0], aggregate=media, at_=recorded[0])
    measure = ("Measure", f"measure:{case.id.partition(':')[2]}")
    act = case.add(
        "MeasureImposed",
        at=SPAN["to"],
        aggregate=measure,
        event_id=identity,
        measureKind="SEIZE",
        **SPAN,
    )
    if recorded is not None:
        case.add("RecordingStopped", at=recorded[1], aggregate=media, at_=recorded[1])
    case.send()
    return case, act


def test_a_seizure_without_a_recording_is_flagged(open_ledger):
    """It is an entry all the same; the supervisor sees which act it is."""
    case, act = seized(open_ledger)

    alert = case.alert("V-EVD-04")
    assert (alert["severity"], alert["trigger_event_id"]) == ("HIGH", uuid_text(act.event_id))
    assert case.entry("MeasureImposed")["event_id"] == uuid_text(act.event_id)


def test_a_recording_that_ends_too_early_does_not_cover_it(open_ledger):
    """Half of the hour is not enough; the alert comes when the recording stops."""
    case, act = seized(open_ledger, (ago(1, 10), ago(1, 10, 30)))

    assert uuid_text(act.event_id) in case.alert("V-EVD-04")["causes"]


@pytest.mark.parametrize(
    "how",
    [{"recorded": (ago(1, 9, 55), ago(1, 11, 5))}, {"ground": "DEVICE_FAULT"}],
    ids=["recorded", "exempted"],
)
def test_a_recording_or_an_exemption_is_enough(open_ledger, how):
    """A measure without approval breaks another rule: the engine has looked at it."""
    case, _ = seized(open_ledger, **how)

    broken = case.rules_broken()
    assert "V-COE-01" in broken
    assert "V-EVD-04" not in broken
