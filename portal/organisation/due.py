"""What is due of organisations, as documents: reform tasks, opinions, training hours.

Read before: ``declared``, ``projections/organisation/tasks.py``. Read next:
``portal/api/organisation.py``.
"""

from __future__ import annotations

from typing import Any

from portal.organisation.declared import agencies_at
from portal.organisation.moments import date_of, fact_document, paper_document
from portal.pages import calendar_date
from projections.organisation.projection import day_begins
from projections.organisation.tasks import opinions, reform_tasks
from projections.organisation.training import officer_hours, officers_of
from projections.organisation.view import Fact, Moment, OrganisationReader
from schemas.loader import symbol_words

Document = dict[str, Any]


def task_documents(reader: OrganisationReader, moment: Moment) -> list[Document]:
    """Return the board of reform tasks (SV-09), by row, item and level."""
    rows = reader.facts(["ReformTaskPlanned", "ReformTaskCompleted"], moment)
    return [
        {
            "row": task.row,
            "seed_item": task.seed_item,
            "level": task.level,
            "level_name": symbol_words()["AgencyLevel"].get(task.level, task.level),
            "lead": task.planned.value("lead"),
            "due": calendar_date(task.due),
            "state": task.state,
            "done_on": None
            if task.completed is None
            else calendar_date(task.completed.value("at")),
            "document": None if task.completed is None else paper_document(task.completed),
            "planned": fact_document(task.planned),
            "completed": None if task.completed is None else fact_document(task.completed),
        }
        for task in reform_tasks([Fact(row) for row in rows], moment.at)
    ]


def opinion_documents(
    reader: OrganisationReader, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return the supervision opinions, the newest first: reported on, open, or overdue."""
    types = ["SupervisionOpinionIssued", "RectificationReported"]
    facts = [Fact(row) for row in reader.facts(types, moment, agency_id)]
    names = {fact.row.agency_id: fact.value("name") for fact in agencies_at(reader, moment)}
    return [
        {
            "agency_id": one.issued.row.agency_id,
            "name": names.get(one.issued.row.agency_id),
            "stream_id": one.issued.row.stream_id,
            "document": paper_document(one.issued),
            "due": calendar_date(one.due),
            "state": one.state,
            "reported_on": None if one.report is None else date_of(one.report.row.occurred_at),
            "report": None if one.report is None else paper_document(one.report),
            "report_event_id": None if one.report is None else one.report.row.event_id,
            **fact_document(one.issued),
        }
        for one in opinions(facts, moment.at)
    ]


def training_documents(
    reader: OrganisationReader, moment: Moment, agency_id: str, first_day: int, last_day: int
) -> list[Document]:
    """Return the training hours of an agency's officers on days from first to last, by officer."""
    names = officers_of(reader, agency_id, moment)
    rows = reader.training(list(names), first_day, last_day, moment)
    return [
        {
            "officer_id": one.officer_id,
            "name": names[one.officer_id],
            "hours_held": one.held,
            "hours_completed": one.completed,
            "state": one.state,
            "trainings": [
                {
                    "source": row.source,
                    "topic": row.topic,
                    "date": calendar_date(row.day),
                    "hours": row.hours,
                    "event_id": row.event_id,
                    "log": row.log,
                    "leaf_index": str(row.leaf_index),
                }
                for row in one.trainings
            ],
        }
        for one in officer_hours(names, rows)
    ]


def training_lists(
    reader: OrganisationReader, moment: Moment, agency_id: str, first_day: int, last_day: int
) -> list[Document]:
    """Return the trainings that an agency held on days from first to last, the newest first."""
    facts = [Fact(row) for row in reader.facts(["TrainingHeld"], moment, agency_id)]
    first, end = day_begins(first_day), day_begins(last_day + 1)
    return [
        {
            "date": calendar_date(fact.value("date")),
            "topic": fact.value("topic"),
            "hours": fact.value("hours"),
            "attendees": fact.value("attendees"),
            **fact_document(fact),
        }
        for fact in reversed(facts)
        if first <= fact.row.valid_from < end
    ]
