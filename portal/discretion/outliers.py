"""Fines that lie far from those of similar decisions: how many times off the median they are.

Read before: ``findings``. Read next: ``patterns``. Pure and in whole numbers, so that the same
decisions give the same findings everywhere.

Fines are compared as ratios, because twice as much means the same at 500 and at 50,000 yuan. The
spread of a group is how many times the middle one of its fines is off the median (the median
absolute deviation of logarithms), or half the quartiles' distance if that is more, and never below
a floor. A fine stands out if it is off by more than a power of the spread: the eighth power is
5.4 standard deviations of a normal distribution. One fine far off moves none of this, as it would
move a mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isqrt
from typing import Final, NamedTuple

from portal.discretion.findings import OUTLIER, Finding, behind_decision, finding, numbers_for
from projections.discretion.view import Decided

_ONCE: Final = 1_000  # Thousandths: a ratio of 1.


class Spread(NamedTuple):
    """How the fines of a group lie."""

    size: int
    median_fen: int
    ratio: int  # How many times off the median the middle one is, thousandths, over 1,000.


def spread_of(fines: Iterable[int], floor_percent: int) -> Spread:
    """Return median and spread of fines above 0; there is at least one."""
    values = sorted(fines)
    median = _part(values, 50)
    middle = _part(sorted(ratio_of(value, median) for value in values), 50)
    quartiles = ratio_of(_part(values, 75), _part(values, 25))
    floor = _ONCE + _ONCE * floor_percent // 100
    return Spread(len(values), median, max(middle, isqrt(quartiles * _ONCE), floor))


def ratio_of(one: int, other: int) -> int:
    """Return how many times the lower of two amounts above 0 the higher is, thousandths."""
    low, high = sorted((one, other))
    return high * _ONCE // low


def outliers(decisions: Iterable[Decided]) -> Iterator[Finding]:
    """Yield the decisions whose fine lies apart from those of its group.

    A group is an item, a procedure and whether natural persons were fined; where the circumstance
    was stated to the discretion aid and the group with this circumstance is large enough, that one.
    """
    limits = numbers_for("outlier")
    groups: dict[tuple[str | None, ...], list[Decided]] = {}
    for one in decisions:
        if one.row.fine_fen and one.row.item_code and not one.is_revoked:
            for key in _keys(one):
                groups.setdefault(key, []).append(one)
    spreads = {
        key: spread_of((it.row.fine_fen for it in members), limits["spread_floor_percent"])
        for key, members in groups.items()
        if len(members) > limits["others_least"]
    }
    for members in (members for key, members in groups.items() if key[-1] is None):
        for one in members:
            known = next((spreads[key] for key in _keys(one) if key in spreads), None)
            if known is not None and _is_apart(one.row.fine_fen, known, limits):
                yield _finding(one, known)


def _keys(one: Decided) -> list[tuple[str | None, ...]]:
    """Return the groups of a decision, the narrowest first."""
    wide = (one.row.item_code, one.row.procedure, str(one.is_natural))
    stated = None if one.advice is None else one.advice.circumstance
    return [(*wide, None)] if stated is None else [(*wide, stated), (*wide, None)]


def _is_apart(fine: int, known: Spread, limits: dict[str, int]) -> bool:
    ratio, power = ratio_of(fine, known.median_fen), limits["power"]
    is_far = ratio * _ONCE ** (power - 1) > known.ratio**power
    return is_far and ratio >= _ONCE + _ONCE * limits["apart_percent"] // 100


def _finding(one: Decided, known: Spread) -> Finding:
    numbers = {
        "fine_fen": one.row.fine_fen,
        "median_fen": known.median_fen,
        "ratio_thousandths": ratio_of(one.row.fine_fen, known.median_fen),
        "spread_thousandths": known.ratio,
        "others": known.size - 1,
    }
    return finding(OUTLIER, one.row.event_id, [behind_decision(one)], numbers)


def _part(values: Sequence[int], percent: int) -> int:
    """Return the value below which a part of sorted values lies; of two the lower."""
    return values[(len(values) - 1) * percent // 100]
