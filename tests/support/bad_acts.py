"""Bad acts of emitters that are known: refused for what they say (R3 to R9, R12).

The emitter is told each of these on the receipts topic. Importing this module adds them to the
list in ``bad_input``.
"""

from __future__ import annotations

from dataclasses import replace

from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.commitments import Opening
from tests.support.bad_input import Bench, Office, refused
from tests.support.ledger_copy import sample
from tests.support.workshop import AGENCY, SECOND, Parcel, commitment_of, now, opening_of

CREDIT_CODE_TYPO = AGENCY[:-1] + "M"
ID_CARD = "430102199003071234"  # The check character is right.
ID_CARD_TYPO = "430102199003071237"
BANK_CARD = "6222020000000000000"  # Passes the Luhn check.
MOBILE = "13812345678"


# R3: what an emitter may send.


@refused("R3_NOT_REGISTERED", 403, proven=True)
def agency_the_emitter_does_not_speak_for(it: Bench) -> Parcel:
    return it.parcel(it.act(it.offices.narrow, agency_id=AGENCY), it.offices.narrow)


@refused("R3_NOT_REGISTERED", 403, proven=True)
def type_the_emitter_is_not_registered_for(it: Bench) -> Parcel:
    office, payload = it.offices.narrow, {"court": "法院", "acceptedAt": now()}
    act = it.shop.act("LitigationFiled", payload, it.stream, office)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"), office)


@refused("R3_NOT_REGISTERED", 403, proven=True)
def type_that_only_the_ledger_makes(it: Bench) -> Parcel:
    payload = sample("OpeningsCompleted", count=1)
    act = it.shop.act("OpeningsCompleted", payload, it.stream, it.offices.good)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"))


@refused("R3_NOT_REGISTERED", 403, proven=True)
def stream_that_only_the_ledger_writes(it: Bench) -> Parcel:
    act = it.act(stream_key="log:0", case_id=None)
    return replace(it.parcel(act), key=b"log:0")


# R4, R5.


@refused("R4_EVENT_ID_REUSED", 409, "/eventId", proven=True)
def same_id_with_other_bytes(it: Bench) -> Parcel:
    first = it.act(aggregate_id=it.stream)
    it.shop.commit(it.parcel(first))
    return it.parcel(first._replace(aggregate_id=f"part:{it.mark}"))


@refused("R5_VERSION", 409, "/expectedVersion", proven=True)
def version_the_stream_does_not_have(it: Bench) -> Parcel:
    return it.parcel(it.act(expected_version=7))


# R7: times.


@refused("R7_OCCURRED_IN_FUTURE", 422, "/occurredAt", proven=True)
def future_time(it: Bench) -> Parcel:
    at = now() + 3_600 * SECOND
    return it.parcel(it.act(occurred_at=at, recorded_at=at))


@refused("R7_RECORDED_BEFORE_OCCURRED", 422, "/recordedAt", proven=True)
def recorded_before_it_occurred(it: Bench) -> Parcel:
    return it.parcel(it.act(recorded_at=now() - 3_600 * SECOND))


# R8: check characters.


@refused("R8_USCC", 422, "/payload/toAgency", proven=True)
def credit_code_with_a_wrong_check_character(it: Bench) -> Parcel:
    payload = {"toAgency": CREDIT_CODE_TYPO, "matter": bytes(32)}
    act = it.shop.act("AssistanceRequested", payload, it.stream, it.offices.good)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"))


@refused("R8_ID_CARD", 422, "/payload/party/idValueCommitment", proven=True)
def sealed_identity_number_with_a_wrong_check_character(it: Bench) -> Parcel:
    return _case_filed(it, "IDCARD", ID_CARD_TYPO)


@refused("R8_USCC", 422, "/payload/party/idValueCommitment", proven=True)
def sealed_credit_code_with_a_wrong_check_character(it: Bench) -> Parcel:
    return _case_filed(it, "USCC", CREDIT_CODE_TYPO)


