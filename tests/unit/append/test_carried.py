"""What a correction carries is judged like an act of its own: R1, R8 and R9."""

from __future__ import annotations

import pytest

from consumers.append.judge import Judge
from consumers.generate.people import credit_code
from tests.support.append_stage import ACTS_TOPIC, TRANSPORT_KEY, Topic, make, payload_codec
from tests.support.control import AGENCY_EMITTER, control_state, event_id

STATE = control_state()
USCC = credit_code("91430100", "MA4L16JJ")
FILED = {
    "caseNo": "1",
    "party": {
        "partyId": "p-1",
        "partyType": "LEGAL",
        "ageBand": "UNKNOWN",
        "name": "示例公司",
        "nameCommitment": None,
        "idScheme": "USCC",
        "uscc": USCC,
        "idValueCommitment": None,
        "legalRepCommitment": None,
    },
    "suspectedViolation": "经营超过保质期的食品",
    "itemCode": "430100-SC-0001",
    "approver": "officer:2",
    "violationEndDate": None,
}


def correction(payload: bytes, schema: bytes):
    fields = {
        "targetEventId": event_id("filed"),
        "kind": "CLERICAL",
        "payloadSchema": schema,
        "payload": payload,
        "reason": bytes(32),
        "approver": "officer:2",
    }
    return make("EventCorrected", fields, "case:1")


def carried(**changes):
    codec, schema = payload_codec("CaseFiled")
    return correction(codec.encode({**FILED, **changes}), schema)


def unfit(act):
    """Return code and pointer of what is unfit, judged one by one and as a batch."""
    judge = Judge("0", {1: TRANSPORT_KEY})
    judge.follow(STATE)
    (record,) = Topic(ACTS_TOPIC).submit([act], AGENCY_EMITTER)
    alone, (in_batch,) = judge.examine(record).unfit, judge.examine_all([record])
    assert type(in_batch.unfit) is type(alone)
    return None if alone is None else (alone.code, alone.pointer)


def test_a_sound_payload_is_taken():
    assert unfit(carried()) is None


@pytest.mark.parametrize(
    ("act", "code", "pointer"),
    [
        (
            carried(suspectedViolation="电话13800138000的店主"),
            "R9_CLEAR_PERSONAL",
            "/payload/payload/suspectedViolation",
        ),
        (
            carried(
                party={**FILED["party"], "uscc": USCC[:-1] + ("0" if USCC[-1] != "0" else "1")}
            ),
            "R8_USCC",
            "/payload/payload/party/uscc",
        ),
        (correction(b"", bytes(8)), "R1_UNKNOWN_SCHEMA", "/payload/payloadSchema"),
        (
            correction(b"13800138000", payload_codec("CaseFiled")[1]),
            "R1_MALFORMED",
            "/payload/payload",
        ),
    ],
    ids=["personal number", "credit code", "unknown schema", "no such payload"],
)
def test_what_may_not_stand_in_an_act_may_not_stand_in_a_correction(act, code, pointer):
    assert unfit(act) == (code, pointer)
