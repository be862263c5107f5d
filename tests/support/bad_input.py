"""Every kind of bad input as one function that makes it, with what has to come of it.

Here: records that are refused before their origin is proven (R1, R2, R11). ``bad_acts`` has those of
known emitters. A function gets the workshop, the emitters and the stream it is to be about, and
returns one record; whatever has to be in the ledger first it commits itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from consumers.record_batch import zigzag_varint
from consumers.topics import ACTS, CONTROL
from ledger.chain.act import encode_act
from ledger.chain.canonical_text import base64_text, read_base64
from ledger.chain.ids import uuid7, uuid_text
from ledger.chain.notes import sign_note
from ledger.chain.schema_text import fingerprint
from ledger.chain.submission import submission_leaf
from schemas.loader import event_schemas
from tests.support.workshop import OTHER_AGENCY, SECOND, Office, Parcel, Workshop, now

KAFKA = "kafka"
HTTP = "http"
BOTH = (KAFKA, HTTP)


class Offices(NamedTuple):
    """The emitters of the tests."""

    good: Office  # Registered for every type, for ``AGENCY``.
    narrow: Office  # Registered for ``FineRemitted`` of ``OTHER_AGENCY`` only.
    supervisor: Office
    revoked: Office  # Its key has been revoked.
    early: Office  # Its key counts from tomorrow on.
    stranger: Office  # Registered nowhere.


class Bench(NamedTuple):
    """What a maker of bad input gets."""

    shop: Workshop
    offices: Offices
    stream: str  # A new case.
    mark: str  # Letters that stand in the bad record and nowhere else.

    def act(self, office: Office | None = None, **changes: object):
        """Return a sound act that carries the mark."""
        payload = {"amountFen": 1, "at": now()}
        sender = office or self.offices.good
        given = {"aggregate_id": f"part:{self.mark}", **changes}
        return self.shop.act("FineRemitted", payload, self.stream, sender, **given)

    def parcel(self, value, office: Office | None = None) -> Parcel:
        """Return an act, or bytes, of the stream in a submission of its own."""
        return self.shop.parcel(value, office or self.offices.good, key=self.stream)


class BadInput(NamedTuple):
    """One kind of bad input and what comes of it."""

    name: str
    make: Callable[[Bench], Parcel]
    code: str
    status: int
    pointer: str | None
    is_proven: bool  # Whether the emitter is told, on the receipts topic.
    roads: tuple[str, ...]


CASES: list[BadInput] = []


def refused(
    code: str,
    status: int,
    pointer: str | None = None,
    *,
    proven: bool = False,
    roads: tuple[str, ...] = BOTH,
):
    """Put a maker on the list."""

    def add(make: Callable[[Bench], Parcel]):
        CASES.append(BadInput(make.__name__, make, code, status, pointer, proven, roads))
        return make

    return add


def offices_of(shop: Workshop) -> Offices:
    """Return the emitters of the tests, registered as they have to be."""
    words = ("good", "supervisor", "revoked", "early", "stranger")
    made = {word: shop.office(word) for word in words}
    offices = Offices(narrow=shop.office("narrow", OTHER_AGENCY), **made)
    shop.register(offices.good)
    shop.register(offices.narrow, types=["FineRemitted"])
    shop.register(offices.supervisor, kind="SUPERVISOR")
    shop.register(offices.early, valid_from=now() + 86_400 * SECOND)
    shop.register(offices.revoked)
    shop.commit(shop.good(shop.stream_in(0), offices.revoked))
    payload = {
        "emitterId": offices.revoked.emitter_id,
        "vkey": offices.revoked.signer.vkey,
        "revokedAt": now(),
        "reason": "COMPROMISED",
    }
    shop.commit(shop.command("EmitterKeyRevoked", payload, f"emitter:{offices.revoked.emitter_id}"))
    return offices


# R1: size, marker, fingerprint, strictness, schema pair, payload.


@refused("R1_ACT_TOO_LARGE", 400)
def act_of_61_kb(it: Bench) -> Parcel:
    sound = encode_act(it.act()._replace(payload=b""))
    return it.parcel(sound[:-1] + zigzag_varint(61_000) + bytes(61_000))


@refused("R1_MALFORMED", 400)
def wrong_marker(it: Bench) -> Parcel:
    return it.parcel(b"\xc3\x02" + encode_act(it.act())[2:])


@refused("R1_MALFORMED", 400)
def random_bytes(it: Bench) -> Parcel:
    return it.parcel(b"\x00" + it.mark.encode() + os.urandom(400))


@refused("R1_MALFORMED", 400)
def no_bytes(it: Bench) -> Parcel:
    return it.parcel(b"")


@refused("R1_UNKNOWN_SCHEMA", 400)
def wrong_fingerprint_of_the_envelope(it: Bench) -> Parcel:
    value = bytearray(encode_act(it.act()))
    value[5] ^= 1
    return it.parcel(bytes(value))


@refused("R1_UNKNOWN_SCHEMA", 400)
def wrong_fingerprint_of_the_payload(it: Bench) -> Parcel:
    return it.parcel(it.act(payload_schema=fingerprint(event_schemas()["CaseClosed", 1])))


@refused("R1_UNKNOWN_SCHEMA", 400)
def unknown_schema(it: Bench) -> Parcel:
    return it.parcel(it.act()._replace(event_type="PartyVanished"))


@refused("R1_UNKNOWN_SCHEMA", 400)
def unknown_version(it: Bench) -> Parcel:
    return it.parcel(it.act(schema_version=9))


@refused("R1_MALFORMED", 400)
def truncated_act(it: Bench) -> Parcel:
    return it.parcel(encode_act(it.act())[:-3])


@refused("R1_MALFORMED", 400, "/payload")
def truncated_payload(it: Bench) -> Parcel:
    return it.parcel(it.act()._replace(payload=b"\x02"))


@refused("R1_MALFORMED", 400)
def surplus_byte_after_the_act(it: Bench) -> Parcel:
    return it.parcel(encode_act(it.act()) + b"\0")


@refused("R1_MALFORMED", 400, "/payload")
def surplus_byte_in_the_payload(it: Bench) -> Parcel:
    act = it.act()
    return it.parcel(act._replace(payload=act.payload + b"\0"))


@refused("R1_MALFORMED", 400)
def text_that_is_not_nfc(it: Bench) -> Parcel:
    return it.parcel(encode_act(it.act()).replace(b"\x08Case", b"\x08e\xcc\x81a"))


@refused("R1_MALFORMED", 400, "/streamKey")
def malformed_identifier(it: Bench) -> Parcel:
    sound, key = encode_act(it.act(case_id=None)), it.stream.encode()
    return it.parcel(sound.replace(key, key.replace(b":", b" ")))


@refused("R1_MALFORMED", 400, "/payload/toAgency")
def text_against_its_pattern(it: Bench) -> Parcel:
    payload = {"toAgency": "nobody", "matter": bytes(32)}
    act = it.shop.act("AssistanceRequested", payload, it.stream, it.offices.good)
    return it.parcel(act._replace(aggregate_id=f"part:{it.mark}"))


# R1: the stream.


@refused("R1_STREAM_MISMATCH", 400, roads=(KAFKA,))
def wrong_partition(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), partition=1 - it.shop.partition_of(it.stream))


@refused("R1_STREAM_MISMATCH", 400)
def key_of_another_stream(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), key=it.shop.stream_in(0).encode())


@refused("R1_STREAM_MISMATCH", 400)
def case_that_is_not_the_stream(it: Bench) -> Parcel:
    return it.parcel(it.act(case_id="case:another"))


@refused("R1_STREAM_MISMATCH", 400, roads=(KAFKA,))
def control_act_on_the_acts_topic(it: Bench) -> Parcel:
    act = it.shop.act("SimulationEnded", {"at": now()}, it.stream, it.shop.platform)
    return replace(it.parcel(act, it.shop.platform), topic=ACTS)


@refused("R1_STREAM_MISMATCH", 400, roads=(KAFKA,))
def case_act_on_the_control_topic(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), topic=CONTROL)


# R1: headers.


@refused("R1_BAD_HEADER", 400)
def no_proof(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), proof=None)


@refused("R1_BAD_HEADER", 400)
def garbage_for_a_proof(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), proof=b"lianzheng.proof/v1\nindex x\n\n" + os.urandom(90))


@refused("R1_BAD_HEADER", 400)
def proof_of_3_kb(it: Bench) -> Parcel:
    sound = it.parcel(it.act())
    assert sound.proof is not None
    lines = (base64_text(bytes(32)) + "\n").encode() * 60
    return replace(sound, proof=sound.proof.replace(b"\n\n", b"\n" + lines + b"\n", 1))


@refused("R1_BAD_HEADER", 400, roads=(KAFKA,))
def two_proofs(it: Bench) -> Parcel:
    sound = it.parcel(it.act())
    assert sound.proof is not None
    return replace(sound, more=(("lz-proof", sound.proof),))


@refused("R1_BAD_HEADER", 400)
def simulated_time_on_a_real_clock(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), sim_time=now())


@refused("R1_BATCH_SIZE", 400)
def submission_of_no_act(it: Bench) -> Parcel:
    return _submission_that_says(it, 0)


@refused("R1_BATCH_SIZE", 400)
def submission_of_1025_acts(it: Bench) -> Parcel:
    return _submission_that_says(it, 1_025)


def _submission_that_says(it: Bench, size: int) -> Parcel:
    sound, office = it.parcel(it.act()), it.offices.good
    assert sound.value is not None
    root, batch = base64_text(submission_leaf(sound.value)), uuid7(now() // 1_000, os.urandom(10))
    lines = ("lianzheng.submission/v1", f"ledger {it.shop.name}", office.emitter_id, str(size))
    text = "\n".join((*lines, root, uuid_text(batch), ""))
    head = b"lianzheng.proof/v1\nindex 0\n\n"
    return replace(sound, proof=head + sign_note(text, [office.signer]))


# R2: the origin.


@refused("R2_LEDGER", 403)
def note_for_another_ledger(it: Bench) -> Parcel:
    sound = it.parcel(it.act())
    assert sound.value is not None
    (proof,) = it.shop.prove([sound.value], it.offices.good, ledger="other.example")
    return replace(sound, proof=proof)


@refused("R2_KEY_UNKNOWN", 403)
def unregistered_emitter(it: Bench) -> Parcel:
    return it.parcel(it.act(it.offices.stranger), it.offices.stranger)


@refused("R2_KEY_UNKNOWN", 403)
def another_key_under_a_known_name(it: Bench) -> Parcel:
    return it.parcel(it.act(), it.offices.good._replace(signer=it.shop.key(it.offices.good)))


@refused("R2_KEY_UNKNOWN", 403)
def revoked_key(it: Bench) -> Parcel:
    return it.parcel(it.act(it.offices.revoked), it.offices.revoked)


@refused("R2_KEY_UNKNOWN", 403)
def key_that_does_not_count_yet(it: Bench) -> Parcel:
    return it.parcel(it.act(it.offices.early), it.offices.early)


@refused("R2_SIGNATURE", 403)
def forged_signature(it: Bench) -> Parcel:
    sound = it.parcel(it.act())
    assert sound.proof is not None
    start, _, text = sound.proof.rstrip(b"\n").rpartition(b" ")
    signature = bytearray(read_base64(text))
    signature[-40] ^= 1
    return replace(sound, proof=start + b" " + base64_text(bytes(signature)).encode() + b"\n")


@refused("R2_EMITTER", 403)
def act_of_another_emitter(it: Bench) -> Parcel:
    return it.parcel(it.act(), it.offices.narrow)


@refused("R2_PATH", 403)
def forged_path(it: Bench) -> Parcel:
    mine, other = encode_act(it.act()), encode_act(it.act())
    proofs = it.shop.prove([mine, other], it.offices.good)
    return Parcel(it.stream.encode(), mine, proofs[1])


@refused("R2_PATH", 403)
def act_changed_after_signing(it: Bench) -> Parcel:
    act = it.act()
    sound = it.parcel(act)
    return replace(sound, value=encode_act(act._replace(occurred_at=act.occurred_at - 1)))


# R11.


@refused("R11_NULL_VALUE", 405, roads=(KAFKA,))
def tombstone(it: Bench) -> Parcel:
    return replace(it.parcel(it.act()), value=None)
