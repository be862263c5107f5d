"""The view of deadlines answers alike from memory and from PostgreSQL, and answers right."""

import psycopg
import pytest

from consumers.project import FactsFollower
from consumers.rebuild import compare_view
from ledger.domain.control_records import DAY_MICROS
from projections.deadlines.memory import MemoryDeadlineReader
from projections.deadlines.postgres import PostgresDeadlineReader
from projections.deadlines.projection import DeadlineProjection
from projections.deadlines.view import STATES, DeadlineQuery
from tests.support.deadline_story import Story
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, START, MemorySource
from tests.support.views import drain, empty_view, memory_view

NOW = START + 60 * DAY_MICROS
SEIZURE, REVIEW = "D-COE-02", "D-LR-01"


class Told:
    """Four matters: one in time, one paused, one missed and cured, one of another agency."""

    def __init__(self):
        story = Story()
        story.rules()
        story.calendar(2026)
        story.act("LeadRegistered", 0)
        story.act("CaseFiled", 0)
        story.act("LegalReviewAccepted", 1)
        story.act("LegalReviewMaterialsReturned", 1)
        story.act("LeadRegistered", 2)
        story.act("MeasureImposed", 2, agency_id=AGENCY)
        story.act("LeadRegistered", 3, agency_id=OTHER_AGENCY)
        story.wait(40)
        story.act("CaseFiled", 2)
        story.act("InquiryRecorded", 2)
        story.act("MeasureImposed", 0)
        story.act("MeasureExtended", 0, payload={"newUntil": (NOW + 9 * DAY_MICROS) // DAY_MICROS})
        self.ledger = story.ledger


@pytest.fixture(scope="module")
def told():
    return Told()


@pytest.fixture(scope="module")
def connection(postgres_server):
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        yield connection
    postgres_server.drop(name)


@pytest.fixture(scope="module")
def view(connection, told):
    view = empty_view(DeadlineProjection(), connection)
    drain(view, MemorySource(told.ledger.logs), entries_max=3)
    return view


@pytest.fixture(scope="module")
def memory(told):
    return MemoryDeadlineReader(
        memory_view(DeadlineProjection(), MemorySource(told.ledger.logs)).rows
    )


@pytest.fixture(scope="module")
def postgres(view, connection):
    return PostgresDeadlineReader(connection)


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    return request.getfixturevalue(request.param)


def found(reader, query, now=NOW):
    return [(row.stream_id, row.deadline_id) for row in reader.deadlines(query, now, 50).rows]


def test_what_is_to_be_done_comes_by_its_due_instant(reader):
    """A duty whose time is over stands first, what is paused last; what is met is not there."""
    rows = reader.deadlines(DeadlineQuery(), NOW, 50).rows
    dues = [row.due_at for row in rows]

    assert [row.is_overdue(NOW) for row in rows] == sorted(
        (row.is_overdue(NOW) for row in rows), reverse=True
    )
    assert rows[0].is_overdue(NOW)
    assert dues[:-1] == sorted(dues[:-1])
    assert (rows[-1].stream_id, rows[-1].deadline_id, dues[-1]) == ("case:1", REVIEW, None)
    assert ("case:0", "D-PEN-01") not in found(reader, DeadlineQuery())


@pytest.mark.parametrize(
    "query",
    [
        DeadlineQuery(is_overdue=True),
        DeadlineQuery(agency_id=OTHER_AGENCY),
        DeadlineQuery(deadline_id=SEIZURE),
        DeadlineQuery(stream_id="case:2"),
        DeadlineQuery(stream_id="case:2", is_any=True),
        DeadlineQuery(due_before=START + 30 * DAY_MICROS),
        DeadlineQuery(is_any=True),
        DeadlineQuery(is_any=True, agency_id=AGENCY),
        DeadlineQuery(is_any=True, is_overdue=True),
        *(DeadlineQuery(state=state, is_any=True) for state in STATES),
    ],
)
def test_both_answer_alike(memory, postgres, query):
    """Each question, at three moments."""
    for now in (START, NOW, NOW + 900 * DAY_MICROS):
        expected = memory.deadlines(query, now, 50)
        assert postgres.deadlines(query, now, 50) == expected


def test_states_are_those_of_the_newest_entry(reader):
    """Filed in time, filed late, paused, extended."""
    state_of = {
        (row.stream_id, row.deadline_id): row
        for row in reader.deadlines(DeadlineQuery(is_any=True), NOW, 50).rows
    }
    assert state_of["case:0", "D-PEN-01"].state == "MET"
    late = state_of["case:2", "D-PEN-01"]
    assert (late.state, late.missed_on_record, late.is_outstanding) == ("MISSED", True, False)
    seized = state_of["case:2", SEIZURE]
    assert (seized.state, seized.fulfilled_by, seized.is_outstanding) == ("MISSED", None, True)
    # Nothing came in this matter since, so it is open there; asked at a moment, it is overdue.
    silent = state_of["case:3", "D-PEN-01"]
    assert (silent.state, silent.is_overdue(NOW), silent.agency_id) == ("OPEN", True, OTHER_AGENCY)
    assert state_of["case:0", SEIZURE].extensions == 1
    assert [(it.length, it.unit) for it in (late, seized)] == [(15, "WD"), (30, "CD")]


def test_pages_follow_each_other_without_gap_or_overlap(reader):
    """Two a page, to the end."""
    query, seen, after = DeadlineQuery(is_any=True), [], None
    while True:
        page = reader.deadlines(query, NOW, 2, after)
        seen += page.rows
        after = page.next_cursor
        if after is None:
            break
    assert seen == list(reader.deadlines(query, NOW, 50).rows)
    assert reader.deadline(seen[0].instance_id) == seen[0]
    assert reader.deadline("0" * 64) is None


def test_a_replay_gives_the_same_rows(view, told):
    """What was taken in three entries at a time, compared with a replay in one go."""
    source = MemorySource(told.ledger.logs)
    assert compare_view(view, source, FactsFollower(source)).is_equal
