"""Whether a penalty must be disclosed, and until when: the table of the reference."""

import pytest

from ledger.domain.obligation import (
    Channel,
    CreditClass,
    DisclosurePeriods,
    PenaltyFacts,
    Result,
    assess_penalty,
    credit_class_of,
    shown_until,
)

PERIODS = DisclosurePeriods.from_numbers({"portal_days_general": 365, "portal_days_serious": 1095})


def facts(
    party: str = "LEGAL", age: str = "UNKNOWN", kinds: str = "FINE", **more: bool
) -> PenaltyFacts:
    return PenaltyFacts(
        party, age, kinds.split("+"), more.get("summary", False), more.get("sealed", False)
    )


@pytest.mark.parametrize(
    ("kinds", "summary", "expected"),
    [
        ("FINE", False, CreditClass.GENERAL),
        ("WARNING", False, CreditClass.MINOR),
        ("WARNING+CRITICISM", False, CreditClass.MINOR),
        ("WARNING+FINE", False, CreditClass.GENERAL),
        ("FINE", True, CreditClass.MINOR),
        ("FINE+REVOKE_LICENCE", False, CreditClass.SERIOUS),
        ("STOP_BUSINESS", True, CreditClass.SERIOUS),
    ],
)
def test_the_gravest_kind_decides_the_class(kinds: str, summary: bool, expected: CreditClass):
    """令36号; a summary case is minor unless a grave kind is in it."""
    assert credit_class_of(facts(kinds=kinds, summary=summary)) is expected


@pytest.mark.parametrize(
    ("case", "channel", "result", "rule"),
    [
        (facts(), "PORTAL", "MUST", "DIS-OBL-ORGANISATION"),
        (facts(), "CREDIT", "MUST", "DIS-OBL-ORGANISATION"),
        (facts(), "COMPANY_REGISTRY", "MUST", "DIS-OBL-ORGANISATION"),
        (facts("NATURAL", "ADULT"), "PORTAL", "MUST", "DIS-OBL-NATURAL"),
        (facts("NATURAL", "ADULT"), "CREDIT", "MUST_NOT", "DIS-OBL-NATURAL-CHANNEL"),
        (facts("NATURAL", "FROM_14_TO_17"), "PORTAL", "MUST_NOT", "DIS-OBL-MINOR-PARTY"),
        (facts("NATURAL", "UNDER_14"), "PORTAL", "MUST_NOT", "DIS-OBL-MINOR-PARTY"),
        (facts("NATURAL", "UNKNOWN"), "PORTAL", "MAY_WITHHOLD", "DIS-OBL-AGE-UNKNOWN"),
        (facts(kinds="WARNING"), "PORTAL", "MUST_NOT", "DIS-OBL-WARNING-ONLY"),
        (facts(kinds="CRITICISM"), "PORTAL", "MAY_WITHHOLD", "DIS-OBL-CLASS-MINOR"),
        (facts(kinds="CRITICISM"), "CREDIT", "MUST_NOT", "DIS-OBL-CLASS-MINOR"),
        (facts(summary=True), "PORTAL", "MAY_WITHHOLD", "DIS-OBL-CLASS-MINOR"),
        (facts(sealed=True), "PORTAL", "MUST_NOT", "DIS-OBL-SEALED"),
    ],
)
def test_the_duty_follows_party_age_class_and_channel(
    case: PenaltyFacts, channel: str, result: str, rule: str
):
    """One row of the table each; the rule that decided is named."""
    judged = assess_penalty(case, Channel(channel))
    assert (judged.result, judged.rule_ids) == (Result(result), (rule,))


@pytest.mark.parametrize(
    ("case", "days"),
    [
        (facts(), 365),
        (facts(kinds="CLOSE"), 1095),
        (facts("NATURAL", "ADULT", "BAN"), 365),
    ],
)
def test_the_last_day_counts_from_the_document(case: PenaltyFacts, days: int):
    """Natural persons are shown a year at most."""
    assert shown_until(case, 20_000, PERIODS) == 20_000 + days
