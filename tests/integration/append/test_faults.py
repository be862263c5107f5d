"""Whatever fails between two steps, every act is there once and is answered in the end."""

import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consumers.append import promise_queue
from consumers.append.promise_queue import PromiseQueue
from ledger.chain.outcomes import COMMITTED, DUPLICATE
from ledger.clock import SystemClock
from ledger.errors import LedgerError, RootMismatchError, UnavailableError
from ledger.store.promise import Commit
from tests.support.append_faults import FaultyCommits, FaultyStore
from tests.support.append_stage import INCARNATION, items, joined, make, run
from tests.support.control import event_id
from tests.support.log_checker import check_log, decoded


def closed(name, stream="case:1"):
    return make("CaseClosed", {"reason": "EXECUTED"}, stream, event_id=event_id(name))


def outcomes(deliveries):
    return [item.outcome for item in items(deliveries)]


def test_a_commit_that_failed_is_made_again(stage):
    """Nothing of the lost transaction is remembered."""
    stage.topics[0].submit([closed("a"), closed("b")])
    with stage.running("0") as appender:
        faults = FaultyCommits(appender._recorder)
        faults.fault = "before"
        with pytest.raises(UnavailableError):
            appender.process(stage.topics[0].records, INCARNATION)
        assert appender.last_offset(f"kafka:{INCARNATION}:enforcement.acts.v1:0") is None
        assert outcomes(run(appender, stage.topics[0])) == [COMMITTED] * 2
    check_log(stage, "0")


def test_a_commit_whose_answer_was_lost_is_answered_for_all_the_same(stage):
    """The head shows that it happened: the receipts leave, and nothing is there twice."""
    stage.topics[0].submit([closed("a"), closed("b")])
    with stage.running("0") as appender:
        faults = FaultyCommits(appender._recorder)
        faults.fault = "after"
        with pytest.raises(UnavailableError):
            appender.process(stage.topics[0].records, INCARNATION)
        stage.topics[0].submit([closed("c"), closed("a")])
        found = outcomes(run(appender, stage.topics[0]))
    assert found == [COMMITTED, COMMITTED, COMMITTED, DUPLICATE]
    check_log(stage, "0")


def test_a_lost_answer_that_nothing_follows_is_found_by_a_tick(stage):
    """The loop may be idle afterwards."""
    stage.topics[0].submit([closed("a")])
    with stage.running("0") as appender:
        faults = FaultyCommits(appender._recorder)
        faults.fault = "after"
        with pytest.raises(UnavailableError):
            appender.process(stage.topics[0].records, INCARNATION)
        assert appender.has_waiting
        first = appender.tick()
        assert outcomes(joined(first, appender.drain())) == [COMMITTED]
    check_log(stage, "0")


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_large_batch_is_committed_beside_the_next_one(stage, fault):
    """Its fault comes out of the next call; what was lost is read again from the tracking row."""
    topic = stage.topics[0]
    for start in range(0, 900, 300):
        topic.submit(
            [closed(f"l{number}", f"case:{number % 9}") for number in range(start, start + 300)]
        )
    name = f"kafka:{INCARNATION}:enforcement.acts.v1:0"
    with stage.running("0") as appender:
        faults = FaultyCommits(appender._recorder)
        first = appender.process(topic.records[:300], INCARNATION)
        assert appender.has_waiting
        faults.fault = fault
        second = appender.process(topic.records[300:600], INCARNATION)
        with pytest.raises(UnavailableError):
            appender.process(topic.records[600:], INCARNATION)
        assert appender.last_offset(name) == (299 if fault == "before" else 599)
        rest = run(appender, topic)
    found = [item for answer in (first, second, rest) for item in items(answer)]
    assert Counter(item.event_id for item in found) == {
        event_id(f"l{number}"): 1 for number in range(900)
    }
    assert {item.outcome for item in found} == {COMMITTED}
    check_log(stage, "0")


def test_two_owners_of_one_log_are_harmless(stage):
    """Both read the same records in turn, each with caches of its own."""
    topic = stage.topics[0]
    for start in range(0, 40, 4):
        topic.submit([closed(f"a{start + number}", f"case:{number}") for number in range(4)])
    with stage.running("0") as one, stage.running("0") as other:
        gathered = []
        for start in range(0, 40, 5):
            for appender in (one, other):
                batch = topic.records[max(0, start - 3) : start + 5]
                gathered.append(appender.process(batch, INCARNATION))
        gathered += [one.drain(), other.drain()]
    answered = Counter(item.event_id for answer in gathered for item in items(answer))
    assert set(answered.values()) == {1}
    assert len(answered) == 40
    check_log(stage, "0")


@pytest.mark.parametrize("away", ["files", "promise", "answer"])
def test_nothing_leaves_without_a_promise(stage, away):
    """While the tile store is away acts are committed and not answered; then they are."""
    stage.store = FaultyStore(stage.folder / "tiles")
    stage.topics[0].submit([closed("a")])
    with stage.running("0") as appender:
        stage.store.away = away
        first = appender.process(stage.topics[0].records, INCARNATION)
        if away != "answer":  # That one is mended by the promiser alone, soon.
            assert appender.has_waiting
            assert not items(joined(first, appender.tick()))
            stage.store.away = None
        assert outcomes(joined(first, appender.drain())) == [COMMITTED]
    check_log(stage, "0")


