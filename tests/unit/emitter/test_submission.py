"""Submissions as they travel: provable, sealed only where something is to be sealed."""

import io
import json

import fastavro
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from consumers.emitter.submission import SubmissionItem, UnsealedAct, VaultKey, build_items
from consumers.emitter.transport import Topics, act_record, cloud_event_headers, container
from consumers.topics import ACTS, CONTROL
from ledger.chain.act import Act, Actor, decode_act, encode_act
from ledger.chain.commitments import Opening, commitment
from ledger.chain.ids import uuid7
from ledger.chain.note_keys import Signer
from ledger.chain.notes import key_map
from ledger.chain.sealing import open_key, open_openings
from ledger.chain.submission import check_act, check_note, parse_proof
from ledger.clock import FixedClock
from schemas.catalogue import load_catalogue
from schemas.loader import schema_text

SIGNER = Signer("agy.market", bytes(32))
PRIVATE = bytes(range(32))
VAULT_KEY = VaultKey(
    7, X25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
)
CLOCK = FixedClock(1_793_534_400_123_456)
PATH = "/party/nameCommitment"


def counting_random():
    """Return a source of bytes that never repeats."""
    state = [0]

    def draw(size):
        state[0] += 1
        return state[0].to_bytes(size, "big")

    return draw


def act(number, event_type="CaseClosed"):
    """Return one act."""
    return Act(
        event_id=uuid7(1_793_534_400_000 + number, bytes(10)),
        event_type=event_type,
        schema_version=1,
        payload_schema=bytes(8),
        stream_key=f"case:{number}",
        aggregate_type="Case",
        aggregate_id=f"case:{number}",
        expected_version=None,
        agency_id="11430100FCT000022L",
        delegate_id=None,
        emitter_id="agy.market",
        emitter_seq=number,
        actors=(Actor("officer:1", None, "HANDLER"),),
        occurred_at=1_793_534_400_000_001,
        recorded_at=1_793_534_400_000_001,
        late_entry=None,
        correlation_id=None,
        causation_id=None,
        case_id=f"case:{number}",
        item_code=None,
        payload=b"payload",
    )


def unsealed(number, *, secret=False):
    """Return an act as its emitter has it."""
    one = act(number)
    openings = [Opening(PATH, "party:1", bytes(32), b'"value"')] if secret else []
    return UnsealedAct(one.stream_key, encode_act(one), openings, 5)


def build(acts):
    return build_items("demo", acts, [SIGNER], VAULT_KEY, CLOCK, counting_random())


def test_every_proof_leads_to_the_signed_root():
    """Each item alone is proven by what travels with it."""
    items = build([unsealed(n) for n in range(5)])
    keys = key_map([SIGNER.key])
    for number, item in enumerate(items):
        proof = parse_proof(item.proof)
        check_note(proof, "demo", keys)
        check_act(proof, item.act, "agy.market")
        assert (proof.index, proof.text.size, item.key) == (number, 5, f"case:{number}")


def test_openings_are_sealed_to_the_vault_and_only_there():
    """The sealed act opens with the private key; the plain one carries no seal."""
    items = build([unsealed(0), unsealed(1, secret=True)])
    assert (items[0].seal, items[0].sealed) == (None, None)
    sealed = items[1]
    batch = parse_proof(sealed.proof).text.batch
    content_key = open_key(sealed.seal, {7: PRIVATE}, batch)
    committed = commitment(bytes(32), sealed.event_id, PATH, b'"value"')
    (opening,) = open_openings(
        content_key, sealed.event_id, sealed.act, sealed.sealed, [(PATH, committed)]
    )
    assert opening.value == b'"value"'
    assert b"value" not in b"".join(part for part in sealed if isinstance(part, bytes))


def test_a_record_carries_the_ledgers_headers_and_cloud_events():
    """The names and forms that docs/spec and the CloudEvents binding give."""
    item = SubmissionItem("case:1", encode_act(act(1)), b"proof", b"seal", b"sealed", 1_234)
    record = act_record(item, decode_act(item.act), ACTS)
    headers = dict(record.headers)
    assert (record.topic, record.key, record.value) == (ACTS, b"case:1", item.act)
    assert headers["lz-proof"] == b"proof"
    assert (headers["lz-seal"], headers["lz-sealed"], headers["lz-sim-time"]) == (
        b"seal",
        b"sealed",
        b"1234",
    )
    assert headers["ce_type"] == b"CaseClosed.v1"
    assert headers["ce_time"] == b"2026-11-01T12:00:00.000001Z"
    assert headers["ce_source"] == b"agy.market"
    assert headers["ce_subject"] == b"case:1"
    assert headers["ce_id"].count(b"-") == 4


def test_absent_parts_have_no_header():
    """Not an empty one: the ledger would refuse it."""
    item = SubmissionItem("case:1", encode_act(act(1)), b"proof")
    record = act_record(item, decode_act(item.act), ACTS)
    names = [name for name, _ in record.headers]
    assert [name for name in names if name.startswith("lz-")] == ["lz-proof"]
    assert len(names) == 1 + len(cloud_event_headers(act(1)))


def test_a_container_is_read_by_another_reader():
    """Method: fastavro, with the published schema."""
    items = build([unsealed(0), unsealed(1, secret=True)])
    reader = fastavro.reader(io.BytesIO(container(items)))
    assert reader.writer_schema["name"].endswith("SubmissionItem")
    rows = list(reader)
    fields = [field["name"] for field in json.loads(schema_text("SubmissionItem.avsc"))["fields"]]
    assert [[row[name] for name in fields] for row in rows] == [list(item) for item in items]


@pytest.mark.parametrize(
    ("event_type", "stream", "topic"),
    [
        ("CaseClosed", "case:1", ACTS),
        ("AgencyRegistered", "agency:1", CONTROL),
        ("EmitterRegistered", "emitter:1", CONTROL),
        ("EventCorrected", "case:1", ACTS),
        ("EventCorrected", "agency:1", CONTROL),
        ("HoldPlaced", "measure:1", ACTS),
        ("NoSuchType", "case:1", ACTS),
    ],
)
def test_the_catalogue_decides_about_the_topic(event_type, stream, topic):
    """Where a type follows its target, the stream's prefix decides."""
    assert Topics(load_catalogue()).topic(event_type, stream) == topic
