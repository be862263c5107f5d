"""Order and barriers of emitting a file, over a line in memory."""

import threading
from functools import cache

import pytest

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.emit_file import EmitSummary, FileEmitter, event_type_of
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.submission import SubmissionItem
from consumers.generate.commands import Command
from consumers.generate.emitters import emitter_id
from consumers.generate.records import PLATFORM, SimulatedRecord
from ledger.chain.act import decode_act, encode_act
from ledger.chain.submission import parse_proof
from ledger.clock import FixedClock, system_random
from ledger.errors import RejectedError, UnavailableError
from tests.support import control as control_data

AGENCY = emitter_id("agy", control_data.AGENCY)
COMMITTED = Answer("committed", 0)
OTHER = emitter_id("rev", control_data.AGENCY)
START = control_data.START


@cache
def control_state(clock):
    """Return a published control log's state; making one takes a second."""
    return control_data.control_state(clock=clock)


class WatchingLine:
    """Answers at the second look, and writes down what was sent and when it was answered.

    Attributes:
        refused: Streams whose acts are rejected.
        silent: Streams whose acts get no answer.
        on_event: Called with the kind and the stream of each event as it happens.
    """

    def __init__(self):
        self.life = 0
        self.refused = set()
        self.silent = set()
        self.on_event = lambda _kind, _stream: None
        self.events = []
        self.waiting = []
        self.ripe = []

    def send(self, items):
        for number, item in items:
            act = decode_act(item.act)
            self.events.append(("sent", act.event_type, act.stream_key, item))
            if act.stream_key not in self.silent:
                self.waiting.append((number, act))
            self.on_event("sent", act.stream_key)

    def receive(self, timeout_s):
        answers = []
        for number, act in self.ripe:
            self.events.append(("answered", act.event_type, act.stream_key, None))
            is_refused = act.stream_key in self.refused
            answer = Answer("rejected", None, None, "R5") if is_refused else COMMITTED
            answers.append((number, answer))
            self.on_event("answered", act.stream_key)
        self.ripe, self.waiting = self.waiting, []
        return answers

    def close(self):
        """Nothing is open."""

    def order(self):
        """Return kinds and types without the items."""
        return [event[:3] for event in self.events]


class WatchingPlatform:
    """Writes down when a command was performed."""

    def __init__(self, line):
        self.line = line

    def perform(self, record):
        self.line.events.append(("performed", record.command.kind, record.key, None))


def record(number, event_type="CaseClosed", emitter=AGENCY, stream=None):
    """Return one step with an act."""
    stream = stream or f"case:{number}"
    act = control_data.make_act(
        event_type, stream, emitter_id=emitter, event_id=control_data.event_id(f"{stream}/{number}")
    )
    return SimulatedRecord(START + number, emitter, stream, encode_act(act), (), None)


def command(number):
    """Return one step with a command."""
    wish = Command("publish_disclosure", control_data.AGENCY, "officer:1")
    return SimulatedRecord(START + number, PLATFORM, f"case:{number}", None, (), wish)


class Emission:
    """A file emitter over a watching line."""

    def __init__(self, folder, *, clock="simulated", platform=True, **options):
        self.line = WatchingLine()
        self.summary = EmitSummary()
        self.stopping = threading.Event()
        state = control_state(clock)
        client = EmitterClient(self.line, self.summary.answered, self.stopping, FixedClock(0))
        self.emitter = FileEmitter(
            client,
            state,
            EmitterKeys(folder, system_random),
            control_data.signer(control_data.PLATFORM) if platform else None,
            WatchingPlatform(self.line),
            self.summary,
            self.stopping,
            FixedClock(START),
            system_random,
            **options,
        )

    def emit(self, *records):
        self.emitter.emit(records)
        return self.line.order()


def test_emitters_are_registered_before_their_first_act_and_time_is_ended(tmp_path):
    """Each registration is answered before what depends on it; the end comes after everything."""
    order = Emission(tmp_path).emit(record(1), record(2), record(3, emitter=OTHER))
    assert order == [
        ("sent", "EmitterRegistered", f"emitter:{AGENCY}"),
        ("answered", "EmitterRegistered", f"emitter:{AGENCY}"),
        ("sent", "CaseClosed", "case:1"),
        ("sent", "CaseClosed", "case:2"),
        ("answered", "CaseClosed", "case:1"),
        ("answered", "CaseClosed", "case:2"),
        ("sent", "EmitterRegistered", f"emitter:{OTHER}"),
        ("answered", "EmitterRegistered", f"emitter:{OTHER}"),
        ("sent", "CaseClosed", "case:3"),
        ("answered", "CaseClosed", "case:3"),
        ("sent", "SimulationEnded", "platform:simulation"),
        ("answered", "SimulationEnded", "platform:simulation"),
    ]


