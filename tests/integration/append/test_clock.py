"""``receivedAt``, heartbeats, and a simulated clock."""

from consumers.append.made import HOUR_MICROS, made_payload
from ledger.chain.outcomes import COMMITTED, REJECTED
from tests.support.append_stage import items, make, replace, run
from tests.support.control import (
    AGENCY,
    AGENCY_EMITTER,
    OPERATOR,
    PLATFORM,
    START,
    emitter_registered,
    event_id,
)
from tests.support.log_checker import check_log, decoded, types

MINUTE = 60_000_000


def closed(name, **fields):
    return make("CaseClosed", {"reason": "EXECUTED"}, "case:1", event_id=event_id(name), **fields)


def process(stage):
    with stage.running("0") as appender:
        return items(run(appender, stage.topics[0]))


def process_control(stage):
    with stage.running("control") as appender:
        return items(run(appender, stage.control_topic))


def test_a_heartbeat_comes_before_what_is_received_after_the_hour(stage):
    """One for all hours that passed, at the last full one; then one time for the whole batch."""
    stage.topics[0].submit([closed("a"), closed("b")])
    process(stage)
    assert types(stage, "0", 1) == ["LogHeartbeat", "CaseClosed", "CaseClosed"]
    (beat, act), first, second = decoded(stage, "0")[1:]
    hour = made_payload(act)["at"]
    assert hour == beat.received_at - beat.received_at % HOUR_MICROS
    assert hour > START
    assert beat.received_at == first[0].received_at == second[0].received_at
    check_log(stage, "0")


def test_a_clock_that_went_back_does_not_take_the_log_with_it(stage):
    """The newest entry's time is the least for all that follows, and no heartbeat comes before."""
    stage.topics[0].submit([closed("a")])
    process(stage)
    ahead = stage.recorder("0").head().now + HOUR_MICROS
    stage.query(f"UPDATE ledger.heads SET received_at = {ahead} WHERE log = '0' RETURNING 1")
    stage.topics[0].submit([closed("b"), closed("c")])
    assert [item.outcome for item in process(stage)] == [COMMITTED] * 2
    assert types(stage, "0", 3) == ["CaseClosed", "CaseClosed"]
    assert [entry.received_at for entry, _ in decoded(stage, "0")[3:]] == [ahead] * 2
    assert stage.recorder("0").head().received_at == ahead
    check_log(stage, "0")


def test_an_idle_log_beats_by_itself(stage):
    """A tick writes the heartbeat once an hour, and nothing in between."""
    with stage.running("0") as appender:
        for _ in range(3):
            appender.tick()
            appender._next_look = 0
        appender.drain()
    assert types(stage, "0", 1) == ["LogHeartbeat"]
    check_log(stage, "0")


def ended():
    act = make("SimulationEnded", {"at": START}, "platform:clock", event_id=event_id("end"))
    return replace(act, agency_id=OPERATOR, actors=())


def test_simulated_time_comes_with_the_records(simulated):
    """The maximum of the last and the header's; without a header the last."""
    topic = simulated.topics[0]
    topic.submit([closed("a")], sim_time=START + 10 * MINUTE)
    topic.submit([closed("b")], sim_time=START + 5 * MINUTE)
    topic.submit([closed("c")])
    topic.submit([closed("d")], sim_time=START + 20 * MINUTE)
    assert [item.outcome for item in process(simulated)] == [COMMITTED] * 4
    times = [entry.received_at - START for entry, _ in decoded(simulated, "0")]
    assert times == [0, 10 * MINUTE, 10 * MINUTE, 10 * MINUTE, 20 * MINUTE]
    assert "LogHeartbeat" not in types(simulated, "control")
    check_log(simulated, "0")


def test_the_future_is_judged_by_simulated_time(simulated):
    """R7 uses ``receivedAt``, whatever clock it is."""
    late = {"occurred_at": START + 30 * MINUTE, "recorded_at": START + 30 * MINUTE}
    simulated.topics[0].submit([closed("a", **late)], sim_time=START + 10 * MINUTE)
    simulated.topics[0].submit([closed("b", **late)], sim_time=START + 26 * MINUTE)
    found = process(simulated)
    assert [item.outcome for item in found] == [REJECTED, COMMITTED]
    assert found[0].problem.code == "R7_OCCURRED_IN_FUTURE"


def test_case_logs_beat_by_the_control_logs_simulated_time(simulated):
    """The control log writes none while the clock is simulated."""
    simulated.topics[0].submit([closed("a")], sim_time=START + 10 * MINUTE)
    process(simulated)
    simulated.control_topic.submit([registered()], PLATFORM, sim_time=START + 3 * HOUR_MICROS + 1)
    process_control(simulated)
    with simulated.running("0") as appender:
        appender.tick()
        appender.drain()
    (entry, act) = decoded(simulated, "0")[-1]
    assert act.event_type == "LogHeartbeat"
    assert entry.received_at == START + 3 * HOUR_MICROS + 1
    assert made_payload(act)["at"] == entry.received_at - entry.received_at % HOUR_MICROS
    check_log(simulated, "0")


def registered():
    payload = emitter_registered("agy.later", "AGENCY", [AGENCY])
    act = make("EmitterRegistered", payload, "emitter:agy.later")
    return replace(act, agency_id=OPERATOR, actors=())


def test_the_real_clock_counts_from_the_end_of_the_simulation(simulated):
    """In the batch that ends it, the next entry has the database's time, after a heartbeat."""
    simulated.control_topic.submit([ended(), registered()], PLATFORM, sim_time=START + MINUTE)
    assert [item.outcome for item in process_control(simulated)] == [COMMITTED] * 2
    last = [act.event_type for _, act in decoded(simulated, "control")[-3:]]
    assert last == ["SimulationEnded", "LogHeartbeat", "EmitterRegistered"]
    end, beat, after = [entry for entry, _ in decoded(simulated, "control")[-3:]]
    now = simulated.recorder("control").head().now
    assert end.received_at == START + MINUTE
    assert now - beat.received_at < HOUR_MICROS
    assert after.received_at == beat.received_at
    simulated.topics[0].submit([closed("a")], AGENCY_EMITTER, sim_time=START + 2 * MINUTE)
    assert [item.outcome for item in process(simulated)] == [COMMITTED]
    entry, _ = decoded(simulated, "0")[-1]
    assert now <= entry.received_at
    check_log(simulated, "0")
    check_log(simulated, "control")
