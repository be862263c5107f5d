"""Health of a role: alive at once, ready when it says so, and why not until then."""

import json
import urllib.error
import urllib.request

import pytest

from portal.role_server import STILL_S, RoleState, serve_state
from portal.telemetry import READY

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def served():
    """A role's state and a function that asks its server."""
    state = RoleState("relay")
    server = serve_state(state, "127.0.0.1", 0)

    def ask(path):
        try:
            with OPENER.open(f"http://127.0.0.1:{server.server_port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    yield state, ask
    server.shutdown()
    server.server_close()


def gauge():
    """Return the value of the readiness metric of the role."""
    return READY.labels("relay")._child_samples()[0].value


def test_a_role_is_alive_before_it_is_ready(served):
    """/readyz says 503 and why, then 200, then 503 again, and the metric says the same."""
    state, ask = served
    assert ask("/healthz") == (200, b'{"alive": true}')
    status, body = ask("/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "starting")
    assert gauge() == 0
    state.set_ready()
    status, body = ask("/readyz")
    assert (status, json.loads(body)) == (200, {"role": "relay", "ready": True, "reason": ""})
    assert gauge() == 1
    state.set_waiting("kafka away")
    status, body = ask("/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "kafka away")
    assert gauge() == 0


def test_metrics_are_text_and_nothing_else_is_there(served):
    """Other paths are a problem document."""
    _, ask = served
    status, body = ask("/metrics")
    assert status == 200
    assert b'lianzheng_role_ready{role="relay"}' in body
    status, body = ask("/v1/logs")
    assert (status, json.loads(body)["status"]) == (404, 404)


def test_a_loop_that_stands_still_is_not_ready():
    """A frozen server answers nothing and refuses nothing, so the loop hangs in its call."""
    now = [5.0]
    state = RoleState("relay", lambda: now[0])
    state.set_ready()
    now[0] += STILL_S
    assert state.document()[0]
    now[0] += 1
    assert "does not answer" in json.loads(state.document()[1])["reason"]
    assert gauge() == 0
    state.set_ready()
    assert gauge() == 1
