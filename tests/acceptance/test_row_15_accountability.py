"""Row 15, items 15.1 to 15.3: 明确审核责任.

Works when from any confirmed CRITICAL alert one click shows the responsible handler, reviewer,
approver and the accountability outcome or its absence.
"""

from __future__ import annotations

import json

import pytest

from tests.support.api import ask
from tests.support.open_ledger import WAIT_S, ago
from tests.support.penalties import FINE, ORGANISATION, review
from tests.support.running import program, wait_for
from tests.support.workshop import letters

pytestmark = pytest.mark.kafka


def confirmed(ledger):
    """Return a case and its alert, which a supervisor has confirmed."""
    case = ledger.case()
    case.add(
        "CaseFiled", at=ago(9), approver="officer:7",
        actors=[("officer:1", None, "HANDLER"), ("officer:2", None, "CO_HANDLER")],
    )  # fmt: skip
    review(case, "AGREE", at=ago(2))
    case.add(
        "PenaltyDecisionMade", at=ago(1), actors=[("officer:1", None, "HANDLER")],
        party=ORGANISATION, penalties=[FINE], approver="officer:8",
    )  # fmt: skip
    case.send()
    path = f"/v1/alerts?case={case.id}&severity=CRITICAL"
    alert = wait_for(lambda: ledger.get(path)["items"], WAIT_S, "a critical alert")[0]
    case.add(
        "AlertResolved", office=ledger.supervisor, alertId=alert["alert_id"],
        outcome="CONFIRMED", by="officer:90",
    )  # fmt: skip
    case.send()
    wait_for(
        lambda: ledger.get(f"/v1/alerts/{alert['alert_id']}")["state"] == "RESOLVED",
        WAIT_S, "the alert to be confirmed",
    )  # fmt: skip
    return case, alert["alert_id"]


def page_of(ledger, alert):
    return ask(ledger.ledger, f"/console/alerts/{alert}", role="supervisor").body.decode()


def shown(ledger, alert):
    done = program("alert", "show", alert, "--json", "--data", ledger.ledger.data)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_alerts_page_shows_who_answers_for_it_and_what_came_of_that(open_ledger):
    """Handlers, reviewer and approvers by the acts of the case; then what was decided."""
    case, alert = confirmed(open_ledger)

    listed = ask(open_ledger.ledger, f"/console/alerts?case={case.id}", role="supervisor").body
    assert f'href="/console/alerts/{alert}"'.encode() in listed  # The one click.
    document = open_ledger.get(f"/v1/alerts/{alert}")
    people = {
        part: [one["officer_id"] for one in found]
        for part, found in document["responsible"].items()
    }
    assert people == {
        "handler": ["officer:1", "officer:2"],
        "reviewer": ["officer:5"],
        "approver": ["officer:7", "officer:8"],
    }
    decided = case.entries("PenaltyDecisionMade")[0]
    assert document["responsible"]["approver"][1]["event_id"] == decided["event_id"]
    assert document["accountability"] == {"state": "NONE", "decisions": []}
    page = page_of(open_ledger, alert)
    for word in ("承办人", "officer:1", "审核人", "officer:5", "批准人", "officer:8"):
        assert word in page
    assert "预警已确认，没有责任追究决定" in page

    decision = open_ledger.stream(f"supervision:{letters(12)}", open_ledger.supervisor)
    decision.add(
        "AccountabilityDecided", officerId="officer:8", measure="NOTICE_OF_CRITICISM",
        alertIds=[alert, "0" * 64],
    )  # fmt: skip
    decision.send()
    found = wait_for(
        lambda: open_ledger.get(f"/v1/alerts/{alert}")["accountability"]["decisions"],
        WAIT_S, "the decision",
    )  # fmt: skip
    assert [(one["officer_id"], one["measure"]) for one in found] == [
        ("officer:8", "NOTICE_OF_CRITICISM")
    ]
    assert "通报批评" in page_of(open_ledger, alert)
    told = shown(open_ledger, alert)
    assert told["accountability"] == open_ledger.get(f"/v1/alerts/{alert}")["accountability"]
    assert told["responsible"] == document["responsible"]


def test_what_nobody_did_is_said_so(open_ledger):
    """A decision without a legal review has no reviewer: that is what the page shows."""
    case = open_ledger.case()
    case.add(
        "PenaltyDecisionMade", at=ago(1), actors=[("officer:1", None, "HANDLER")],
        party=ORGANISATION, penalties=[FINE], approver="officer:8",
    )  # fmt: skip
    case.send()
    path = f"/v1/alerts?case={case.id}&severity=CRITICAL"
    alert = wait_for(lambda: open_ledger.get(path)["items"], WAIT_S, "an alert")[0]["alert_id"]
    document = open_ledger.get(f"/v1/alerts/{alert}")
    assert document["responsible"]["reviewer"] == []
    assert document["accountability"]["state"] == "NOT_CONFIRMED"
    page = page_of(open_ledger, alert)
    assert "本案没有记录审核人" in page
    assert "预警未经确认" in page
