"""Deadlines of agencies in the view: alike from memory and PostgreSQL, and as the engine has them."""

import psycopg
import pytest

from consumers.project import FactsFollower
from consumers.rebuild import compare_view
from ledger.chain.act import decode_act
from ledger.chain.ids import uuid_text
from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG
from portal.deadline_list import deadline_list, find_deadline
from portal.deadlines import Reckoning
from projections.deadlines.memory import MemoryDeadlineReader
from projections.deadlines.postgres import PostgresDeadlineReader
from projections.deadlines.projection import DeadlineProjection
from projections.deadlines.view import DeadlineQuery
from tests.support.agency_story import KEEPER, AgencyStory
from tests.support.deadline_story import control_at
from tests.support.deadlines import instant
from tests.support.ledger_copy import AGENCY, OPERATOR, OTHER_AGENCY, MemorySource, digest
from tests.support.views import drain, empty_view, memory_view

OWN, OTHERS = f"agency:{AGENCY}", f"agency:{OTHER_AGENCY}"
NOW = instant("2026-04-08 09:00")
LISTS, YEARLY, STAFF = "D-DIS-05", "D-ORG-01", "D-ORG-02"
PUBLISHED, SUBMITTED = "StatisticsReportPublished", "StatisticsReportSubmitted"


class Told:
    """One agency that is late with some and has others to do, one that did all, one revoked."""

    def __init__(self):
        self.story = story = AgencyStory()
        for agency in (AGENCY, OTHER_AGENCY):
            story.begin(agency)
        story.act("StaffingDeclared", "2026-01-05 10:00", OTHERS, agency_id=OTHER_AGENCY)
        report = {"payload": {"year": 2025}, "agency_id": OTHER_AGENCY}
        story.act(PUBLISHED, "2026-01-20 10:00", "stat:other", **report)
        story.act(SUBMITTED, "2026-01-20 10:01", "stat:other", **report)
        own = {"payload": {"year": 2025}}
        story.act(PUBLISHED, "2026-01-21 10:00", "stat:own", **own)
        wrong = story.act(SUBMITTED, "2026-01-21 10:01", "stat:own", payload={"year": 2024})
        story.close("2026-02-05 08:00")
        # What came too late: nothing is to be done of it, and it is on record.
        story.act("StaffingDeclared", "2026-02-06 10:00", OWN)
        said = {"year": 2025, "tablesHash": digest("tables"), "to": [OPERATOR]}
        story.correct("2026-02-07 10:00", "stat:own", wrong, SUBMITTED, **said)
        officer = {"name": "甲", "agencyId": AGENCY, "category": "ENFORCEMENT"}
        story.act("OfficerRegistered", "2026-02-09 09:00", "officer:9", payload=officer, **KEEPER)
        issued = {"regionCode": "430100", "scope": ["PENALTY"]}
        story.act("CredentialIssued", "2026-02-09 10:00", "officer:9", payload=issued, **KEEPER)
        shown = {"view": "EX_ANTE"}
        self.shown = story.act(
            "DisclosurePublished", "2026-02-20 10:00", "case:1", "1", payload=shown
        )
        story.act("EnforcementItemRegistered", "2026-03-30 10:00", "item:1")
        story.act("EnforcementItemRegistered", "2026-03-30 11:00", "item:2")
        story.close("2026-04-08 08:00")
        self.ledger = story.ledger
        self.state: ControlState = control_at(self.ledger, len(self.ledger.logs[CONTROL_LOG]))

    def reckoning(self, now=NOW):
        return Reckoning(now, self.state)


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


def found(reader, told, query=None, now=NOW, limit=50, after=None):
    return deadline_list(reader, query or DeadlineQuery(), told.reckoning(now), limit, after).rows


def test_what_is_to_be_done_and_in_how_many_working_days(reader, told):
    """A quarter that is over, and two items of one day; nothing that came, however late."""
    rows = found(reader, told)
    shown = [(row.stream_id, row.deadline_id, row.state, row.is_outstanding) for row in rows]
    assert sorted(shown) == [
        (OWN, LISTS, "OPEN", True),
        (OWN, STAFF, "OPEN", True),
        (OTHERS, STAFF, "OPEN", True),
    ]
    (quarter,) = (row for row in rows if (row.stream_id, row.deadline_id) == (OWN, STAFF))
    document = told.reckoning().document(quarter)
    assert (document["due_day"], document["period_end"]) == ("2026-04-15", "2026-03-31")
    assert (document["remaining_working_days"], document["overdue"]) == (5, False)
    assert all(row.is_overdue(instant("2026-06-30 09:00")) for row in rows)


