"""R3, R7, R8, R9 and the validity of keys, each by one change to a sound record."""

import pytest

from consumers.append.judge import Judge, check_times
from consumers.append.origin import check_validity
from ledger.chain.identifiers import id_card_ok, uscc_ok
from ledger.chain.note_keys import Signer
from ledger.errors import MalformedError, OriginError, RejectedError
from tests.support.append_stage import (
    ACTS_TOPIC,
    CONTROL_TOPIC,
    TRANSPORT_KEY,
    Topic,
    make,
    make_committed,
    replace,
)
from tests.support.control import (
    AGENCY,
    AGENCY_EMITTER,
    DAY,
    OTHER_AGENCY,
    PLATFORM,
    START,
    SUPERVISOR_EMITTER,
    change,
    control_state,
    emitter_registered,
    event_id,
    signer,
)

STATE = control_state()
MINUTE = 60_000_000
ID_CARD = "11010519491231002X"


def judge(state=STATE, log="0"):
    judge = Judge(log, {1: TRANSPORT_KEY})
    judge.follow(state)
    return judge


def examined(act, emitter=AGENCY_EMITTER, state=STATE, log="0", **options):
    """Return the judged record of an act that was signed, sealed and sent."""
    topic = Topic(CONTROL_TOPIC if log == "control" else ACTS_TOPIC)
    return judge(state, log).examine(topic.submit([act], emitter, **options)[0])


def closed(stream="case:1", **fields):
    return make("CaseClosed", {"reason": "EXECUTED"}, stream, **fields)


def party(**changes):
    values = {
        "partyId": "p-1",
        "partyType": "NATURAL",
        "ageBand": "ADULT",
        "name": None,
        "nameCommitment": bytes(32),
        "idScheme": "IDCARD",
        "uscc": None,
        "idValueCommitment": None,
        "legalRepCommitment": None,
    }
    return values | changes


def filed(sealed=None, suspected="经营超过保质期的食品", **changes):
    payload = {
        "caseNo": "1",
        "party": party(**changes),
        "suspectedViolation": suspected,
        "itemCode": "430100-SC-0001",
        "approver": "officer:2",
        "violationEndDate": None,
    }
    if sealed is None:
        return make("CaseFiled", payload, "case:1")
    return make_committed("CaseFiled", payload, "case:1", sealed)


# --- R3 ------------------------------------------------------------------------------------------


def test_a_registered_emitter_may_send_its_types_for_its_agencies():
    """The sound record that the others are compared with."""
    judged = examined(closed())
    assert judged.not_allowed is None
    assert judged.unfit is None


@pytest.mark.parametrize(
    ("act", "emitter"),
    [
        (closed(agency_id=OTHER_AGENCY), AGENCY_EMITTER),
        (closed(delegate_id="x"), AGENCY_EMITTER),
        (closed(emitter_id=SUPERVISOR_EMITTER), SUPERVISOR_EMITTER),
        (closed(emitter_id=PLATFORM), PLATFORM),
        (closed("log:0", case_id=None), AGENCY_EMITTER),
        (closed("ledger", case_id=None), AGENCY_EMITTER),
        (make("OpeningsCompleted", {"eventId": bytes(16), "count": 1}, "case:1"), AGENCY_EMITTER),
        (make("LogHeartbeat", {"at": START}, "log:0", emitter_id=PLATFORM), PLATFORM),
    ],
    ids=[
        "another agency",
        "an agency that delegates to a stranger",
        "a supervisor closes a case",
        "the platform closes a case",
        "a log's own stream",
        "the ledger's own stream",
        "a type only the ledger makes",
        "the same from the platform",
    ],
)
def test_whoever_is_not_registered_for_it_is_refused(act, emitter):
    """By agency, delegate, type and stream."""
    refusal = examined(act, emitter).not_allowed
    assert refusal is not None
    assert refusal.code == "R3_NOT_REGISTERED"


def test_an_emitter_registered_for_one_type_may_send_no_other():
    """Registration is by type."""
    state = STATE.copy()
    narrow = emitter_registered("agy.narrow", "AGENCY", [AGENCY], ["CaseFiled"])
    change(state, "EmitterRegistered", narrow)
    state.advance(state.size + 1, START)
    refusal = examined(closed(emitter_id="agy.narrow"), "agy.narrow", state).not_allowed
    assert refusal is not None


