"""What is due of organisations: reform tasks (SV-09), and rectification after an opinion.

Read before: ``declarations``. Read next: ``training``. Pure functions of the acts that count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.organisation.projection import day_begins
from projections.organisation.view import Fact

OPEN, OVERDUE, DONE, DONE_LATE = "OPEN", "OVERDUE", "DONE", "DONE_LATE"
STATES: Final = (OPEN, OVERDUE, DONE, DONE_LATE)
_LEVELS: Final = ("PROVINCE", "CITY", "COUNTY", "TOWNSHIP")


class Task(NamedTuple):
    """A task of the seed's table at one level, and whether it was done (D-ORG-03, V-ORG-02)."""

    seed_item: str
    level: str
    due: int  # Days since 1970-01-01.
    planned: Fact
    completed: Fact | None
    state: str

    @property
    def row(self) -> str:
        """The row of the task table."""
        return self.seed_item.partition(".")[0]


class Opinion(NamedTuple):
    """A supervision opinion, and the agency's report on it (row 22, D-SUP-02)."""

    issued: Fact
    due: int  # Days since 1970-01-01.
    report: Fact | None
    state: str


def reform_tasks(facts: Sequence[Fact], at: int) -> list[Task]:
    """Return the tasks by row, item and level; a later plan replaces an earlier one."""
    planned = _by_task(facts, "ReformTaskPlanned")
    completed = _by_task(facts, "ReformTaskCompleted")
    tasks = []
    for (item, level), plan in planned.items():
        done, due = completed.get((item, level)), plan.value("due")
        is_late = done is not None and done.value("at") > due
        state = _state(is_done=done is not None, is_late=is_late, due=due, at=at)
        tasks.append(Task(item, level, due, plan, done, state))
    return sorted(tasks, key=_task_order)


def opinions(facts: Sequence[Fact], at: int) -> list[Opinion]:
    """Return the opinions, the newest first; only the addressed agency's report counts."""
    reports: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        if fact.row.event_type == "RectificationReported":
            key = (fact.value("opinionEventId"), fact.row.agency_id)
            reports.setdefault(key, fact)
    found = []
    for fact in facts:
        if fact.row.event_type == "SupervisionOpinionIssued":
            due = fact.value("due")
            report = reports.get((fact.row.event_id, fact.row.agency_id))
            is_late = report is not None and report.row.occurred_at >= day_begins(due + 1)
            state = _state(is_done=report is not None, is_late=is_late, due=due, at=at)
            found.append(Opinion(fact, due, report, state))
    return found[::-1]


def _state(*, is_done: bool, is_late: bool, due: int, at: int) -> str:
    """Return the state of something that may be done until the end of the day ``due``."""
    if is_done:
        return DONE_LATE if is_late else DONE
    return OVERDUE if at >= day_begins(due + 1) else OPEN


def _by_task(facts: Sequence[Fact], event_type: str) -> dict[tuple[str, str], Fact]:
    """Return the last act of a type for each item and level."""
    return {
        (fact.value("seedItem"), fact.value("level")): fact
        for fact in facts
        if fact.row.event_type == event_type
    }


def _task_order(task: Task) -> tuple[list[tuple[int, str]], int]:
    """Return 2.1 before 10.1, and the province before the county."""
    parts = [
        (int(part), "") if part.isdecimal() else (0, part) for part in task.seed_item.split(".")
    ]
    return parts, _LEVELS.index(task.level)
