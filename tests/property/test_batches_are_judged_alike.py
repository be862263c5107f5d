"""A batch judged in one compiled call, and record by record: the same verdicts and entries."""

from __future__ import annotations

import random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.append.batch import Batch, LogReader
from consumers.append.event_type import EventType
from consumers.append.gates import Gates
from consumers.append.judge import Judge
from consumers.append.made import LedgerVoice
from consumers.append.record import IncomingRecord, JudgedRecord, Refusal
from ledger.application import LogApplication, NewEntry
from ledger.chain.tree import Frontier
from ledger.domain.control import ControlState
from ledger.domain.rows import Head
from tests.support.append_stage import ACTS_TOPIC, TRANSPORT_KEY, Sealed, Topic, make, replace
from tests.support.control import (
    AGENCY,
    AGENCY_EMITTER,
    LEDGER,
    OPERATOR,
    OTHER_AGENCY,
    START,
    change,
    control_state,
    emitter_registered,
    event_id,
)
from tests.unit.append.test_judge import closed, filed
from tests.unit.append.test_quick_check_of_schemas import damaged

HOUR = 3_600_000_000
EMITTERS = (AGENCY_EMITTER, "agy.second")  # Both may send the same.


def state_of(logs: int, clock: str) -> ControlState:
    """Return a ledger's control log with two emitters of the same rights."""
    state = control_state(case_logs=logs, clock=clock)
    change(state, "EmitterRegistered", emitter_registered(EMITTERS[1], "AGENCY", [AGENCY]))
    return state


STATES = {
    (logs, clock): state_of(logs, clock) for logs in (1, 2) for clock in ("system", "simulated")
}
WRONG_CODE = AGENCY[:-1] + ("0" if AGENCY[-1] != "0" else "1")
NAME = '"王小明"'.encode()


def act_of(number: int, kind: str, emitter: str = AGENCY_EMITTER) -> Sealed:
    """Return one act; most kinds are sound, the others fail at one rule each."""
    stream, own = f"case:{number % 7}", {"event_id": event_id(f"act {number}")}
    sound = closed(stream, case_id=stream, **own)
    changes: dict[str, dict[str, Any]] = {
        "sound": {},
        "known id": {"event_id": event_id("twice")},
        "known id, other bytes": {"event_id": event_id("twice"), "item_code": f"item-{number}"},
        "next version": {"expected_version": number % 3},
        "in the future": {"occurred_at": START + HOUR, "recorded_at": START + HOUR},
        "recorded early": {"recorded_at": START - HOUR},
        "another case": {"case_id": "case:7"},
        "the ledger's stream": {"stream_key": "log:0", "case_id": None},
        "not registered": {"agency_id": OTHER_AGENCY},
        "another emitter": {"emitter_id": ({*EMITTERS} - {emitter}).pop()},
        "no such type": {"event_type": "NoSuchType"},
        "wide text": {"item_code": "事项"},
        "a number": {"aggregate_id": "x-13812345678"},
    }
    if kind == "sealed":
        return replace(filed({"/party/nameCommitment": NAME}), emitter_id=emitter)
    if kind == "wrong code":
        company = {"partyType": "LEGAL", "nameCommitment": None, "name": "公司", "idScheme": "USCC"}
        return replace(filed(**company, uscc=WRONG_CODE), emitter_id=emitter, **own)
    if kind == "clear":
        return replace(filed(suspected=f"第{number}号"), emitter_id=emitter, **own)
    return replace(sound, **{"emitter_id": emitter, **changes[kind]})


KINDS = ["sound"] * 6 + ["sealed", "clear", "known id", "known id, other bytes", "next version"]
KINDS += ["in the future", "recorded early", "another case", "the ledger's stream"]
KINDS += ["not registered", "another emitter", "no such type", "wide text", "a number"]
KINDS += ["wrong code"]


def records_of(
    submissions: list[list[str]], seed: int, sim_time: int | None
) -> list[IncomingRecord]:
    """Return the records of some submissions, shuffled; some damaged, doubled or emptied."""
    draw, topic, number = random.Random(seed), Topic(ACTS_TOPIC), 0
    for kinds in submissions:
        acts, emitter = [], draw.choice(EMITTERS)
        for kind in kinds:
            acts.append(act_of(number, kind, emitter))
            number += 1
        time = None if sim_time is None else sim_time + draw.randrange(-5, 60)
        topic.submit(acts, emitter, sim_time=time)
    records = list(topic.records)
    if draw.random() < 0.5:
        draw.shuffle(records)
    return [_spoilt(record, draw)._replace(offset=place) for place, record in enumerate(records)]


def _spoilt(record: IncomingRecord, draw: random.Random) -> IncomingRecord:
    assert record.value is not None
    headers = list(record.headers)
    how = draw.randrange(40)
    if how == 0:
        return record._replace(value=damaged(record.value, draw))
    if how == 1:
        return record._replace(key=b"case:9")
    if how == 2:
        return record._replace(value=None)
    if how == 3:
        name, proof = headers[0]
        assert proof is not None
        headers[0] = (name, damaged(proof, draw))
    if how == 4:
        headers.append(draw.choice([headers[0], ("lz-seal", b"short"), ("lz-sim-time", b"01")]))
    if how == 5:
        headers = headers[1:]
    if how == 6:
        headers.append(("lz-sim-time", b"%d" % START))
    return record._replace(headers=headers)


