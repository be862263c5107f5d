"""By what the deadlines of a stream are counted when one of its log's entries comes.

Read before: ``deadlines``, ``ledger/domain/control.py``. Read next: ``consumers/supervise``.

Rule set and calendar are those of the control log at the entry's ``controlSize``; the rule set is
the one in force on the day of the entry's ``receivedAt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.act import Act
from ledger.domain.control import ControlState
from ledger.domain.control_records import CalendarYear, day_of
from ledger.domain.law_lists import in_force
from ledger.rules.calendar import start_of_year
from ledger.rules.deadlines import Terms

# Numbers of a review workflow by which an agency replaces the length of a row (``override``).
REVIEW_LIMIT: Final = "limitWorkingDays"
COORDINATION_LIMIT: Final = "coordinationLimitWorkingDays"


def terms_at(control: ControlState, at: int, act: Act | None = None) -> Terms | None:
    """Return rule set, calendar and an agency's own lengths; None while no rule set has deadlines.

    Args:
        control: The control log at an entry's ``controlSize``.
        at: The entry's ``receivedAt``, microseconds UTC.
        act: The entry's act, whose agency may have lengths of its own; None where only time passes.
    """
    rules = control.rule_set_at(at)
    if rules is None or rules.deadlines is None:
        return None
    lengths = {} if act is None else _own_lengths(control, act)
    return Terms(rules.version, rules.deadlines, control.calendar, lengths)


def _own_lengths(control: ControlState, act: Act) -> Mapping[str, int]:
    held = control.review_workflows.get(act.agency_id)
    workflow = None if held is None else in_force(held, day_of(act.occurred_at))
    if workflow is None:
        return {}
    return {REVIEW_LIMIT: workflow.limit, COORDINATION_LIMIT: workflow.coordination_limit}


def changed_from(
    before: Mapping[int, CalendarYear], after: Mapping[int, CalendarYear]
) -> int | None:
    """Return from which instant on due instants may differ, None if the calendars are the same.

    No day before the first changed year counts otherwise, and a due day is the last that is looked
    at: what was due before that year stays, and nothing that was due later comes before it.
    """
    if before is after:
        return None
    years = [year for year in before.keys() | after.keys() if before.get(year) != after.get(year)]
    return start_of_year(min(years)) if years else None
"""What deadlines are counted by when an entry comes: rule set, calendar, an agency's own lengths.

Read before: ``ledger/domain/control.py``. Read next: ``deadlines``.
"""

from __future__ import annotations

from typing import Final

from ledger.domain.control import ControlState
from ledger.domain.control_records import day_of
from ledger.domain.deadline_rules import DeadlineRules
from ledger.domain.law_lists import in_force
from ledger.rules.deadlines import Terms

# Of a rule set without deadlines: nothing starts, and what runs goes on by the row it started by.
_NO_RULES: Final = DeadlineRules({}, {}, {}, None, frozenset(), {}, {})


def terms_at(control: ControlState, agency_id: str, at: int) -> Terms:
    """Return the terms of an agency's deadlines.

    Args:
        control: The control log at the entry's ``controlSize``.
        agency_id: Whose matter it is; it may have set limits of its own for legal review.
        at: ``receivedAt`` of the entry, microseconds UTC.
    """
    rules = control.rule_set_at(at)
    workflow = in_force(control.review_workflows.get(agency_id, ()), day_of(at))
    lengths = {}
    if workflow is not None:
        lengths["limitWorkingDays"] = workflow.limit
        lengths["coordinationLimitWorkingDays"] = workflow.coordination_limit
    version = "" if rules is None else rules.version
    found = None if rules is None else rules.deadlines
    return Terms(version, found or _NO_RULES, control.calendar, lengths)