def test_a_crash_before_the_promise_is_mended_at_the_next_start(stage):
    """What was committed is promised first; a resent act gets its receipt."""
    stage.store = FaultyStore(stage.folder / "tiles")
    stage.topics[0].submit([closed("a")])
    with stage.running("0") as appender:
        stage.store.away = "files"
        appender.process(stage.topics[0].records, INCARNATION)
    assert decoded(stage, "0")[-1][1].event_id == event_id("a")
    stage.store.away = None
    stage.topics[0].submit([closed("a")])
    with stage.running("0") as appender:
        assert outcomes(run(appender, stage.topics[0])) == [DUPLICATE]
    check_log(stage, "0")


def test_a_promiser_that_stops_for_good_stops_the_appender(stage):
    """A root that is not the committed one is no outage: it is raised, not retried."""

    class Broken:
        checkpoint = stage.store.promise("0")

        def promise(self, commits):
            raise RootMismatchError(1, expected=b"", found=b"")

        def publish(self, now):
            return False

    queue = PromiseQueue(Broken(), SystemClock())
    with pytest.raises(RootMismatchError):
        for _ in range(2):
            queue.put(Commit([b"x"], [bytes(32)], 99, bytes(32), 1))
            queue.wait_for(99)
    queue.close()
    assert "promise" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("place", ["promise", "publish"])
def test_a_promise_thread_that_dies_of_a_fault_stops_the_appender(stage, place):
    """Else answers would wait for ever, and nothing would say why."""

    class Faulty:
        checkpoint = stage.store.promise("0")

        def promise(self, commits):
            assert place != "promise"
            return self.checkpoint

        def publish(self, now):
            raise AssertionError

    queue = PromiseQueue(Faulty(), SystemClock())
    queue.put(Commit([b"x"], [bytes(32)], 99, bytes(32), 1))
    queue._thread.join(30)
    for ask in (lambda: queue.promised, lambda: queue.wait_for(1)):
        with pytest.raises(LedgerError, match="died of a fault"):
            ask()
    queue.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.lists(st.integers(0, 25), min_size=1, max_size=6)),
        st.tuples(
            st.just("process"),
            st.integers(0, 1),
            st.integers(1, 9),
            st.integers(0, 4),
            st.sampled_from([None, None, "before", "after"]),
        ),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("away"), st.sampled_from([None, "files", "promise", "answer"])),
    ),
    min_size=4,
    max_size=25,
)


class Machine:
    """Two owners of one log, faults, restarts; each record is offered until it is consumed."""

    def __init__(self, stage):
        self.stage = stage
        stage.store = FaultyStore(stage.folder / "tiles")
        self.topic = stage.topics[0]
        self.sent = set()
        self.answers = []
        self.owners = [None, None]
        for number in range(2):
            self.restart(number)

    def restart(self, number):
        """Kill an owner and start it again; it needs the tile store for that."""
        if self.owners[number] is not None:
            self.owners[number][0].close()
        self.stage.store.away = None
        appender = self.stage.appender("0")
        self.owners[number] = (appender, FaultyCommits(appender._recorder))

    def submit(self, numbers):
        """Send acts; a number sent again is the same act in another submission."""
        self.sent |= set(numbers)
        acts = {number: closed(f"n{number}", f"case:{number % 3}") for number in numbers}
        self.topic.submit(list(acts.values()))

    def process(self, number, count, overlap, fault):
        """Offer records from before the tracking row on."""
        appender, faults = self.owners[number]
        last = appender.last_offset(f"kafka:{INCARNATION}:enforcement.acts.v1:0")
        start = max(0, (-1 if last is None else last) + 1 - overlap)
        batch = self.topic.records[start : start + count + overlap]
        if not batch:
            return
        faults.fault = fault
        try:
            self.answers.append(appender.process(batch, INCARNATION))
        except UnavailableError:
            self.answers.append(appender.tick())

    def finish(self):
        """Let the faults end, read the rest and promise everything."""
        self.stage.store.away = None
        for appender, faults in self.owners:
            faults.fault = None
            self.answers += [run(appender, self.topic), appender.drain()]
            appender.close()


@settings(
    max_examples=12,
    deadline=None,
    # A step costs a commit: shrinking would take longer than everything else here.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_order_of_faults_gives_a_sound_log_with_every_act_once(new_stage, steps):
    """Submissions with repeats, two owners, overlapping batches, lost commits, crashes."""
    with new_stage() as stage, pytest.MonkeyPatch.context() as patch:
        patch.setattr(promise_queue, "WAIT_S", 0.2)
        machine = Machine(stage)
        for name, *arguments in steps:
            if name == "away":
                stage.store.away = arguments[0]
            else:
                getattr(machine, name)(*arguments)
        machine.finish()
        acts = Counter(act.event_id for _, act in decoded(stage, "0"))
        assert {event_id(f"n{number}") for number in machine.sent} <= set(acts)
        committed = Counter(
            item.event_id
            for answer in machine.answers
            for item in items(answer)
            if item.outcome == COMMITTED
        )
        assert set(committed.values()) <= {1}
        check_log(stage, "0")
