"""Row 13, item 13.1: 严格审核主体、程序、案件事实、证据、适用法律等.

Works when an opinion with 7 of 8 checklist answers is appended and flagged.
"""

from __future__ import annotations

import pytest

from tests.support.penalties import CHECKS, review

pytestmark = pytest.mark.kafka


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
