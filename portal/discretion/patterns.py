"""Patterns across cases: who comes again, whose fines are the lowest, whose cases come to nothing.

Read before: ``outliers``. Read next: ``correlation``. Pure functions of the material.

A share stands out only beside the same share of the others, on the same items: an agency whose
every matter is small is no pattern. What is found is a question to somebody, not a judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from portal.discretion.findings import (
    AGENCY_ENDED,
    AGENCY_LOWEST,
    AGENCY_UNREASONED,
    OFFICER_ENDED,
    OFFICER_LOWEST,
    REPEAT_ORGANISATION,
    REPEAT_PERSON,
    Behind,
    Finding,
    Material,
    behind_closing,
    behind_decision,
    finding,
    numbers_for,
)
from projections.discretion.view import Decided, grades_of

T = TypeVar("T")


class Counted(NamedTuple):
    """One act in a share."""

    behind: Behind
    owners: tuple[str, ...]  # Officers or the agency whose share it is in.
    item_code: str | None
    is_in: bool


class Total(NamedTuple):
    """How many acts are in a share, of how many."""

    inside: int
    of: int


def repeated_organisations(found: Material) -> Iterator[Finding]:
    """Yield the organisations that several agencies have punished, by credit code."""
    by_code: dict[str, list[Decided]] = {}
    for one in found.decisions:
        if one.row.uscc is not None and not one.is_natural and not one.is_revoked:
            by_code.setdefault(one.row.uscc, []).append(one)
    for code, decisions in by_code.items():
        yield from _repeated(REPEAT_ORGANISATION, code, decisions, decisions[0].row.party_name)


def natural_decisions(found: Material) -> list[Decided]:
    """Return the decisions by which natural persons were punished, the newest first."""
    return [one for one in found.decisions if one.is_natural and not one.is_revoked]


def repeated_persons(groups: Iterable[Sequence[Decided]]) -> Iterator[Finding]:
    """Yield the natural persons whom several agencies have punished.

    Args:
        groups: Decisions about one person each, the newest first, as the vault's keyed index says.
    """
    for decisions in groups:
        yield from _repeated(REPEAT_PERSON, decisions[0].row.event_id, decisions, None)


def lowest(found: Material) -> Iterator[Finding]:
    """Yield whose fines lie in the lowest grade far more often than those of the others."""
    yield from _shares(OFFICER_LOWEST, "lowest", _lowest(found, _officers))
    yield from _shares(AGENCY_LOWEST, "lowest", _lowest(found, lambda one: (one.row.agency_id,)))


def ended(found: Material) -> Iterator[Finding]:
    """Yield officers and agencies whose cases end without a penalty far more often than others'."""
    reasons = frozenset(numbers_for("no_penalty")["reasons"])
    for kind, is_officer in ((OFFICER_ENDED, True), (AGENCY_ENDED, False)):
        counted = [
            Counted(
                behind_closing(row),
                tuple(row.officers.split()) if is_officer else (row.agency_id,),
                None,
                row.reason in reasons,
            )
            for row in found.closings
        ]
        yield from _shares(kind, "no_penalty", counted)


def unreasoned(found: Material) -> Iterator[Finding]:
    """Yield agencies whose fines leave the benchmark without a ground or a reason too often."""
    limits = numbers_for("unreasoned")
    measured: dict[str, int] = {}
    without: dict[str, list[Behind]] = {}
    for one in found.decisions:
        grades = _grades(found, one)
        if not grades:
            continue
        agency = one.row.agency_id
        measured[agency] = measured.get(agency, 0) + 1
        is_inside = any(low <= one.row.fine_fen <= top for low, top in grades)
        reason = None if one.advice is None else one.advice.reason
        if not is_inside and not one.row.grounds and not reason:
            without.setdefault(agency, []).append(behind_decision(one))
    for agency, behind in without.items():
        percent = len(behind) * 100 // measured[agency]
        if len(behind) >= limits["departures_least"] and percent >= limits["percent"]:
            numbers = {"count": len(behind), "of": measured[agency], "percent": percent}
            yield finding(AGENCY_UNREASONED, agency, behind, numbers)


def _repeated(
    kind: str, subject: str, decisions: Sequence[Decided], name: str | None
) -> Iterator[Finding]:
    limits = numbers_for("repeat")
    agencies = {one.row.agency_id for one in decisions}
    if len(decisions) < limits["decisions_least"] or len(agencies) < limits["agencies_least"]:
        return
    numbers = {
        "decisions": len(decisions),
        "agencies": len(agencies),
        "fine_fen": sum(one.row.fine_fen for one in decisions),
    }
    behind = [behind_decision(one) for one in decisions]
    via_vault = kind == REPEAT_PERSON
    yield finding(kind, subject, behind, numbers, name=name, via_vault=via_vault)


def _lowest(found: Material, owners: Callable[[Decided], tuple[str, ...]]) -> list[Counted]:
    """Return the fines that a benchmark of several grades measures, and whether in the lowest."""
    counted = []
    for one in found.decisions:
        tops = sorted(top for _, top in _grades(found, one))
        if len(tops) > 1 and not one.is_revoked:
            is_in = one.row.fine_fen <= tops[0]
            counted.append(Counted(behind_decision(one), owners(one), one.row.item_code, is_in))
    return counted


def _shares(kind: str, name: str, counted: Sequence[Counted]) -> Iterator[Finding]:
    """Yield whose share is high, and far above the share of the others on the same items."""
    limits = numbers_for(name)
    whole = _totals(counted)
    for owner, own in _grouped(counted, lambda one: dict.fromkeys(one.owners)).items():
        mine = _totals(own)
        # What is the others' is what is left of each item: nobody is held against everybody else.
        others = sum(whole[item].of - part.of for item, part in mine.items())
        if len(own) < limits["least"] or others < limits["peers_least"]:
            continue
        others_in = sum(whole[item].inside - part.inside for item, part in mine.items())
        share, peers = _percent(own), others_in * 100 // others
        if share >= limits["percent"] and share - peers >= limits["above_peers_points"]:
            behind = [one.behind for one in own if one.is_in]
            numbers = {
                "count": len(behind),
                "of": len(own),
                "percent": share,
                "others_percent": peers,
                "others": others,
            }
            yield finding(kind, str(owner), behind, numbers)


def _grouped(
    counted: Iterable[Counted], keys: Callable[[Counted], Iterable[T]]
) -> Mapping[T, list[Counted]]:
    groups: dict[T, list[Counted]] = {}
    for one in counted:
        for key in keys(one):
            groups.setdefault(key, []).append(one)
    return groups


def _totals(counted: Iterable[Counted]) -> dict[str | None, Total]:
    """Return how many acts there are of each item."""
    totals: dict[str | None, Total] = {}
    for one in counted:
        before = totals.get(one.item_code, Total(0, 0))
        totals[one.item_code] = Total(before.inside + one.is_in, before.of + 1)
    return totals


def _percent(counted: Sequence[Counted]) -> int:
    return sum(one.is_in for one in counted) * 100 // len(counted)


def _grades(found: Material, one: Decided) -> list[tuple[int, int]]:
    """Return the grades by which a fine is measured, none where nothing measures it."""
    benchmark = found.benchmarks.of(one)
    if benchmark is None or not one.row.fine_fen:
        return []
    return [(grade.least_fen, grade.most_fen) for grade in grades_of(benchmark)]


def _officers(one: Decided) -> tuple[str, ...]:
    return tuple(one.row.officers.split())