def test_a_case_act_waits_for_the_control_acts_before_it(tmp_path):
    """Control acts themselves do not wait for each other."""
    one = Emission(tmp_path)
    registered = record(2, "OfficerRegistered", stream="officer:1")
    again = record(3, "CredentialIssued", stream="officer:1")
    order = one.emit(record(1), registered, again, record(4))
    answered = order.index(("answered", "CredentialIssued", "officer:1"))
    assert order.index(("sent", "CredentialIssued", "officer:1")) < order.index(
        ("answered", "OfficerRegistered", "officer:1")
    )
    assert answered < order.index(("sent", "CaseClosed", "case:4"))


def test_a_control_act_waits_for_the_case_acts_before_it_in_simulated_time(tmp_path):
    """Case logs follow the control log's time: what came after it would be received later."""
    one = Emission(tmp_path)
    order = one.emit(record(1), record(2, "OfficerRegistered", stream="officer:1"), record(3))
    sent = order.index(("sent", "OfficerRegistered", "officer:1"))
    assert order.index(("answered", "CaseClosed", "case:1")) < sent


def test_a_command_is_performed_between_what_is_before_and_after_it(tmp_path):
    """Everything before it is answered, nothing after it is sent."""
    order = Emission(tmp_path).emit(record(1), command(2), record(3))
    performed = order.index(("performed", "publish_disclosure", "case:2"))
    assert order.index(("answered", "CaseClosed", "case:1")) < performed
    assert order.index(("sent", "CaseClosed", "case:3")) > performed


def test_acts_of_many_emitters_keep_the_order_of_the_file(tmp_path):
    """Each emitter's acts share one signature, and still go in file order."""
    one = Emission(tmp_path)
    one.emit(record(0), record(1, emitter=OTHER))  # Registers both.
    one.line.events.clear()
    mixed = [record(n, emitter=AGENCY if n % 3 else OTHER) for n in range(10, 40)]
    one.emit(*mixed)
    sent = [event for event in one.line.events if event[:2] == ("sent", "CaseClosed")]
    assert [event[2] for event in sent] == [step.key for step in mixed]
    sizes = {parse_proof(event[3].proof).text[1:3] for event in sent}
    assert sizes == {(AGENCY, 20), (OTHER, 10)}


def test_simulated_times_go_to_a_simulated_clock(tmp_path):
    """The end of simulated time follows at the time of the last step."""
    one = Emission(tmp_path)
    one.emit(record(1), record(7))
    times = [(event[1], event[3].sim_time) for event in one.line.events if event[0] == "sent"]
    assert times == [
        ("EmitterRegistered", START + 1),
        ("CaseClosed", START + 1),
        ("CaseClosed", START + 7),
        ("SimulationEnded", START + 7),
    ]


def test_a_ledger_with_the_systems_clock_gets_no_simulated_time(tmp_path):
    """It would refuse the header; and there is nothing to be ended."""
    one = Emission(tmp_path, clock="system")
    EmitterKeys(tmp_path, system_random).ensure(control_data.AGENCY_EMITTER)
    one.emit(record(1, emitter=control_data.AGENCY_EMITTER))
    assert [(event[1], event[3].sim_time) for event in one.line.events if event[0] == "sent"] == [
        ("CaseClosed", None)
    ]


def test_an_unregistered_emitter_is_refused_where_nobody_may_register_it(tmp_path):
    """Only a synthetic ledger registers by itself, and only with the platform's key."""
    for options in ({"platform": False}, {"clock": "system"}):
        with pytest.raises(RejectedError):
            Emission(tmp_path, **options).emit(record(1))


def test_a_registered_emitter_without_a_key_file_is_an_outage_of_ours(tmp_path):
    """Nothing is sent under another key."""
    one = Emission(tmp_path, clock="system")
    with pytest.raises(UnavailableError):
        one.emit(record(1, emitter=control_data.AGENCY_EMITTER))