def facts(item: JudgedRecord | Refusal) -> tuple[Any, ...]:
    """Return everything that is known of an examined record."""
    if isinstance(item, Refusal):
        return (item.record, type(item.fault), item.fault.code, item.fault.pointer)
    values = {name: getattr(item, name) for name in JudgedRecord.__slots__ if name[0] != "_"}
    for name in ("not_allowed", "unfit"):
        fault = values[name]
        values[name] = fault and (type(fault), fault.code, fault.pointer)
    values["event_type"] = item.event_type.topic  # The rest of it is functions.
    return (*values.values(), item.act, item.payload)


SUBMISSIONS = st.lists(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=9), min_size=1, max_size=5
)


@settings(max_examples=150, deadline=None)
@given(SUBMISSIONS, st.integers(0, 2**32), st.sampled_from(sorted(STATES)))
def test_records_are_examined_alike(submissions, seed, state):
    """Same facts or same refusal for each record, in two batches of one judge."""
    records = records_of(submissions, seed, START if state[1] == "simulated" else None)
    quick, careful = judge(STATES[state]), judge(STATES[state])
    middle = len(records) // 2
    found = quick.examine_all(records[:middle]) + quick.examine_all(records[middle:])
    assert [*map(facts, found)] == [*map(facts, careful.examine_each(records))]
    for cache in (quick.origin._cache, careful.origin._cache):
        assert cache.node_count == sum(len(known.nodes) for known in cache._notes.values())


def judge(state) -> Judge:
    made = Judge("0", {1: TRANSPORT_KEY})
    made.follow(state)
    return made


def test_sound_records_are_examined_in_the_compiled_call():
    """Else the comparison above compares the careful path with itself."""
    records = Topic(ACTS_TOPIC).submit(
        [act_of(number, "sealed" if number == 3 else "sound") for number in range(12)]
    )
    one = judge(STATES[1, "system"])
    with patch.object(one, "examine", wraps=one.examine) as careful:
        one.examine_all(records)
    # The first act brings submission, type and parties; the first of another type brings that.
    assert [call.args[0].offset for call in careful.call_args_list] == [0, 3]


class HeldHead:
    """What ``LogApplication`` asks of a transaction, in an empty log."""

    head = Head(0, Frontier().root(), START - 1, 0, 0, START)

    def frontier(self) -> Frontier:
        return Frontier()

    def stream_heads(self, stream_ids):
        return {}


def run_batch(records: list[IncomingRecord], state, *, compiled: bool) -> tuple[Any, ...]:
    """Judge and append records in an empty log; return everything that came of it."""
    with (
        patch("consumers.append.batch.IS_COMPILED", new=compiled),
        patch("ledger.application.IS_COMPILED", new=compiled),
    ):
        voice = LedgerVoice("0", f"{LEDGER}/log/0", OPERATOR)
        application, tx = LogApplication("international"), HeldHead()
        application.begin(tx)
        application.load_heads(tx, [voice.log_stream, *(f"case:{n}" for n in range(10))])
        log = LogReader(tx.head, {}, {}, lambda _: [], (), lambda _: b"")
        one, draw = judge(state), random.Random(1)
        batch = Batch(application, one, Gates(voice.origin), voice, log, state, draw.randbytes)
        batch.run(list(one.examine_each(records)), "5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b")
        return (
            application._rows,
            application._moved,
            batch.answers,
            batch.notices,
            batch.refusals,
            batch.openings,
            batch.quarantine,
            batch._last,
        )


@settings(max_examples=150, deadline=None)
@given(SUBMISSIONS, st.integers(0, 2**32), st.sampled_from(sorted(STATES)))
def test_batches_become_the_same_entries(submissions, seed, state):
    records = records_of(submissions, seed, START if state[1] == "simulated" else None)
    quick = run_batch(records, STATES[state], compiled=True)
    assert quick == run_batch(records, STATES[state], compiled=False)


def test_a_gate_and_a_doubt_end_a_compiled_run():
    """Everything after them is judged against what they have changed."""
    gate = make(
        "DecisionGateRequested",
        {
            "draftHash": "sha256:" + "0" * 64,
            "proposedPenalty": [],
            "reviewId": None,
            "declared": [],
        },
        "case:1",
        event_id=event_id("gate"),
    )
    sound = [act_of(number, "sound") for number in (1, 4, 7)]
    records = Topic(ACTS_TOPIC).submit([sound[0], gate, *sound[1:]])
    rows, _, answers, *_ = run_batch(records, STATES[1, "system"], compiled=True)
    assert [row.topic for row in rows][-5:] == [
        "DecisionGateRequested.v1",
        "MajorDecisionAssessed.v1",
        "DecisionGateCleared.v1",
        "CaseClosed.v1",
        "CaseClosed.v1",
    ]
    assert [answer.outcome for answer in answers] == ["committed"] * 4


@pytest.mark.parametrize(("named", "fields"), [(EventType, 11), (NewEntry, 8), (IncomingRecord, 7)])
def test_tuples_keep_the_fields_that_are_compiled(named, fields):
    """The compiled functions read these by position."""
    assert len(named._fields) == fields