def _case_filed(it: Bench, scheme: str, number: str) -> Parcel:
    path = "/party/idValueCommitment"
    opening = opening_of(path, number)
    act = it.act()
    party = {
        "partyId": "party:1",
        "idScheme": scheme,
        "idValueCommitment": commitment_of(act.event_id, opening),
    }
    payload = sample("CaseFiled", itemCode="ITEM-1", approver="officer:2") | {
        "caseNo": "〔2026〕1号"
    }
    payload["party"] |= party
    filed = it.shop.act("CaseFiled", payload, it.stream, it.offices.good, event_id=act.event_id)
    filed = filed._replace(aggregate_id=f"part:{it.mark}")
    return it.shop.sealed(filed, it.offices.good, [opening])


# R9: personal values in the clear.


@refused("R9_CLEAR_PERSONAL", 422, "/payload/court", proven=True)
def mobile_number_in_the_clear(it: Bench) -> Parcel:
    return _litigation(it, f"长沙市某人民法院 {MOBILE}")


@refused("R9_CLEAR_PERSONAL", 422, "/payload/court", proven=True)
def identity_number_in_the_clear(it: Bench) -> Parcel:
    return _litigation(it, f"原告{ID_CARD}一案")


@refused("R9_CLEAR_PERSONAL", 422, "/payload/court", proven=True)
def full_width_identity_number_in_the_clear(it: Bench) -> Parcel:
    wide = ID_CARD.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    return _litigation(it, f"原告{wide}一案")


@refused("R9_CLEAR_PERSONAL", 422, "/payload/court", proven=True)
def bank_card_number_in_the_clear(it: Bench) -> Parcel:
    return _litigation(it, f"账号 {BANK_CARD}")


@refused("R9_CLEAR_PERSONAL", 422, "/aggregateId", proven=True)
def identity_number_in_an_identifier(it: Bench) -> Parcel:
    return it.parcel(it.act(aggregate_id=f"{it.mark}:{ID_CARD}"))


def _litigation(it: Bench, court: str) -> Parcel:
    payload = {"court": court, "acceptedAt": now()}
    act = it.shop.act("LitigationFiled", payload, it.stream, it.offices.good)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"))


# R9: openings.


def assistance(it: Bench, value: str = "张三的住所", **changes: object):
    """Return an act with one commitment, and the opening of it."""
    opening = opening_of("/matter", value)
    act = it.act(**changes)
    payload = {"toAgency": AGENCY, "matter": commitment_of(act.event_id, opening)}
    made = it.shop.act("AssistanceRequested", payload, it.stream, it.offices.good)
    return made._replace(event_id=act.event_id, aggregate_id=act.aggregate_id), opening


@refused("R9_OPENING", 422, "/payload/matter", proven=True)
def opening_that_does_not_match(it: Bench) -> Parcel:
    act, opening = assistance(it)
    other = opening._replace(value='"李四的住所"'.encode())
    return it.shop.sealed(act, it.offices.good, [other])


@refused("R9_OPENING", 422, "/payload/matter", proven=True)
def opening_that_is_blank(it: Bench) -> Parcel:
    act, opening = assistance(it, "  ")
    return it.shop.sealed(act, it.offices.good, [opening])


@refused("R9_OPENING", 422, proven=True)
def surplus_opening(it: Bench) -> Parcel:
    act, opening = assistance(it)
    more = Opening("/more", "party:1", bytes(32), b'"x"')
    return it.shop.sealed(act, it.offices.good, [opening, more])


@refused("R9_OPENING", 422, proven=True)
def openings_of_an_act_without_commitments(it: Bench) -> Parcel:
    return it.shop.sealed(it.act(), it.offices.good, [opening_of("/amountFen", "1")])


@refused("R9_SEAL_UNREADABLE", 422, proven=True)
def openings_of_another_act(it: Bench) -> Parcel:
    act, opening = assistance(it)
    return it.shop.sealed(act, it.offices.good, [opening], of_act=encode_act(it.act()))


