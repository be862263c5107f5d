"""The HTTP line against a small server that answers as docs/spec/intake.md says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from consumers.emitter.http_line import BODY_ITEMS_MAX, HttpLine
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE
from ledger.errors import MalformedError, UnavailableError


class Intake:
    """Answers each request with the next prepared (status, document)."""

    def __init__(self):
        self.answers = []
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, self.headers["Content-Type"], body))
                status, document = outer.answers.pop(0)
                text = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                """Stay silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def intake():
    started = Intake()
    yield started
    started.server.shutdown()
    started.thread.join()
    started.server.server_close()


@pytest.fixture
def line(intake):
    one = HttpLine(intake.url + "/")
    yield one
    one.close()


def items(count, start=0):
    return [(n, SubmissionItem(f"case:{n}", b"act", b"proof")) for n in range(start, start + count)]


COMMITTED = {"status": 201, "outcome": "committed", "index": "12", "receipt": "c2sp..."}


def test_a_batch_is_answered_in_order(intake, line):
    """Committed, duplicate, refused by a rule, refused by a gate."""
    intake.answers = [
        (
            200,
            {
                "outcomes": [
                    COMMITTED,
                    {**COMMITTED, "status": 200, "outcome": "duplicate", "index": "3"},
                    {
                        "status": 409,
                        "outcome": "rejected",
                        "problem": {"code": "R5_EXPECTED_VERSION"},
                    },
                    {
                        "status": 409,
                        "outcome": "gate_refused",
                        "problem": {"code": "GATE", "failed": ["G-1"]},
                    },
                ]
            },
        )
    ]
    line.send(items(4))
    answers = dict(line.receive(0))
    assert [(a.outcome, a.leaf_index, a.code, a.failed) for a in answers.values()] == [
        ("committed", 12, None, ()),
        ("duplicate", 3, None, ()),
        ("rejected", None, "R5_EXPECTED_VERSION", ()),
        ("gate_refused", None, "GATE", ("G-1",)),
    ]
    assert answers[0].receipt == b"c2sp..."
    assert [(path, kind) for path, kind, _ in intake.requests] == [("/v1/acts", CONTAINER_TYPE)]
    assert line.receive(0) == []


def test_a_lone_act_is_answered_without_a_list(intake, line):
    """201 with the receipt; a refusal is a problem document."""
    intake.answers = [
        (201, {k: v for k, v in COMMITTED.items() if k != "status"}),
        (422, {"type": "/problems/r8", "code": "R8_USCC", "failed": []}),
    ]
    line.send(items(1))
    line.send(items(1, start=1))
    (_, first), (_, second) = line.receive(0)
    assert (first.outcome, first.leaf_index) == ("committed", 12)
    assert (second.outcome, second.code) == ("rejected", "R8_USCC")


def test_acts_without_an_answer_in_time_are_to_be_sent_again(intake, line):
    """The others keep their answers."""
    intake.answers = [
        (200, {"outcomes": [COMMITTED, {"status": 503, "problem": {"code": "NO_OUTCOME"}}]})
    ]
    before = line.life
    line.send(items(2))
    assert [number for number, _ in line.receive(0)] == [0]
    assert line.life > before


@pytest.mark.parametrize(
    "answer", [(503, {"code": "NO_OUTCOME"}), (408, {"code": "BODY_TOO_SLOW"}), (502, b"<html>")]
)
def test_an_intake_that_is_away_is_unavailable(intake, line, answer):
    """503, 408 for a slow line, or something in between that answers without knowing the ledger."""
    intake.answers = [answer]
    before = line.life
    with pytest.raises(UnavailableError):
        line.send(items(2))
    assert line.life > before


def test_nobody_listening_is_unavailable(intake):
    """A connection refused is an outage, not a refusal."""
    gone = HttpLine("http://127.0.0.1:1")
    with pytest.raises(UnavailableError):
        gone.send(items(1))


def test_a_body_refused_as_a_whole_is_our_fault(intake, line):
    """Fewer outcomes than acts: nothing may be taken for an answer."""
    intake.answers = [(413, {"code": "R1_BATCH_SIZE"})]
    with pytest.raises(MalformedError):
        line.send(items(2))


def test_long_lists_go_in_several_bodies(intake, line):
    """Bodies stay within what the intake takes."""
    intake.answers = [
        (200, {"outcomes": [COMMITTED] * BODY_ITEMS_MAX}),
        (201, COMMITTED),
    ]
    line.send(items(BODY_ITEMS_MAX + 1))
    assert len(line.receive(0)) == BODY_ITEMS_MAX + 1
    assert len(intake.requests) == 2


@pytest.mark.parametrize("url", ["ftp://host", "host:80", "http://"])
def test_other_addresses_are_refused(url):
    """At once, not at the first act."""
    with pytest.raises(MalformedError):
        HttpLine(url)
