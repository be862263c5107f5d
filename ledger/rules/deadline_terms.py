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
from ledger.domain.deadline_rules import DeadlineRules
from ledger.domain.disclosure import EXPIRED
from ledger.domain.law_lists import in_force
from ledger.rules.calendar import start_of_year
from ledger.rules.deadlines import Terms
from ledger.rules.review_lapses import DERIVED_ACTS

# Numbers of a review workflow by which an agency replaces the length of a row (``override``).
REVIEW_LIMIT: Final = "limitWorkingDays"
COORDINATION_LIMIT: Final = "coordinationLimitWorkingDays"
OWN_DAYS_MAX: Final = 366
# What the platform itself ends when its last day is over, where the rule set says so.
ENDINGS: Final = frozenset({EXPIRED})
# Of a rule set without deadlines: nothing starts, and what runs goes on by the row it started by.
_NO_DEADLINES: Final = DeadlineRules({}, {}, {}, None, frozenset(), {}, {})


def terms_at(control: ControlState, at: int, act: Act | None = None) -> Terms | None:
    """Return rule set, calendar and an agency's own lengths; None while there is no rule set.

    Args:
        control: The control log at an entry's ``controlSize``.
        at: The entry's ``receivedAt``, microseconds UTC.
        act: The entry's act, whose agency may have lengths of its own; None where only time passes.
    """
    rules = control.rule_set_at(at)
    if rules is None:
        return None
    lengths = {} if act is None else _own_lengths(control, act)
    endings = ENDINGS.intersection(rules.lists.get(DERIVED_ACTS, ()))
    deadlines = rules.deadlines or _NO_DEADLINES
    return Terms(rules.version, deadlines, control.calendar, lengths, endings)


def _own_lengths(control: ControlState, act: Act) -> Mapping[str, int]:
    held = control.review_workflows.get(act.agency_id)
    workflow = None if held is None else in_force(held, day_of(act.occurred_at))
    if workflow is None:
        return {}
    own = {REVIEW_LIMIT: workflow.limit, COORDINATION_LIMIT: workflow.coordination_limit}
    # An agency may claim any number; where it is none to count by, the row's own length holds.
    return {name: days for name, days in own.items() if 1 <= days <= OWN_DAYS_MAX}


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
