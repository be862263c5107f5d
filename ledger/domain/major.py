"""What is a major enforcement decision (重大执法决定), and why.

Read before: ``case`` and ``control_records.CatalogueRule``. Read next:
``ledger/rules/gate_rules.py``.

Tests in the order of 行政处罚法 art. 58, all matches reported: STAT-1 major public interest,
declared by the agency; STAT-2 a hearing was held; STAT-3 complex, declared; STAT-4 the item is
marked by a law or regulation; then the rules of the agency's catalogue in force, or of the
default one. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from ledger.domain.case import Case
from ledger.domain.control_records import CatalogueRule, Item, ReviewCatalogue

STATUTE: Final = "STATUTE"  # Version named for what the law itself says.
DECLARABLE: Final = ("STAT-1", "STAT-3")
_CONFISCATIONS: Final = frozenset({"CONFISCATE_GAINS", "CONFISCATE_GOODS"})


class Assessment(NamedTuple):
    """The fields of ``MajorDecisionAssessed``."""

    matched: tuple[tuple[str, str], ...]  # Rule id and version of the catalogue it is from.
    declared_by_agency: bool
    catalogue_version: str | None

    @property
    def is_major(self) -> bool:
        """Whether anything matched."""
        return bool(self.matched)


def assess_major(
    penalties: Collection[Mapping[str, Any]],
    declared: Collection[str],
    case: Case,
    item: Item | None,
    catalogue: ReviewCatalogue | None,
) -> Assessment:
    """Judge a proposed penalty.

    Args:
        penalties: ``PenaltyItem`` values of the request.
        declared: Rule ids that the agency itself declares.
        case: The case so far.
        item: The enforcement item, None if nobody registered it.
        catalogue: The review catalogue that applies, None where there is none at all.
    """
    matched = [(rule_id, STATUTE) for rule_id in _statute_matches(declared, case, item)]
    if catalogue is not None:
        matched += [
            (rule.rule_id, catalogue.version)
            for rule in catalogue.rules
            if _matches(rule, penalties, case)
        ]
    version = None if catalogue is None else catalogue.version
    return Assessment(tuple(matched), bool(set(declared) & set(DECLARABLE)), version)


def _statute_matches(declared: Collection[str], case: Case, item: Item | None) -> Iterable[str]:
    if "STAT-1" in declared:
        yield "STAT-1"
    if case.has("HearingHeld"):
        yield "STAT-2"
    if "STAT-3" in declared:
        yield "STAT-3"
    if item is not None and item.major_hint:
        yield "STAT-4"


def _matches(rule: CatalogueRule, penalties: Collection[Mapping[str, Any]], case: Case) -> bool:
    """Tell whether a catalogue rule about penalties holds: the item fits and one criterion does."""
    if rule.act_kind != "PENALTY":
        return False
    if rule.item_codes and case.item_code not in rule.item_codes:
        return False
    fine_min = rule.fine_fen_natural_min if case.party_is_natural else rule.fine_fen_legal_min
    confiscate_min = rule.confiscate_fen_min
    criteria = bool(rule.penalty_kinds) or fine_min is not None or confiscate_min is not None
    if not criteria:
        return bool(rule.item_codes)
    if any(penalty["kind"] in rule.penalty_kinds for penalty in penalties):
        return True
    fine = _amount(penalties, frozenset({"FINE"}))
    confiscated = _amount(penalties, _CONFISCATIONS)
    return (fine_min is not None and fine >= fine_min) or (
        confiscate_min is not None and confiscated >= confiscate_min
    )


def _amount(penalties: Collection[Mapping[str, Any]], kinds: frozenset[str]) -> int:
    return sum(penalty["amountFen"] or 0 for penalty in penalties if penalty["kind"] in kinds)
