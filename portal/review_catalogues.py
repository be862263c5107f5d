"""Catalogues of major decisions (重大执法决定法制审核目录) for readers: in words, and as JSON.

Read before: ``ledger/domain/review_catalogues.py``. Read next: ``portal/api/review_catalogues.py``.

A judgement names the rule that matched by id and version; here is what that rule says, taken from
the published catalogue of that version, so that nobody has to look it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ledger.domain.control import ControlState
from ledger.domain.control_records import CatalogueRule, ReviewCatalogue
from ledger.domain.major import STATUTE
from ledger.domain.review_catalogues import CatalogueInForce, CatalogueLine, catalogue_in_force
from portal.api.problem import problem
from portal.names import agency_names
from portal.pages import calendar_date
from portal.resources import Resources
from portal.words import word
from schemas.loader import symbol_words

FEN_PER_YUAN: Final = 100
_AMOUNTS: Final = (
    ("自然人罚款", "fine_fen_natural_min"),
    ("组织罚款", "fine_fen_legal_min"),
    ("没收", "confiscate_fen_min"),
)
_KINDS: Final = (("PenaltyKind", "penalty_kinds"), ("MeasureKind", "measure_kinds"))


class Shown(NamedTuple):
    """The catalogue in force for an agency on a day.

    Attributes:
        agency_id: Credit code.
        names: Of the agencies, by credit code.
        day: Days since 1970-01-01.
        found: What is in force.
    """

    agency_id: str
    names: Mapping[str, str]
    day: int
    found: CatalogueInForce


def shown_catalogue(resources: Resources, agency_id: str, day: int) -> Shown:
    """Return the catalogue in force for an agency. Raises ProblemError NOT_FOUND: no agency."""
    state = resources.control.state
    names = agency_names(resources)
    if agency_id not in names:
        raise problem("NOT_FOUND")
    return Shown(agency_id, names, day, catalogue_in_force(state, agency_id, day))


def catalogue_document(shown: Shown) -> dict[str, Any]:
    """Return the catalogue in force as JSON."""
    found = shown.found
    return {
        "agency_id": shown.agency_id,
        "on": calendar_date(shown.day),
        "catalogue": _head(None if found.own is None else shown.agency_id, found.applied),
        "higher": [_head(agency_id, catalogue) for agency_id, catalogue in found.higher],
        "rules": [_line_document(line) for line in found.lines],
        "missing": [line.rule.rule_id for line in found.lines if line.is_missing],
    }


def rule_text(rule: CatalogueRule) -> str:
    """Return what a rule makes major, in words."""
    items = f"事项 {'、'.join(sorted(rule.item_codes))}" if rule.item_codes else "全部事项"
    return f"{word(rule.act_kind, 'act_kind')}：{items}；{'；或者'.join(_criteria(rule)) or '一律'}"


def matched_texts(
    state: ControlState, agency_id: str, matched: Iterable[Mapping[str, Any]]
) -> list[tuple[str, str, str]]:
    """Return id, catalogue version and words of each rule that a judgement names.

    Args:
        state: The control log's newest state.
        agency_id: Whose decision was judged.
        matched: As in ``MajorDecisionAssessed``. What no catalogue has is without words.
    """
    known = {
        (rule.rule_id, catalogue.version): rule_text(rule)
        for catalogue in _catalogues(state, agency_id)
        for rule in catalogue.rules
    }
    pairs = [(str(one["ruleId"]), str(one["catalogueVersion"])) for one in matched]
    return [
        (rule_id, version, statute_text(rule_id, version) or known.get((rule_id, version), ""))
        for rule_id, version in pairs
    ]


def statute_text(rule_id: str, version: str) -> str:
    """Return the words of a ground of the statute itself, "" for a catalogue's rule."""
    said = word(rule_id, "statute_ground")
    return said if version == STATUTE and said != rule_id else ""


def _catalogues(state: ControlState, agency_id: str) -> Iterator[ReviewCatalogue]:
    for rules in state.rule_sets:
        if rules.review_catalogue is not None:
            yield rules.review_catalogue
    yield from state.review_catalogues.get(agency_id, ())


def _criteria(rule: CatalogueRule) -> Iterator[str]:
    for kind, name in _KINDS:
        codes = sorted(getattr(rule, name))
        if codes:
            yield "、".join(symbol_words()[kind].get(code, code) for code in codes)
    if rule.licence_categories:
        yield f"许可类别 {'、'.join(sorted(rule.licence_categories))}"
    for label, name in _AMOUNTS:
        least = getattr(rule, name)
        if least is not None:
            yield f"{label} {least / FEN_PER_YUAN:,.2f} 元以上".replace(".00 元", " 元")


def _head(agency_id: str | None, catalogue: ReviewCatalogue | None) -> dict[str, Any] | None:
    if catalogue is None:
        return None
    return {
        "agency_id": agency_id,
        "catalogue_id": catalogue.catalogue_id,
        "version": catalogue.version,
        "effective_from": calendar_date(catalogue.effective_from),
        "is_default": agency_id is None,
    }


def _line_document(line: CatalogueLine) -> dict[str, Any]:
    rule = line.rule
    amounts = {name: getattr(rule, name) for _, name in _AMOUNTS}
    return {
        "rule_id": rule.rule_id,
        "act_kind": rule.act_kind,
        "item_codes": sorted(rule.item_codes),
        "penalty_kinds": sorted(rule.penalty_kinds),
        **{name: None if least is None else str(least) for name, least in amounts.items()},
        "measure_kinds": sorted(rule.measure_kinds),
        "licence_categories": sorted(rule.licence_categories),
        "text": rule_text(rule),
        "agency_id": line.agency_id,
        "version": line.version,
        "is_missing": line.is_missing,
    }
