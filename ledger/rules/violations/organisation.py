"""Rules of how agencies are organised (组织保障): reviewers, catalogues of review, reform tasks.

Read before: ``terms``. Basis: 任务分解表 rows 11 and 12. These acts lie in the control log, in the
streams ``agency:``, ``list:`` and ``org:``; a missed task is said in a case log.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.control_records import catalogue_rule
from ledger.domain.review_catalogues import superiors, uncovered
from ledger.rules.calendar import end_of_day
from ledger.rules.violations.law import number
from ledger.rules.violations.rule import BOOK, Finding, Sight


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
    payload, control = sight.item.payload, sight.control
    at = end_of_day(payload["effectiveFrom"]) - 1
    above = superiors(control, sight.item.act.agency_id)
    held = (control.review_catalogue_at(one, at) for one in above)
    higher = next((one for one in held if one is not None), None)
    own = [catalogue_rule(value) for value in payload["rules"]]
    if higher is not None and uncovered(own, higher.rules):
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-ORG-02", "DeadlineMissed")
def reform_task_not_done_in_time(sight: Sight) -> Iterator[Finding]:
    """任务分解表: a task is done by its day. Its plan lies in the control log, not here."""
    payload = sight.item.payload
    if payload["deadlineId"] == "D-ORG-03":
        planned = payload["triggerEventId"]
        yield Finding(planned.hex(), (planned,))
