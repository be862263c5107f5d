"""The catalogue of major decisions in force for an agency, with the catalogues above it.

Read before: ``control_records.ReviewCatalogue``, ``major``. Read next:
``ledger/rules/violations/organisation.py`` (V-LR-12) and ``portal/review_catalogues.py``.

A lower catalogue may add to the higher one and not remove from it (任务分解表 12.2). Decisions are
judged by the agency's own catalogue of their day, else by the default one (``major``); what a
higher catalogue has and the own one has not is shown beside it, as missing. Pure functions; days
are days since 1970-01-01 in Shanghai.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from ledger.domain.control import ControlState
from ledger.domain.control_records import CatalogueRule, ReviewCatalogue
from ledger.domain.law_lists import in_force

SUPERIORS_MAX: Final = 8  # The law knows four levels; a circle in the register ends here.

Criterion = tuple[str, Any]


class CatalogueLine(NamedTuple):
    """One rule as it concerns an agency.

    Attributes:
        rule: The rule.
        agency_id: Whose catalogue has it; None: the default one.
        version: Of that catalogue.
        is_missing: A higher catalogue has it, and the one in force does not cover it.
    """

    rule: CatalogueRule
    agency_id: str | None
    version: str
    is_missing: bool


class CatalogueInForce(NamedTuple):
    """What is major for an agency on a day.

    Attributes:
        own: The agency's own catalogue, None where it has none (V-LR-09).
        applied: The one that decisions are judged by; None: there is not even a default one.
        higher: The catalogues in force above, with their agencies, nearest first.
        lines: The rules applied, in their order, then the missing ones of the higher catalogues.
    """

    own: ReviewCatalogue | None
    applied: ReviewCatalogue | None
    higher: tuple[tuple[str, ReviewCatalogue], ...]
    lines: tuple[CatalogueLine, ...]


def catalogue_in_force(state: ControlState, agency_id: str, day: int) -> CatalogueInForce:
    """Return what is major for an agency on a day."""
    own = in_force(state.review_catalogues.get(agency_id, ()), day)
    rules = in_force(state.rule_sets, day)
    applied = own or (None if rules is None else rules.review_catalogue)
    above = (
        (one, in_force(state.review_catalogues.get(one, ()), day))
        for one in superiors(state, agency_id)
    )
    higher = tuple((one, catalogue) for one, catalogue in above if catalogue is not None)
    lines = tuple(_lines(agency_id, own, applied, higher))
    return CatalogueInForce(own, applied, higher, lines)


def superiors(state: ControlState, agency_id: str) -> Iterator[str]:
    """Yield the agencies above one, nearest first, each once; at most ``SUPERIORS_MAX``."""
    seen = {agency_id}
    for _ in range(SUPERIORS_MAX):
        agency = state.agencies.get(agency_id)
        if agency is None or agency.superior_id is None or agency.superior_id in seen:
            return
        agency_id = agency.superior_id
        seen.add(agency_id)
        yield agency_id


def uncovered(lower: Iterable[CatalogueRule], higher: Iterable[CatalogueRule]) -> list[str]:
    """Return the ids of the higher rules that the lower ones do not wholly cover, in their order.

    A rule is covered where whatever it makes major is major by the lower rules too: for each of
    its items, each criterion, an amount from no greater a least one. One rule may be covered by
    several. Ids do not matter: a rule may be renamed.
    """
    covered = _Covered(lower)
    return [rule.rule_id for rule in higher if not covered.covers(rule)]


def criteria(rule: CatalogueRule) -> list[Criterion]:
    """Return what makes a decision about the rule's items major, any one of it; [] for nothing."""
    found: list[Criterion] = [("penalty", kind) for kind in sorted(rule.penalty_kinds)]
    found += [("measure", kind) for kind in sorted(rule.measure_kinds)]
    found += [("licence", name) for name in sorted(rule.licence_categories)]
    amounts = {
        "natural": rule.fine_fen_natural_min,
        "legal": rule.fine_fen_legal_min,
        "confiscated": rule.confiscate_fen_min,
    }
    found += [(name, least) for name, least in amounts.items() if least is not None]
    return found or ([_WHOLE] if rule.item_codes else [])


_AMOUNTS: Final = frozenset({"natural", "legal", "confiscated"})
_WHOLE: Final = ("whole", None)  # Every decision about the item.


class _Covered:
    """What rules make major, by kind of act and item; None: whatever the item is."""

    def __init__(self, rules: Iterable[CatalogueRule]) -> None:
        self._has: dict[tuple[str, str | None], set[Criterion]] = defaultdict(set)
        self._least: dict[tuple[str, str | None, str], int] = {}
        for rule in rules:
            for item in rule.item_codes or (None,):
                self._add(rule, item)

    def _add(self, rule: CatalogueRule, item: str | None) -> None:
        for name, value in criteria(rule):
            if name in _AMOUNTS:
                place = (rule.act_kind, item, name)
                self._least[place] = min(value, self._least.get(place, value))
            else:
                self._has[rule.act_kind, item].add((name, value))

    def covers(self, rule: CatalogueRule) -> bool:
        wanted = criteria(rule)
        return all(
            self._has_one(rule.act_kind, item, criterion)
            for item in rule.item_codes or (None,)
            for criterion in wanted
        )

    def _has_one(self, act_kind: str, item: str | None, criterion: Criterion) -> bool:
        name, value = criterion
        for one in {item, None}:
            has = self._has.get((act_kind, one), set())
            least = self._least.get((act_kind, one, name))
            if criterion in has or _WHOLE in has or (least is not None and least <= value):
                return True
        return False


def _lines(
    agency_id: str,
    own: ReviewCatalogue | None,
    applied: ReviewCatalogue | None,
    higher: Iterable[tuple[str, ReviewCatalogue]],
) -> Iterator[CatalogueLine]:
    held = [] if applied is None else list(applied.rules)
    if applied is not None:
        source = None if own is None else agency_id
        yield from (CatalogueLine(rule, source, applied.version, False) for rule in held)
    for above, catalogue in higher:
        covered = _Covered(held)
        missing = [rule for rule in catalogue.rules if not covered.covers(rule)]
        yield from (CatalogueLine(rule, above, catalogue.version, True) for rule in missing)
        held += missing  # What two catalogues above have is missing once.
