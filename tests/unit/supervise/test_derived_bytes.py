"""The bytes of a miss, a lapse and an expiry are fixed: pinned, and made by another library too.

``tests/data/derived-acts.json`` holds what ``tests/support/second_writer.py`` made.
"""

import json
from pathlib import Path

import pytest

from consumers.supervise.derived import expiry_act, lapse_act, missed_act
from ledger.chain.ids import alert_id
from ledger.domain.disclosure import EXPIRED
from ledger.domain.review import INVALIDATED
from ledger.rules.review_lapses import Lapse
from ledger.rules.rule_examples import ORIGIN, acts_of
from tests.support.control import AGENCY, event_id
from tests.support.deadlines import TERMS, act, instant, run
from tests.support.second_writer import second_act, second_event_id, second_id, second_text

GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "data" / "derived-acts.json").read_text()
)
PLATFORM = "platform.test.ledger"
PLACE = {"streamKey": "case:1", "agencyId": AGENCY, "caseId": "case:1", "itemCode": "FINE-2026-01"}
FIELDS = {"case_id": "case:1", "item_code": "FINE-2026-01", "agency_id": AGENCY}
UNTIL = "2026-08-31"


def told_at_the_end(acts):
    _, told = run(acts, now="2026-12-20", terms=TERMS._replace(endings=frozenset({EXPIRED})))
    (one,) = told
    return one


def a_miss():
    lead = act("LeadRegistered", "2026-03-02 09:00", **FIELDS)
    return missed_act(told_at_the_end([lead]), PLATFORM).value


def an_expiry():
    published = act(
        "DisclosurePublished",
        "2026-06-03 09:00",
        {"channel": "PORTAL", "view": "PENALTY", "until": f"d:{UNTIL}"},
        aggregate="disclosure:1",
        aggregate_type="Disclosure",
        **FIELDS,
    )
    return expiry_act(told_at_the_end([published]), PLATFORM).value


def a_lapse():
    (trigger,) = acts_of(
        {
            "acts": [
                {
                    "type": "EvidenceRegistered",
                    "id": "evidence",
                    "at": "2026-10-20T10:00:00+08:00",
                    "received": "2026-10-20T10:00:02.000003+08:00",
                    "item": "FINE-2026-01",
                    "agency": AGENCY,
                }
            ]
        }
    )
    subject = f"review:1:{event_id('opinion').hex()}"
    place = f"{ORIGIN}#{trigger.entry.leaf_index}"
    lapse_id = alert_id(INVALIDATED, subject, place)
    evidence = trigger.act.event_id
    return lapse_act(
        Lapse(lapse_id, "review:1", "EVIDENCE_ADDED", evidence, trigger), PLATFORM
    ).value


def second_miss():
    trigger, due = event_id("LeadRegistered"), instant("2026-03-24 00:00")
    deadline = second_id("D-PEN-01", "case:1", second_text(trigger))
    payload = {
        "deadlineId": "D-PEN-01",
        "triggerEventId": trigger,
        "dueAt": due,
        "calendarVersion": "cn-2026.1",
        "provisional": False,
    }
    envelope = PLACE | {
        "eventId": second_event_id(deadline),
        "aggregateType": "Deadline",
        "aggregateId": f"deadline:{deadline.hex()}",
        "at": due,
        "causationId": trigger,
    }
    return second_act("DeadlineMissed.v1.avsc", payload, envelope)


def second_expiry():
    trigger, due = event_id("DisclosurePublished"), instant("2026-09-01 00:00")
    envelope = PLACE | {
        "eventId": second_event_id(second_id(EXPIRED, "case:1", second_text(trigger))),
        "aggregateType": "Disclosure",
        "aggregateId": "disclosure:1",
        "at": due,
        "causationId": trigger,
    }
    return second_act("DisclosureExpired.v1.avsc", {"at": due}, envelope)


def second_lapse():
    evidence = event_id("evidence")
    subject = f"review:1:{event_id('opinion').hex()}"
    lapse = second_id(INVALIDATED, subject, f"{ORIGIN}#0")
    payload = {"reviewId": "review:1", "cause": "EVIDENCE_ADDED", "causeEventId": evidence}
    envelope = PLACE | {
        "eventId": second_event_id(lapse),
        "aggregateType": "LegalReview",
        "aggregateId": "review:1",
        "at": instant("2026-10-20 10:00") + 2_000_003,
        "causationId": evidence,
    }
    return second_act("LegalReviewInvalidated.v1.avsc", payload, envelope)


@pytest.mark.parametrize(
    ("name", "ours", "second"),
    [
        ("DeadlineMissed", a_miss, second_miss),
        ("DisclosureExpired", an_expiry, second_expiry),
        ("LegalReviewInvalidated", a_lapse, second_lapse),
    ],
)
def test_the_act_is_the_golden_bytes(name, ours, second):
    """What follows being fixed, the act is fixed; another library makes the same from the page."""
    assert ours().hex() == GOLDEN[name] == second().hex()