@pytest.mark.parametrize("kind", ["sent", "answered"])
@pytest.mark.parametrize("stream", ["case:1", "officer:1", "case:4", f"emitter:{OTHER}"])
def test_nothing_is_sent_once_it_is_stopped(tmp_path, kind, stream):
    """Above all no end of simulated time, wherever in the file, before an answer or after it.

    Method: at each event of one stream emitting is stopped; what was handed to the line then is
    all that is ever sent, and a whole emission of the same records sends the rest.
    """
    one = Emission(tmp_path)
    sent_when_stopped = []

    def on_event(what, key):
        if (what, key) == (kind, stream) and not one.stopping.is_set():
            one.stopping.set()
            sent_when_stopped.append(key)
        elif what == "sent" and one.stopping.is_set():
            sent_when_stopped.append(key)  # Of the same window.

    one.line.on_event = on_event
    records = [
        record(1),
        record(2, "OfficerRegistered", stream="officer:1"),
        record(3, emitter=OTHER),
        record(4),
        command(5),
        record(6),
    ]
    types = [event[1] for event in one.emit(*records)]
    assert sent_when_stopped[0] == stream
    assert set(sent_when_stopped) <= {stream, "case:3", "case:4"}
    assert "SimulationEnded" not in types
    assert "case:6" not in [event[2] for event in one.line.order()]
    again = [event[1] for event in Emission(tmp_path).emit(*records)]
    assert again[-1] == "SimulationEnded"


def test_an_emitter_counts_as_registered_only_if_its_registration_was_sent(tmp_path):
    """Stopped while it waits for the case acts before that."""
    one = Emission(tmp_path)
    one.line.on_event = lambda *event: event == ("answered", "case:1") and one.stopping.set()

    order = one.emit(record(1), record(2, emitter=OTHER))

    assert ("sent", "EmitterRegistered", f"emitter:{OTHER}") not in order
    assert one.summary.registered == 1


def test_simulated_time_goes_on_after_a_rejected_act(tmp_path):
    """Its end cannot be taken back; whoever mends the cause emits the file again, and it ends."""
    one = Emission(tmp_path)
    one.line.refused = {"case:2"}
    order = one.emit(record(1), record(2))
    assert "SimulationEnded" not in [event[1] for event in order]
    assert one.summary.codes == {"R5": 1}
    mended = Emission(tmp_path)
    assert mended.emit(record(1), record(2))[-1][1] == "SimulationEnded"


def test_simulated_time_goes_on_while_the_last_answer_is_lost(tmp_path):
    """Whoever stops waiting for it has not ended anything."""
    one = Emission(tmp_path)
    one.line.silent = {"case:2"}
    one.line.on_event = lambda what, key: (
        (what, key) == ("answered", "case:1") and (one.stopping.set())
    )
    order = one.emit(record(1), record(2))
    assert "SimulationEnded" not in [event[1] for event in order]
    assert one.summary.unanswered == 1


def test_a_gates_refusal_is_history_and_is_counted_with_its_rules(tmp_path):
    """A rejection is not: it has a code, and the file is not whole."""
    summary = EmitSummary()
    summary.answered(
        None, Answer("gate_refused", 7, None, "GATE_REFUSED", ("V-RET-01", "V-RET-02"))
    )
    summary.answered(None, Answer("gate_refused", 8, None, "GATE_REFUSED", ("V-RET-01",)))
    summary.answered(None, Answer("rejected", None, None, "R5"))
    assert summary.outcomes == {"gate_refused": 2, "rejected": 1}
    assert summary.gate_rules == {"V-RET-01": 2, "V-RET-02": 1}
    assert summary.codes == {"R5": 1}
    one = Emission(tmp_path)
    one.summary.answered(None, Answer("gate_refused", 7, None, "GATE_REFUSED", ("V-RET-01",)))
    assert one.emit(record(1))[-1][1] == "SimulationEnded"


def test_stopping_leaves_the_rest_of_the_file(tmp_path):
    """Ctrl-C: no barrier is waited for any more."""
    one = Emission(tmp_path)
    one.stopping.set()
    assert one.emit(record(1), record(2)) == []


def test_progress_and_summary_count_everything(tmp_path):
    """What the command line prints at the end."""
    told = []
    one = Emission(tmp_path, progress=told.append)
    one.emit(record(1), command(2), record(3))
    assert told == [1, 2, 3]
    assert (one.summary.commands, one.summary.registered) == (1, 1)
    assert one.summary.outcomes == {"committed": 4}
    assert (one.summary.unanswered, one.summary.resent) == (0, 0)


def test_the_type_of_an_act_is_read_from_its_first_bytes():
    """Without decoding all of it."""
    assert event_type_of(record(1, "PenaltyDecisionMade").act) == "PenaltyDecisionMade"
    assert isinstance(SubmissionItem("k", record(1).act, b"").event_id, bytes)