def test_what_was_missed_is_on_record(reader, told):
    """As the engine said it: with its id, its due instant, and what it rests on."""
    missed = {decode_act(act).aggregate_id.removeprefix("deadline:") for act in told.story.missed()}
    rows = found(reader, told, DeadlineQuery(is_any=True, state="MISSED"))
    assert {row.instance_id for row in rows} == missed
    shown = {(row.stream_id, row.deadline_id, row.is_outstanding) for row in rows}
    assert shown == {(OWN, STAFF, False), (OWN, YEARLY, False)}
    assert {(row.trigger_type, row.period) for row in rows} == {("AgencyRegistered", "20453")}


def test_what_is_missed_and_not_done_stays_to_be_done(reader, told):
    """Before the declaration and the correction came: two on record, two to be done."""
    earlier = instant("2026-02-05 09:00")
    overdue = found(reader, told, DeadlineQuery(is_overdue=True, agency_id=AGENCY), earlier)
    assert overdue == []  # The view knows more by now.
    rows = found(reader, told, DeadlineQuery(is_overdue=True), instant("2026-05-20 09:00"))
    assert sorted(row.deadline_id for row in rows) == [LISTS, STAFF, STAFF]


@pytest.mark.parametrize(
    "query",
    [
        DeadlineQuery(),
        DeadlineQuery(is_any=True),
        DeadlineQuery(is_overdue=True),
        DeadlineQuery(agency_id=AGENCY),
        DeadlineQuery(stream_id=OTHERS, is_any=True),
        DeadlineQuery(stream_id="case:1", is_any=True),
        DeadlineQuery(deadline_id=STAFF, is_any=True),
        DeadlineQuery(due_before=instant("2026-04-16 09:00"), is_any=True),
        DeadlineQuery(state="MISSED", is_any=True, agency_id=AGENCY),
        DeadlineQuery(agency_id="nobody"),
    ],
)
def test_both_answer_alike(memory, postgres, told, query):
    for now in (instant("2026-01-10 09:00"), NOW, instant("2027-12-01 09:00")):
        assert found(postgres, told, query, now) == found(memory, told, query, now)


def test_pages_follow_each_other_without_gap_or_overlap(reader, told):
    """One a page, to the end; each is found by its id."""
    query, seen, after = DeadlineQuery(is_any=True), [], None
    while True:
        page = deadline_list(reader, query, told.reckoning(), 1, after)
        seen += page.rows
        after = page.next_cursor
        if after is None:
            break
    assert seen == found(reader, told, query)
    assert len(seen) == 5
    for row in seen:
        assert find_deadline(reader, row.instance_id, told.reckoning()) == row
    assert find_deadline(reader, "0" * 64, told.reckoning()) is None


def test_the_engine_judges_what_the_view_shows(told):
    """Once it is due: the same ids, the same due instants, the same triggers."""
    rows = found(
        MemoryDeadlineReader(
            memory_view(DeadlineProjection(), MemorySource(told.ledger.logs)).rows
        ),
        told,
    )
    later = told.story.branched()
    acts = [decode_act(act) for act in later.close("2026-06-01 08:00")]
    judged = {act.aggregate_id: (act.occurred_at, uuid_text(act.causation_id)) for act in acts}
    assert judged == {
        f"deadline:{row.instance_id}": (row.due_at, row.trigger_event_id) for row in rows
    }


def test_a_publication_that_is_annulled_shows_nothing(told):
    """The credential of an officer of the agency: due, since nothing shows it any more."""
    later = told.story.branched()
    later.annul("2026-04-08 08:30", "case:1", told.shown, "1")
    (act,) = (decode_act(act) for act in later.close("2026-04-10 08:00"))
    rows = memory_view(DeadlineProjection(), MemorySource(later.ledger.logs)).rows
    shown = found(MemoryDeadlineReader(rows), told, DeadlineQuery(deadline_id=LISTS))
    assert [row.trigger_type for row in shown] == ["CredentialIssued", "EnforcementItemRegistered"]
    assert shown[0].missed_on_record
    assert act.aggregate_id == f"deadline:{shown[0].instance_id}"


def test_a_replay_gives_the_same_rows(view, told):
    """What was taken in three entries at a time, compared with a replay in one go."""
    source = MemorySource(told.ledger.logs)
    assert compare_view(view, source, FactsFollower(source)).is_equal
