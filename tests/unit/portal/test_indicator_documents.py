"""What a document says of an indicator: both counts, no rate without a denominator, the target."""

import pytest

from ledger.errors import MalformedError
from portal.indicators import NOTHING, Wanted, days_of, detail, indicator_of, percent, summary
from projections.indicators.view import HOWS, Total


class Reader:
    """Answers every question alike."""

    def __init__(self, *totals):
        self.totals_given = list(totals)

    def totals(self, _query, _by="ALL", how="ALL"):
        """Return the totals."""
        assert how in HOWS
        return self.totals_given


def test_nothing_to_divide_by_is_no_hundred_per_cent():
    """No facts, and facts that do not count yet."""
    for reader in (Reader(), Reader(Total("", 0, 0, 0, 4, None))):
        document = summary(reader, indicator_of("K-07"), Wanted(0))
        assert (document["rate"], document["is_target_reached"]) == (NOTHING, None)


@pytest.mark.parametrize(
    ("counts", "rate"),
    [((1, 37), "2.7%"), ((9996, 10_000), "99.9%"), ((3, 3), "100.0%"), ((0, 5), "0.0%")],
)
def test_a_rate_is_never_shown_larger_than_it_is(counts, rate):
    """One decimal, cut off."""
    assert percent(*counts) == rate


@pytest.mark.parametrize(("reviewers", "is_reached"), [(1, False), (2, True)])
def test_thirty_seven_officers_need_two_reviewers(reviewers, is_reached):
    """Five per cent, and no part of a person."""
    document = summary(
        Reader(Total("", reviewers, 37, 1, 0, None)), indicator_of("K-06"), Wanted(0)
    )

    assert (document["required"], document["is_target_reached"]) == (2, is_reached)
    assert document["target_percent"] == 5


def test_parts_without_a_name_are_left_out():
    """What belongs to no word is in the whole already."""
    document = detail(
        Reader(Total("", 1, 2, 2, 0, None), Total("LOW", 1, 1, 1, 0, None)),
        indicator_of("K-26"),
        Wanted(0, None, "2026"),
    )

    assert [row["part"] for row in document["by_detail"]] == ["LOW"]


def test_a_period_is_a_year_or_a_month():
    """First and last day; a leap year's February."""
    assert days_of("1970") == (0, 364)
    assert days_of("1972-02") == (761, 789)
    for text in ("72", "1972-13", "1972-2", "197２"):
        with pytest.raises(MalformedError):
            days_of(text)


def test_an_unknown_indicator_is_named():
    """There are 28, and two halves of one."""
    with pytest.raises(MalformedError, match="K-29"):
        indicator_of("K-29")
