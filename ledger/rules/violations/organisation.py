"""Rules of how agencies are organised (组织保障): reviewers, catalogues of review, reform tasks.

Read before: ``terms``. Basis: 任务分解表 rows 11 and 12. These acts lie in the control log, in the
streams ``agency:``, ``list:`` and ``org:``; a missed task is said in a case log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.control import ControlState
from ledger.domain.control_records import CatalogueRule, ReviewCatalogue, catalogue_rule
from ledger.rules.calendar import end_of_day
from ledger.rules.violations.law import number
from ledger.rules.violations.rule import BOOK, Finding, Sight

_LEVELS_MAX: Final = 8  # Superiors one above the other; a ring of them ends here.


@BOOK.rule("V-LR-08", "StaffingDeclared")
def too_few_reviewers(sight: Sight) -> Iterator[Finding]:
    """任务分解表 11.2: reviewers are 5 % of the officers at least, rounded up."""
    payload = sight.item.payload
    percent = number(sight.rules, "review_staff_percent_min")
    if payload["reviewers"] * 100 < payload["officersTotal"] * percent:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-LR-12", "ReviewCatalogueAdopted", "ReviewCatalogueAmended")
def catalogue_removes_what_a_higher_one_has(sight: Sight) -> Iterator[Finding]:
    """任务分解表 12.2: an agency adds to the catalogue of its superior and removes nothing.

    Held against that of the nearest superior that has one in force on the day this one begins.
    """
    payload = sight.item.payload
    at = end_of_day(payload["effectiveFrom"]) - 1
    higher = _higher_catalogue(sight.control, sight.item.act.agency_id, at)
    own = [catalogue_rule(value) for value in payload["rules"]]
    if higher is not None and not all(_is_kept(rule, own) for rule in higher.rules):
        yield Finding(sight.item.act.event_id.hex())


def _higher_catalogue(control: ControlState, agency_id: str, at: int) -> ReviewCatalogue | None:
    """Return the catalogue of the nearest superior that has one in force, None if none has."""
    agency = control.agencies.get(agency_id)
    for _ in range(_LEVELS_MAX):
        if agency is None or agency.superior_id is None:
            return None
        found = control.review_catalogue_at(agency.superior_id, at)
        if found is not None:
            return found
        agency = control.agencies.get(agency.superior_id)
    return None


def _is_kept(rule: CatalogueRule, own: list[CatalogueRule]) -> bool:
    """Tell whether everything that a rule makes major is major by one of the own rules too."""
    mine = [one for one in own if one.act_kind == rule.act_kind]
    return all(
        any(_has_item(one, item) and _has(one, criterion) for one in mine)
        for item in rule.item_codes or (None,)
        for criterion in _criteria(rule) or (None,)
    )


def _has_item(rule: CatalogueRule, item: str | None) -> bool:
    return not rule.item_codes or item in rule.item_codes


def _criteria(rule: CatalogueRule) -> list[tuple[str, str | int]]:
    """Return what each makes an act major by itself; none: the item alone does."""
    kinds = [("kind", kind) for kind in sorted(rule.penalty_kinds)]
    measures = [("measure", kind) for kind in sorted(rule.measure_kinds)]
    licences = [("licence", name) for name in sorted(rule.licence_categories)]
    amounts = [(name, value) for name, value in _amounts(rule).items() if value is not None]
    return [*kinds, *measures, *licences, *amounts]


def _has(rule: CatalogueRule, criterion: tuple[str, str | int] | None) -> bool:
    if not _criteria(rule):
        return True
    if criterion is None:
        return False
    name, value = criterion
    own = _amounts(rule).get(name)
    is_above = isinstance(value, int) and own is not None and own <= value
    return is_above or criterion in _criteria(rule)


def _amounts(rule: CatalogueRule) -> dict[str, int | None]:
    return {
        "natural": rule.fine_fen_natural_min,
        "legal": rule.fine_fen_legal_min,
        "confiscated": rule.confiscate_fen_min,
    }


@BOOK.rule("V-ORG-02", "DeadlineMissed")
def reform_task_not_done_in_time(sight: Sight) -> Iterator[Finding]:
    """任务分解表: a task is done by its day. Its plan lies in the control log, not here."""
    payload = sight.item.payload
    if payload["deadlineId"] == "D-ORG-03":
        planned = payload["triggerEventId"]
        yield Finding(planned.hex(), (planned,))
