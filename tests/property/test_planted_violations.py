"""What is planted in a generated history is found, and nothing else; an honest one raises nothing.

So it is too when what the platform says of missed deadlines is in the history: an honest one misses
none, a faulty case misses those that its fault says. ``make planted`` does the same with 2,000
cases.
"""

from __future__ import annotations

from consumers.generate.case.violations import VIOLATIONS
from ledger.rules.day_close.closing import DayAlert
from ledger.rules.deadline_instance import Deadline
from ledger.rules.violations.engine import Alert
from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import completed
from tests.support.planted import NOT_BUILT, compared


def test_every_planted_violation_is_found_and_nothing_else() -> None:
    history = HistoryCopy(len(VIOLATIONS), 11, violations=1.0)

    result = compared(history.planted, completed(history))

    assert (result.missing, result.unexpected, result.missed) == (set(), set(), set())
    assert result.found == {it.rule_id for it in VIOLATIONS} - NOT_BUILT


def test_an_honest_history_raises_nothing() -> None:
    history = HistoryCopy(130, 13, violations=0.0)

    assert not history.planted
    # Duties and ends that the platform tells of accuse nobody.
    found = [it.found for it in completed(history)]
    assert [it for it in found if isinstance(it, Alert | DayAlert | Deadline)] == []
