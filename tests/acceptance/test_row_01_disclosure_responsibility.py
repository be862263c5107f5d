"""Row 1, items 1.1 and 1.2: 落实执法公示责任.

Works when for any published record an auditor can list who collected, reviewed and published it
with times, and a publication attempt without a prior APPROVED review is refused and leaves a
GateRefused event.
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


def test_an_attempt_without_review_is_refused_and_recorded(open_ledger):
    """By who may publish; nothing becomes public, and the refusal is an entry of the case."""
    draft = decided(open_ledger, "长市监处罚〔2026〕1001号")

    reply = open_ledger.command("approver", "publish_disclosure", draft.ids)

    assert (reply.status, reply.document["code"]) == (409, "GATE_REFUSED")
    refused = draft.case.entry("GateRefused")["payload"]
    assert refused["action"] == "DisclosurePublished"
    assert refused["aggregateId"] == draft.ids["disclosure_id"]
    assert refused["officers"] == ["person:approver"]
    assert "G-DIS-APPROVED" in refused["failed"]
    assert ask(open_ledger.ledger, draft.record).status == 404


def test_an_auditor_lists_who_collected_reviewed_and_published(open_ledger):
    """From the public record to its case: three people, each with a time, in this order."""
    made = decided(open_ledger, "长市监处罚〔2026〕1002号")
    publish(open_ledger, made)
    wait_for(lambda: ask(open_ledger.ledger, made.record).status == 200, WAIT_S, "the record")

    proof = ask(open_ledger.ledger, made.record + "/proof").document
    published = made.case.entry("DisclosurePublished")
    assert published["event_id"] == proof["event_id"]
    steps = [
        one
        for one in made.case.entries()
        if one["aggregate_id"] == made.ids["disclosure_id"]
        and one["event_type"] != "DisclosureObligationAssessed"
    ]
    assert [(one["event_type"], one["actors"][0]["officer_id"]) for one in steps] == [
        ("DisclosureDrafted", "person:clerk"),
        ("DisclosureReviewed", "person:reviewer"),
        ("DisclosurePublished", "person:approver"),
    ]
    times = [dt.datetime.fromisoformat(one["received_at"]) for one in steps]
    assert times == sorted(times)
    source = made.case.entry("PenaltyDecisionMade")
    assert steps[0]["payload"]["sourceEventId"] == source["event_id"]
    assert source["event_id"] == uuid_text(made.decision.event_id)
    assert [actor["officer_id"] for actor in source["actors"]] == ["officer:1", "officer:2"]
