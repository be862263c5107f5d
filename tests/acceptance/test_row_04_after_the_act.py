"""Row 4, items 4.1 and 4.2: 加强事后公开, through acts, gates and the API.

Works when a revoked decision disappears from the public view within the deadline leaving a
tombstone with the reason.
"""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.chain.ids import uuid_text
from tests.support.api import ask
from tests.support.open_ledger import WAIT_S
from tests.support.penalties import decided, publish
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka
REASON = "原处罚决定已被撤销。"


def listed(open_ledger):
    """Return the ids that the public list shows."""
    items = ask(open_ledger.ledger, "/v1/disclosures?limit=100").document["items"]
    return {one["disclosure_id"] for one in items}


def test_a_revoked_decision_disappears_and_leaves_a_tombstone(open_ledger):
    """Not without the revocation; with it at once, and no rule says that it was too late."""
    made = decided(open_ledger, "长市监处罚〔2026〕4001号")
    publish(open_ledger, made)
    name = made.ids["disclosure_id"]
    wait_for(lambda: name in listed(open_ledger), WAIT_S, "the record in the list")
    gone = {**made.ids, "ground": "REVOKED", "reason": REASON}
    early = open_ledger.command("supervisor", "withdraw_disclosure", gone)
    assert (early.status, early.document["failed"]) == (409, ["G-DIS-CAUSE"])

    revoked = made.case.add("DecisionRevoked", decisionEventId=made.decision.event_id)
    made.case.send()
    cause = {"cause_event_id": uuid_text(revoked.event_id)}
    reply = open_ledger.command("supervisor", "withdraw_disclosure", {**gone, **cause})
    assert reply.status == 201, reply.body

    wait_for(lambda: ask(open_ledger.ledger, made.record).status == 410, WAIT_S, "the tombstone")
    stone = ask(open_ledger.ledger, made.record).document["tombstone"]
    assert (stone["ground"], stone["public_reason"]) == ("REVOKED", REASON)
    assert name not in listed(open_ledger)
    page = ask(open_ledger.ledger, f"/disclosures/{name}", accept="text/html")
    assert page.status == 410
    assert REASON in page.body.decode()
    assert "长沙示范食品有限公司" not in page.body.decode()
    lasted = dt.datetime.fromisoformat(stone["withdrawn_at"]) - dt.datetime.fromisoformat(
        made.case.entry("DecisionRevoked")["occurred_at"]
    )
    assert dt.timedelta() < lasted < dt.timedelta(days=1)
    assert "V-DIS-02" not in made.case.rules_broken()
