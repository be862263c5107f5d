"""What is planted stands out, with its numbers; in a clean history nothing does."""

from __future__ import annotations

import pytest

from portal.discretion.correlation import Wanted, correlate, text_of
from portal.discretion.outliers import spread_of
from projections.discretion.memory import MemoryDiscretionReader
from projections.discretion.projection import DiscretionProjection
from projections.discretion.view import FEN_MAX, Moment
from tests.support.discretion_story import AGENCY, OTHER_AGENCY, DiscretionStory, moment
from tests.support.history_copy import UNTIL, HistoryCopy
from tests.support.ledger_copy import MemorySource
from tests.support.views import memory_view

CODE = "91430100MAFCT0011C"


def nobody(_decisions):
    return []


def found_in(story, at, wanted=None, same=nobody):
    view = memory_view(DiscretionProjection(), MemorySource(story.ledger.logs))
    reader = MemoryDiscretionReader(view.rows)
    return correlate(reader, at, wanted or Wanted(), same).findings


def kinds(findings):
    return sorted({one.kind for one in findings})


@pytest.fixture
def plain():
    """Twelve fines of the upper grade by two officers, closed by payment."""
    story = DiscretionStory()
    story.benchmark(1, 1)
    for n in range(12):
        case = story.case(2)
        story.decide(10 + n, case, 1_100_000 + n * 50_000, officer=f"officer:{n % 2}")
        story.close(30, case, "EXECUTED", officer=f"officer:{n % 2}")
    return story


def test_plain_fines_are_nothing(plain):
    assert found_in(plain, moment(60)) == []


@pytest.mark.parametrize("fine", [20_000_000, 100_000])
def test_a_fine_far_from_the_others_stands_out(plain, fine):
    """High or low, with median, spread and how many others; not once it is annulled."""
    case = plain.case(40)
    planted = plain.decide(41, case, fine, facts=["F1", "mitigation:corrected"])
    (one,) = found_in(plain, moment(60))
    assert (one.kind, one.subject, one.numbers["others"]) == ("OUTLIER", planted, 12)
    assert one.numbers["median_fen"] == (1_400_000 if fine > 1_400_000 else 1_350_000)
    assert ("明显高于" if fine > 1_400_000 else "明显低于") in text_of(one)
    assert found_in(plain, moment(40)) == []
    plain.annul(50, case, planted)
    assert found_in(plain, moment(60)) == []
    assert kinds(found_in(plain, moment(49))) == ["OUTLIER"]


def test_an_organisation_that_two_agencies_punish_stands_out(plain):
    """By its credit code; a third decision of one agency alone is none."""
    party = {"uscc": CODE, "name": "甲公司"}
    for day, agency in ((41, AGENCY), (42, AGENCY), (43, AGENCY)):
        plain.decide(day, plain.case(40, agency), 1_200_000, agency=agency, party=party)
    assert found_in(plain, moment(60)) == []
    case = plain.case(40, OTHER_AGENCY)
    plain.decide(44, case, 1_200_000, agency=OTHER_AGENCY, party=party)
    (one,) = found_in(plain, moment(60))
    assert (one.kind, one.subject, one.name) == ("REPEAT_ORGANISATION", CODE, "甲公司")
    assert one.numbers == {"decisions": 4, "agencies": 2, "fine_fen": 4_800_000}
    assert one.agency_ids == tuple(sorted((AGENCY, OTHER_AGENCY)))
    assert found_in(plain, moment(60), Wanted(agency_id="11430000FCT000065W")) == []


def test_natural_persons_are_compared_by_the_vault_alone(plain):
    """The finding is marked, and its subject is a decision, not a person."""
    party = {"partyType": "NATURAL", "name": None}
    for day, agency in ((41, AGENCY), (42, OTHER_AGENCY), (43, AGENCY)):
        plain.decide(day, plain.case(40, agency), 1_200_000, agency=agency, party=party)
    assert found_in(plain, moment(60)) == []
    (one,) = found_in(plain, moment(60), same=lambda decisions: [list(decisions)])
    assert (one.kind, one.via_vault, one.name) == ("REPEAT_PERSON", True, None)
    assert one.subject == one.behind[0].event_id
    assert "密钥索引" in text_of(one)


def test_an_officer_of_lowest_fines_stands_out(plain):
    """Against the share of the others on the same item."""
    for n in range(6):
        plain.decide(41 + n, plain.case(40), 600_000 + n * 50_000, officer="officer:9")
    (one,) = found_in(plain, moment(60))
    assert (one.kind, one.subject) == ("OFFICER_LOWEST", "officer:9")
    assert one.numbers == {
        "count": 6,
        "of": 6,
        "percent": 100,
        "others_percent": 0,
        "others": 12,
    }


def test_an_officer_whose_cases_come_to_nothing_stands_out(plain):
    for day in range(41, 47):
        plain.close(day, plain.case(40), "NO_PENALTY", officer="officer:9")
    assert kinds(found_in(plain, moment(60))) == ["OFFICER_ENDED"]


def test_an_agency_that_leaves_the_benchmark_without_reason_stands_out(plain):
    """Grounds or a recorded reason take a decision out of the count."""
    for n, fine in enumerate((2_100_000, 2_150_000, 2_200_000)):
        case = plain.case(40)
        if n == 2:
            plain.advise(40, case, fine, "拒不改正")
        plain.decide(41 + n, case, fine)
    assert found_in(plain, moment(60)) == []
    for day in (45, 46):
        plain.decide(day, plain.case(40), 2_100_000)
    (one,) = found_in(plain, moment(60))
    assert (one.kind, one.subject) == ("AGENCY_UNREASONED", AGENCY)
    assert one.numbers == {"count": 4, "of": 17, "percent": 23}


def test_a_clean_generated_history_holds_nothing():
    """Of its many decisions none lies apart, nobody's share is high."""
    history = HistoryCopy(60, 5, violations=0.0)
    view = memory_view(DiscretionProjection(), MemorySource(history.ledger.logs))
    reader = MemoryDiscretionReader(view.rows)
    found = correlate(reader, Moment(UNTIL, 2**62), Wanted(), nobody)
    assert len(found.material.decisions) > 40
    assert found.findings == []


def test_a_spread_is_never_nothing():
    assert spread_of([1], 10) == (1, 1, 1_100)
    assert spread_of([1, FEN_MAX], 10) == (2, 1, 1_100)
    assert spread_of([100, 100, 200, 400], 10) == (4, 100, 1_414)
