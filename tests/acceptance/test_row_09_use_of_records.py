"""Row 9, item 9.2: 建立健全记录信息调阅监督制度, through acts, gates and the API.

Works when every view of a recording appears in the supervision log with who, why, on whose
approval, for how long, and an unapproved attempt is refused and logged.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.open_ledger import CHINA, WAIT_S
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka


@pytest.fixture
def asked(open_ledger):
    """A case with a recording, and a supervisor's request to see it."""
    case = open_ledger.case()
    media = f"media:{case.id.partition(':')[2]}"
    case.add("RecordingUploaded", aggregate=("Media", media))
    case.send()
    case.entry("RecordingUploaded")
    body = {
        "case_id": case.id,
        "org": open_ledger.office.agency,
        "purpose": "SUPERVISION",
        "reason": "专项监督检查",
        "media_ids": [media],
    }
    reply = open_ledger.command("supervisor", "request_retrieval", body)
    assert reply.status == 201, reply.body
    return case, {"case_id": case.id, **reply.document["ids"]}, media


def look(open_ledger, asked, role="supervisor"):
    """Try to see the recording."""
    _, ids, media = asked
    return open_ledger.command(role, "access_record", {**ids, "target_id": media})


def test_an_unapproved_attempt_is_refused_and_logged(open_ledger, asked):
    """The refusal is an entry of the case that names the person, the act and the rule."""
    reply = look(open_ledger, asked)

    assert (reply.status, reply.document["code"]) == (409, "GATE_REFUSED")
    refused = asked[0].entry("GateRefused")["payload"]
    assert refused["action"] == "RecordAccessed"
    assert refused["officers"] == ["person:supervisor"]
    assert "V-RET-01" in refused["failed"]
    assert asked[0].entries("RecordAccessed") == []


def test_every_view_is_in_the_log_with_who_why_by_whom_and_how_long(open_ledger, asked):
    """Also one of another person is refused; the supervisors' list has exactly what was seen."""
    _, ids, media = asked
    now = dt.datetime.now(CHINA)
    window = {
        "opens_at": (now - dt.timedelta(minutes=1)).isoformat(),
        "closes_at": (now + dt.timedelta(hours=1)).isoformat(),
    }
    approved = open_ledger.command("archivist", "approve_retrieval", {**ids, **window})
    assert approved.status == 201, approved.body
    seen = [look(open_ledger, asked) for _ in range(2)]
    assert [reply.status for reply in seen] == [201, 201]
    assert look(open_ledger, asked, "auditor").status == 409
    accesses = [reply.document["ids"]["access_id"] for reply in seen]
    for access in accesses:
        end = {**ids, "access_id": access, "bytes_sent": 1_000}
        assert open_ledger.command("supervisor", "end_access", end).status == 201

    def logged():
        items = open_ledger.get("/v1/retrievals/accesses?limit=100")["items"]
        own = [one for one in items if one["case_id"] == ids["case_id"] and one["ended_at"]]
        return own if len(own) == len(accesses) else []

    log = wait_for(logged, WAIT_S, "both views in the log")
    assert {one["access_id"] for one in log} == set(accesses)

    def all_ends():  # Of the case's own view, which is another one than the log's.
        said = [one["payload"] for one in asked[0].entries("RecordAccessEnded")]
        ends = {one["accessId"]: one["until"] for one in said}
        return ends if len(ends) == len(accesses) else {}

    ended = wait_for(all_ends, WAIT_S, "both ends in the case")
    for one in log:
        assert (one["kind"], one["who"], one["target"]) == ("VIEW", "person:supervisor", media)
        assert (one["purpose"], one["org"]) == ("SUPERVISION", open_ledger.office.agency)
        assert one["approver"] == "person:archivist"
        start, end = (dt.datetime.fromisoformat(one[name]) for name in ("started_at", "ended_at"))
        assert start < end
        assert one["ended_at"] == ended[one["access_id"]]
