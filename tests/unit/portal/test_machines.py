"""What the document of a stream's machines says, with the alerts that are about irregular acts."""

from __future__ import annotations

from ledger.domain.stream import StreamAct
from ledger.rules.example_ledger import START, event_id, stream_act
from portal.machines import IRREGULAR_SHOWN_MAX, SHOWN_MAX, machines_document
from tests.support.machines import MACHINES, act, history

REVIEW = MACHINES["legal-review-1"]
SUBMITTED = REVIEW.arrows["LegalReviewSubmitted"][0]
AGREED = REVIEW.arrows["LegalReviewConcluded"][0]


def term(item: StreamAct) -> str:
    return f"<{item.event_type}>"


def alert(rule_id: str, cause: str) -> StreamAct:
    payload = {"ruleId": rule_id, "alertId": f"of {rule_id}"}
    return stream_act("SupervisionAlertRaised", payload, causation_id=event_id(cause))


def test_each_machine_names_the_act_that_led_there_and_what_is_irregular() -> None:
    acts = [*history(REVIEW, [SUBMITTED, AGREED]), alert("V-LR-04", "act 1")]
    beside = [alert("V-TIME-02", "act 1"), alert("V-TIME-02", "act 0")]
    document = machines_document(acts, START, term, beside)
    (review,) = document["machines"]
    assert (review["state"], review["state_name"], review["subject"]) == ("PASSED", "同意", "one:1")
    assert (review["led_by"]["version"], review["led_by"]["term"]) == (
        "2",
        "<LegalReviewConcluded>",
    )
    (step,) = review["irregular"]
    assert (step["before"], step["rule_id"], step["alert_ids"]) == (
        "SUBMITTED",
        "V-TIME-02",
        ["of V-TIME-02"],
    )


def test_a_state_that_has_ended_says_when() -> None:
    credential = MACHINES["credential-1"]
    acts = history(credential, [credential.arrows["CredentialIssued"][0]])
    until = (20_000_000 + START // 1_000_000) * 1_000_000  # Before 2030, the end of the sample.
    assert machines_document(acts, until, term)["machines"][0]["ended_at"] is None
    (ended,) = machines_document(acts, 2_000_000_000_000_000, term)["machines"]
    assert ended["state"] == "EXPIRED"
    assert ended["ended_at"].startswith("2030-01-01")


def test_what_is_shown_is_bounded_and_what_there_is_is_counted() -> None:
    many = []
    for number in range(SHOWN_MAX + 5):
        item = act(REVIEW, SUBMITTED, number)
        many.append(item._replace(act=item.act._replace(aggregate_id=f"review:{number}")))
    document = machines_document(many, START, term)
    assert len(document["machines"]) == SHOWN_MAX
    assert document["machines_total"] == str(SHOWN_MAX + 5)
    again = machines_document(history(REVIEW, [SUBMITTED] * 30), START, term)["machines"][0]
    assert (len(again["irregular"]), again["irregular_total"]) == (IRREGULAR_SHOWN_MAX, "29")
    assert machines_document([], START, term) == {"machines": [], "machines_total": "0"}
