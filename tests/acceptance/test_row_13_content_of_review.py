"""Row 13, item 13.1: 严格审核主体、程序、案件事实、证据、适用法律等.

Works when an opinion with 7 of 8 checklist answers is appended and flagged, and the review
statistics show which item fails most often.
"""

from __future__ import annotations

import pytest

from tests.support.api import ask
from tests.support.open_ledger import WAIT_S
from tests.support.penalties import CHECKS, review
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka
AGENCY = "11430600FCT0000571"  # Of no other test here.


@pytest.mark.parametrize("missing", [CHECKS[0], CHECKS[-1]])
def test_an_opinion_with_seven_answers_is_appended_and_flagged(open_ledger, missing):
    """Whichever is missing; the entry shows the seven."""
    case = open_ledger.case()
    keys = tuple(key for key in CHECKS if key != missing)
    review(case, "AGREE", keys=keys)
    case.send()

    alert = case.alert("V-LR-10")
    opinion = case.entry("LegalReviewConcluded")
    assert (alert["severity"], alert["trigger_event_id"]) == ("MEDIUM", opinion["event_id"])
    assert [answer["key"] for answer in opinion["payload"]["checklist"]] == list(keys)


def test_an_opinion_with_eight_answers_is_not_flagged(open_ledger):
    """Its reviewer is not registered, which breaks another rule: the engine has looked at it."""
    case = open_ledger.case()
    review(case, "AGREE")
    case.send()

    broken = case.rules_broken()
    assert "V-CRED-05" in broken
    assert "V-LR-10" not in broken


def test_the_statistics_show_which_item_fails_most_often(open_ledger):
    """One line a point with how many opinions found a problem there; the page says it in words."""
    office = open_ledger.new_office("transport", AGENCY)
    for failed in (("evidence",), ("evidence", "law"), ("evidence", "facts"), ("law",), ()):
        case = open_ledger.case(office)
        review(case, "PROBLEMS_FOUND" if failed else "AGREE", failed=failed)
        case.send()
    path = f"indicators/K-15?agency={AGENCY}"

    def counted():
        found = open_ledger.get(f"/v1/{path}")
        return found if found["denominator"] == 5 else None

    found = wait_for(counted, WAIT_S, "five opinions in the statistics")
    assert found["numerator"] == 1
    failures = {one["part"]: one["facts"] for one in found["by_detail"]}
    assert failures == {"evidence": 3, "law": 2, "facts": 1}
    page = ask(open_ledger.ledger, f"/console/{path}", role="supervisor").body.decode()
    for said, times in (("证据", 3), ("法律适用", 2), ("事实", 1)):
        row = page[page.index(f'<th scope="row" data-label="按分类">{said}</th>') :]
        assert f">0 / {times}</td>" in row[: row.index("</tr>")]