@refused("R9_SEAL_UNREADABLE", 422, proven=True)
def damaged_openings(it: Bench) -> Parcel:
    sound = _sealed(it)
    assert sound.sealed is not None
    return replace(
        sound, sealed=sound.sealed[:-9] + bytes([sound.sealed[-9] ^ 1]) + sound.sealed[-8:]
    )


@refused("R9_SEAL_UNREADABLE", 422, proven=True)
def damaged_seal(it: Bench) -> Parcel:
    sound = _sealed(it)
    assert sound.seal is not None
    return replace(sound, seal=sound.seal[:-9] + bytes([sound.seal[-9] ^ 1]) + sound.seal[-8:])


@refused("R9_SEAL_KEY_GONE", 422, proven=True)
def sealed_to_a_key_that_is_gone(it: Bench) -> Parcel:
    act, opening = assistance(it)
    return it.shop.sealed(act, it.offices.good, [opening], key_id=77)


@refused("R1_BAD_HEADER", 400)
def seal_cut_short(it: Bench) -> Parcel:
    sound = _sealed(it)
    assert sound.seal is not None
    return replace(sound, seal=sound.seal[:-1])


@refused("R1_BAD_HEADER", 400)
def sealed_openings_without_their_seal(it: Bench) -> Parcel:
    return replace(_sealed(it), seal=None)


def _sealed(it: Bench) -> Parcel:
    act, opening = assistance(it)
    return it.shop.sealed(act, it.offices.good, [opening])


# R12: two people.


@refused("R12_PROPOSAL", 422, "/payload/proposalEventId", proven=True)
def destruction_that_nobody_proposed(it: Bench) -> Parcel:
    payload = {"subjects": ["party:1"], "proposalEventId": bytes(16)}
    office = it.offices.supervisor
    act = it.shop.act("VaultKeyDestroyed", payload, it.stream, office)
    actors = (Actor("officer:9", None, "APPROVER"),)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}", actors=actors), office)


@refused("R12_SAME_PERSON", 422, "/payload/proposalEventId", proven=True)
def annulment_by_the_person_that_proposed_it(it: Bench) -> Parcel:
    """Two systems, one officer."""
    proposed = sample("EventAnnulmentProposed", targetEventId=bytes(16), reason=bytes(32))
    proposal = _by(it, "EventAnnulmentProposed", proposed, it.offices.good, "officer:9")
    it.shop.commit(it.shop.parcel(proposal, it.offices.good))
    payload = {"targetEventId": bytes(16), "proposalEventId": proposal.event_id}
    office = it.offices.supervisor
    act = _by(it, "EventAnnulled", payload, office, "officer:9")
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"), office)


@refused("R12_SAME_PERSON", 422, "/payload/proposalEventId", proven=True)
def destruction_under_one_signature(it: Bench) -> Parcel:
    """Two officers' names, one system's key."""
    office, proposed = it.offices.supervisor, {"subjects": ["party:1"], "basis": "PIPL_47"}
    proposal = _by(it, "VaultKeyDestructionProposed", proposed, office, "officer:8")
    it.shop.commit(it.shop.parcel(proposal, office))
    payload = {"subjects": ["party:1"], "proposalEventId": proposal.event_id}
    act = _by(it, "VaultKeyDestroyed", payload, office, "officer:9")
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"), office)


def _by(
    it: Bench, event_type: str, payload: dict[str, object], office: Office, officer: str
) -> Act:
    """Return an act of one officer, with whatever its stream is about."""
    act = it.shop.act(event_type, payload, it.stream, office)
    return act._replace(actors=(Actor(officer, None, "APPROVER"),))


# R10 is R1 by the schema: what must have a digest has one, or is malformed.


@refused("R1_MALFORMED", 400, "/payload/opinionDoc/fileHash")
def document_without_its_digest(it: Bench) -> Parcel:
    payload = sample("LegalReviewConcluded", draftHash="sha256:" + "ab" * 32)
    act = it.shop.act("LegalReviewConcluded", payload, it.stream, it.offices.good)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"))