def test_control_types_lie_in_the_control_log_and_in_their_own_streams():
    """R1 for the wrong log, and for a stream that the type does not have."""
    payload = emitter_registered("agy.new", "AGENCY", [AGENCY])
    act = replace(make("EmitterRegistered", payload, "emitter:agy.new"), actors=())
    assert examined(act, PLATFORM, log="control").not_allowed is None
    with pytest.raises(MalformedError) as caught:
        examined(act, PLATFORM)
    assert caught.value.code == "R1_STREAM_MISMATCH"
    elsewhere = replace(make("EmitterRegistered", payload, "officer:1"), actors=())
    with pytest.raises(MalformedError) as caught:
        examined(elsewhere, PLATFORM, log="control")
    assert caught.value.code == "R1_STREAM_MISMATCH"


# --- R2: keys ------------------------------------------------------------------------------------


def test_a_key_counts_from_its_first_day_until_it_ends():
    """Validity is judged at the time the ledger receives the act."""
    state = STATE.copy()
    revoked = {
        "emitterId": AGENCY_EMITTER,
        "vkey": signer(AGENCY_EMITTER).vkey,
        "revokedAt": START + DAY,
        "reason": "COMPROMISED",
    }
    change(state, "EmitterKeyRevoked", revoked)
    judged = examined(closed(), state=state)
    check_validity(judged, START)
    for at in (START - 2 * DAY, START + DAY):
        with pytest.raises(OriginError) as caught:
            check_validity(judged, at)
        assert caught.value.code == "R2_KEY_UNKNOWN"


def test_after_a_rotation_the_new_key_counts_and_the_old_does_not():
    """Both keys have one name; each has its time."""
    state = STATE.copy()
    fresh = Signer(AGENCY_EMITTER, bytes(range(1, 33)))
    rotated = {
        "emitterId": AGENCY_EMITTER,
        "oldVkey": signer(AGENCY_EMITTER).vkey,
        "vkey": fresh.vkey,
        "validFrom": START,
    }
    change(state, "EmitterKeyRotated", rotated)
    old, new = examined(closed(), state=state), examined(closed(), state=state, signers=[fresh])
    check_validity(old, START - 1)
    check_validity(new, START)
    for judged, at in ((old, START), (new, START - 1)):
        with pytest.raises(OriginError):
            check_validity(judged, at)


def test_a_person_signs_beside_the_emitter_only_with_a_registered_key():
    """Every line of a submission counts."""
    person = signer("officer:1")
    with pytest.raises(OriginError) as caught:
        examined(closed(), signers=[signer(AGENCY_EMITTER), person])
    assert caught.value.code == "R2_KEY_UNKNOWN"
    state = STATE.copy()
    payload = {"officerId": "officer:1", "vkey": person.vkey, "validFrom": START}
    change(state, "OfficerKeyRegistered", payload)
    judged = examined(closed(), state=state, signers=[signer(AGENCY_EMITTER), person])
    check_validity(judged, START)
    with pytest.raises(OriginError):
        check_validity(judged, START - 1)


# --- R7 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("occurred", "recorded", "code"),
    [
        (START, START, ""),
        (START + 5 * MINUTE, START + 5 * MINUTE, ""),
        (START + 5 * MINUTE + 1, START + 6 * MINUTE, "R7_OCCURRED_IN_FUTURE"),
        (START, START - 5 * MINUTE, ""),
        (START, START - 5 * MINUTE - 1, "R7_RECORDED_BEFORE_OCCURRED"),
        (-1, START, ""),
        (2**60, 2**60, "R7_OCCURRED_IN_FUTURE"),
    ],
)
def test_claimed_times_have_five_minutes_of_tolerance(occurred, recorded, code):
    """Against the ledger's time, and recording against happening."""
    judged = examined(closed(occurred_at=occurred, recorded_at=recorded))
    try:
        check_times(judged, START)
    except RejectedError as error:
        assert error.code == code
    else:
        assert code == ""


# --- R8 and R9 -----------------------------------------------------------------------------------


