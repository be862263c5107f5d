"""Everything the golden vectors refuse is refused, under the vectors' codes."""

import pytest

from ledger.chain.act import decode_act
from tests.support.vector_judge import code_of, record, vector_judge
from tests.support.vectors import load

ACTS = load("acts")
SUBMISSIONS = load("submissions")
SEALING = load("sealing")
GOOD_PROOFS = {
    batch["acts"][proof["index"]]: bytes.fromhex(proof["lz_proof_hex"])
    for batch in SUBMISSIONS["batches"]
    for proof in batch["proofs"]
}


def by_name(items):
    return pytest.mark.parametrize("case", items, ids=[item["name"] for item in items])


@by_name([item for item in ACTS["refused"] if "value" in item])
def test_refused_values(case):
    """What is no strict act is nobody's."""
    incoming = record(bytes.fromhex(case["value"]), key="case:1", lz_proof=b"x")
    assert code_of(vector_judge(), incoming) == case["code"]


def test_an_act_over_the_limit_is_refused_before_anything_is_parsed():
    """The largest act and one byte more."""
    largest = next(it for it in ACTS["acts"] if it["name"] == "largest")
    value = bytes.fromhex(largest["value"])
    assert code_of(vector_judge(), record(value + b"\0", key="c")) == "R1_ACT_TOO_LARGE"


@by_name(ACTS["refused_records"])
def test_refused_records(case):
    """Wrong key, partition, topic or case id; malformed identifier, text or payload."""
    judge = vector_judge(str(case["partition"]), case["partitions"])
    incoming = record(
        bytes.fromhex(case["value"]),
        key=case["key"],
        topic=case["topic"],
        partition=case["partition"],
        lz_proof=b"x",
    )
    assert code_of(judge, incoming) == case["code"]


def test_partitions_that_are_the_computed_ones_are_taken():
    """The same key on its own partition gets as far as its header."""
    case = next(it for it in ACTS["refused_records"] if it["name"] == "partition-not-computed")
    partition = case["partition"] - 1
    judge = vector_judge(str(partition), case["partitions"])
    incoming = record(bytes.fromhex(case["value"]), key=case["key"], partition=partition)
    assert code_of(judge, incoming) == "R1_BAD_HEADER"


@by_name(SUBMISSIONS["refused"])
def test_refused_submissions(case):
    """Note, path, keys and header forms."""
    value = bytes.fromhex(case["act"])
    incoming = record(
        value,
        key=decode_act(value).stream_key,
        lz_proof=bytes.fromhex(case["lz_proof_hex"]),
    )
    assert code_of(vector_judge(), incoming) == case["code"]


def test_good_submissions_are_proven_one_by_one_and_in_any_order():
    """Every act of every batch, twice: the second time from memory."""
    judge = vector_judge()
    for act, proof in [*GOOD_PROOFS.items(), *reversed(GOOD_PROOFS.items())]:
        value = bytes.fromhex(act)
        judged = judge.examine(record(value, key=decode_act(value).stream_key, lz_proof=proof))
        assert judged.act.event_id == decode_act(value).event_id


def sealed_act(case):
    name = case["act"]
    return bytes.fromhex(next(it["value"] for it in ACTS["acts"] if it["name"] == name))


def sealed_record(case):
    value = sealed_act(case)
    seal = case.get("lz_seal", SEALING["lz_seal"])
    return record(
        value,
        key=decode_act(value).stream_key,
        lz_proof=GOOD_PROOFS.get(value.hex(), b"x"),
        lz_seal=None if seal is None else bytes.fromhex(seal),
        lz_sealed=bytes.fromhex(case["lz_sealed"]),
    )


@by_name([case for case in SEALING["refused"] if sealed_act(case).hex() in GOOD_PROOFS])
def test_refused_openings(case):
    """Openings that do not match, are surplus, or cannot be read."""
    assert code_of(vector_judge(), sealed_record(case)) == case["code"]


def test_no_refused_opening_is_left_out():
    """Only the act without commitments has no submission in the vectors; see below."""
    left_out = {
        case["act"] for case in SEALING["refused"] if sealed_act(case).hex() not in GOOD_PROOFS
    }
    assert left_out <= {"derived-alert"}


@by_name([dict(case, name=case["act"]) for case in SEALING["acts"]])
def test_good_openings_are_counted(case):
    """As many as the act has commitments."""
    judged = vector_judge().examine(sealed_record(case))
    assert judged.unfit is None
    assert len(judged.openings) == len(case["openings"])


def test_a_missing_value_deletes_nothing():
    """A null value is R11, whatever its key."""
    assert code_of(vector_judge(), record(None, key="case:1")) == "R11_NULL_VALUE"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"lz_proof": b""},
        {"lz_proof": b"x", "lz_sealed": bytes(300)},
        {"lz_proof": b"x", "lz_seal": bytes(84), "lz_sealed": bytes(100)},
        {"lz_proof": b"x", "lz_sim_time": b"1"},
        {"lz_proof": b"x", "lz_sim_time": b"-1"},
    ],
)
def test_header_faults(headers):
    """Missing, empty, of a wrong length, or a simulated time in a ledger with a real clock."""
    value = bytes.fromhex(next(iter(GOOD_PROOFS)))
    incoming = record(value, key=decode_act(value).stream_key, **headers)
    assert code_of(vector_judge(), incoming) == "R1_BAD_HEADER"
    twice = incoming._replace(headers=[("lz-proof", b"x"), ("lz-proof", b"x")])
    assert code_of(vector_judge(), twice) == "R1_BAD_HEADER"
