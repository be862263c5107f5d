"""A fine lies in a grade of the benchmark, or beside the nearest; whatever an act claims fits."""

import pytest

from projections.indicators.law_measures import nearest_grade
from projections.indicators.measures import INT64_MAX

GRADES = (
    {"circumstance": "较轻", "minFen": 0, "maxFen": 1_000},
    {"circumstance": "一般", "minFen": 1_000, "maxFen": 3_000},
    {"circumstance": "较重", "minFen": 5_000, "maxFen": 5_000},
)


@pytest.mark.parametrize(
    ("fine", "circumstance", "band", "deviation"),
    [
        (1_000, "较轻", "Q4", 500),
        (1_001, "一般", "Q1", -500),
        (2_000, "一般", "Q3", 0),
        (3_900, "一般", "ABOVE", 950),
        (4_100, "较重", "BELOW", None),
        (5_000, "较重", "SINGLE", None),
        (-INT64_MAX, "较轻", "BELOW", -INT64_MAX),
    ],
)
def test_a_fine_and_its_grade(fine, circumstance, band, deviation):
    """The lighter of two that share a bound; a grade without width has no middle to deviate from."""
    found = nearest_grade(GRADES, fine)
    assert found is not None

    assert (found.circumstance, found.band, found.deviation) == (circumstance, band, deviation)


def test_a_benchmark_without_grades_has_none():
    assert nearest_grade((), 1) is None