def unfit(act, **options):
    fault = examined(act, **options).unfit
    return None if fault is None else (fault.code, fault.pointer)


def test_wrong_check_characters_are_refused_where_they_stand():
    """In the envelope, in the payload, and in a sealed number."""
    wrong = AGENCY[:-1] + "0"
    assert not uscc_ok(wrong)
    assert unfit(closed(agency_id=wrong)) == ("R8_USCC", "/agencyId")
    company = {"partyType": "LEGAL", "nameCommitment": None, "name": "公司", "idScheme": "USCC"}
    assert unfit(filed(**company, uscc=OTHER_AGENCY)) is None
    assert unfit(filed(**company, uscc=wrong)) == ("R8_USCC", "/payload/party/uscc")
    bad = ID_CARD[:-1] + "1"
    assert not id_card_ok(bad)
    name = {"/party/nameCommitment": '"王小明"'.encode()}
    good_number = name | {"/party/idValueCommitment": f'"{ID_CARD}"'.encode()}
    bad_number = name | {"/party/idValueCommitment": f'"{bad}"'.encode()}
    assert unfit(filed(good_number)) is None
    assert unfit(filed(bad_number)) == ("R8_ID_CARD", "/payload/party/idValueCommitment")
    assert unfit(filed(bad_number, idScheme="UNVERIFIED")) is None
    assert unfit(filed(good_number, idScheme="USCC"))[0] == "R8_USCC"
    number = name | {"/party/idValueCommitment": b"123"}
    assert unfit(filed(number))[0] == "R9_OPENING"


@pytest.mark.parametrize("text", [f"身份证{ID_CARD}", "电话13812345678", "卡号6222021234567890128"])
def test_a_personal_number_in_the_clear_is_refused(text):
    """Identity card, mobile, bank card in a class P text; full-width digits too."""
    assert unfit(filed(suspected=text)) == ("R9_CLEAR_PERSONAL", "/payload/suspectedViolation")
    wide = text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert unfit(filed(suspected=wide)) == ("R9_CLEAR_PERSONAL", "/payload/suspectedViolation")


def test_digests_uuids_and_document_numbers_are_nobodys():
    """What looks like a number to a careless scan."""
    assert unfit(closed("case:12345678-1234-1234-1234-138123456789")) is None
    assert unfit(filed(suspected="长市监处罚〔2026〕12345678901号")) is None
    assert unfit(closed("case:1", aggregate_id="x-13812345678")) == (
        "R9_CLEAR_PERSONAL",
        "/aggregateId",
    )


def test_openings_are_verified_and_blank_ones_refused():
    """A blank opening would hide that a value is missing."""
    judged = examined(filed({"/party/nameCommitment": '"王小明"'.encode()}))
    assert [opening.path for opening in judged.openings] == ["/party/nameCommitment"]
    blank = filed({"/party/nameCommitment": b'" "'})
    assert unfit(blank) == ("R9_OPENING", "/payload/party/nameCommitment")
    stripped = examined(filed({"/party/nameCommitment": b'"a"'}), with_openings=False)
    assert stripped.unfit is None
    assert not stripped.openings


def test_two_acts_of_a_submission_share_its_content_key():
    """The second act is opened with the key remembered of the first."""
    first = filed({"/party/nameCommitment": b'"a"'})
    payload = {
        "caseNo": "2",
        "party": party(),
        "suspectedViolation": "x",
        "itemCode": "1",
        "approver": "officer:2",
        "violationEndDate": None,
    }
    sealed = {"/party/nameCommitment": b'"b"'}
    second = make_committed("CaseFiled", payload, "case:2", sealed, event_id=event_id("2"))
    one = judge()
    for record in Topic(ACTS_TOPIC).submit([first, second]):
        assert len(one.examine(record).openings) == 1


def test_an_unknown_type_is_not_remembered():
    """Names of strangers would fill the memory."""
    one = judge()
    act = replace(closed(), emitter_id=AGENCY_EMITTER, event_type="NoSuchType")
    for record in Topic(ACTS_TOPIC).submit([act]):
        with pytest.raises(MalformedError) as caught:
            one.examine(record)
        assert caught.value.code == "R1_UNKNOWN_SCHEMA"
    assert ("NoSuchType", 1) not in one._event_types
