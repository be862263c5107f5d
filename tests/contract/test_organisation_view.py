"""The organisation view answers alike from memory and from PostgreSQL, and answers right."""

from __future__ import annotations

import psycopg
import pytest

from ledger.domain.control_records import RuleSet
from ledger.domain.published_texts import parse_rule_set
from ledger.errors import TooCostlyError
from portal.organisation import declared, due
from projections.organisation.postgres import PostgresOrganisationReader
from schemas.loader import rule_set_text
from tests.support.control import published_text
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, digest
from tests.support.organisation_story import A1, A2, FIRST_DAY, TwoAgencies, moment
from tests.support.views import memory_readers, postgres_readers

RULES: RuleSet = parse_rule_set(published_text("2026.3", rule_set_text()))


@pytest.fixture(scope="module")
def ledger():
    return TwoAgencies().told()


@pytest.fixture(scope="module")
def postgres(postgres_server, ledger):
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        yield postgres_readers(connection, ledger.logs).organisation
    postgres_server.drop(name)


@pytest.fixture(scope="module")
def memory(ledger):
    return memory_readers(ledger.logs).organisation


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    return request.getfixturevalue(request.param)


def contents(reader, day, agency=AGENCY):
    document = declared.completeness_document(reader, agency, moment(day))
    return {one["content"]: one for one in document["contents"]}


@pytest.mark.parametrize(
    ("day", "there"),
    [
        (0, ""),
        (1, ""),
        (2, "SUBJECT POWERS"),
        (5, "SUBJECT OFFICERS DUTIES POWERS BASIS REMEDY ITEM_LIST"),
        (12, "SUBJECT OFFICERS DUTIES POWERS REMEDY ITEM_LIST"),
        (20, "SUBJECT OFFICERS DUTIES POWERS BASIS REMEDY ITEM_LIST"),
        (50, "OFFICERS DUTIES BASIS REMEDY ITEM_LIST"),
    ],
)
def test_a_content_is_there_or_a_gap_with_its_day(reader, day, there):
    """An item without basis opens a gap of the basis until it is retired."""
    found = contents(reader, day)

    assert [name for name, one in found.items() if one["is_there"]] == there.split()
    assert len(found) == 11
    assert all((one["gap_since"] is None) == one["is_there"] for one in found.values())


def test_a_gap_begins_when_what_made_the_content_ended(reader):
    """Revocation, an item without basis, a delegation's last day; registration if never there."""
    assert contents(reader, 50)["SUBJECT"]["gap_since"] == "2026-02-20"
    assert contents(reader, 12)["BASIS"]["gap_since"] == "2026-01-11"
    assert contents(reader, 12)["FLOWCHART"]["gap_since"] == "2026-01-01"
    assert contents(reader, 12, OTHER_AGENCY)["POWERS"]["gap_since"] == "2026-01-01"


@pytest.mark.parametrize(("day", "version"), [(3, "1"), (39, "1"), (40, "2"), (60, "2")])
def test_the_list_in_force_on_a_day_is_shown(reader, day, version):
    """The newest of that day, not today's."""
    found = contents(reader, day)["DUTIES"]["in_force"]

    assert [one["label"] for one in found] == [version]


def test_a_delegation_gives_powers_until_its_last_day(reader):
    labels = [
        [one["event_type"] for one in contents(reader, day)["POWERS"]["in_force"]]
        for day in (8, 9, 10)
    ]

    assert labels == [[*["AgencyQualificationConfirmed"], "DelegationGranted"]] * 2 + [
        ["AgencyQualificationConfirmed"]
    ]


@pytest.mark.parametrize(
    ("day", "who", "minutes"),
    [(5, A1, None), (11, A1, "纪要1"), (29, A1, "纪要2"), (30, A2, "纪要2")],
)
def test_the_responsible_person_and_the_last_meeting_of_a_day(reader, day, who, minutes):
    """With the digest of the minutes."""
    (found,) = declared.responsibility_documents(reader, moment(day), AGENCY)

    assert [one["officer_id"] for one in found["responsible"]] == [who]
    meeting = found["last_meeting"]
    assert (meeting and meeting["document"]["file_hash"]) == (minutes and digest(minutes))


def test_one_reviewer_for_37_officers_is_flagged_and_two_are_not(reader):
    """2.7 %, needs 2; before any declaration there is nothing to flag."""
    found = [
        declared.staffing_documents(reader, RULES, moment(day), AGENCY)[0] for day in (14, 15, 25)
    ]

    assert [one["flag"] for one in found] == [None, "V-LR-08", None]
    assert found[0]["declared"] is None
    assert [one["declared"]["ratio_percent"] for one in found[1:]] == ["2.7", "5.4"]
    assert [one["declared"]["required"] for one in found[1:]] == [2, 2]
    (unknown,) = declared.staffing_documents(reader, None, moment(15), AGENCY)
    assert (unknown["flag"], unknown["declared"]["required"]) == (None, None)


@pytest.mark.parametrize(
    ("day", "known", "numbers"),
    [
        (7, 7, ["误"]),
        (20, 20, ["甲局〔2026〕1号", "误"]),
        (30, 30, ["甲局〔2026〕1号"]),
        (20, 60, ["甲局〔2026〕1号", "迟报"]),
        (45, 45, ["甲局〔2026〕1号", "迟报"]),
    ],
)
def test_the_rules_in_force_on_a_day(reader, day, known, numbers):
    """Not before the day from which a rule is in force, nor what was annulled or not yet known."""
    found = declared.policy_list(reader, moment(day, known), AGENCY)

    assert sorted(one["doc_no"] for one in found) == sorted(numbers)


def test_each_equipment_document_is_there_or_a_gap(reader):
    """By agency and by category; the funding of a year beside it."""
    agencies = declared.equipment_list(reader, moment(20), None)
    (category,) = declared.equipment_categories(agencies)

    own = next(one for one in agencies if one["agency_id"] == AGENCY)
    assert {kind: bool(paper) for kind, paper in own["documents"].items()} == {
        "STANDARD": True,
        "EQUIPMENT_PLAN": False,
        "FACILITY_PLAN": False,
        "ANNUAL_PLAN": False,
    }
    assert [(plan["year"], plan["amount_fen"]) for plan in own["funding"]] == [(2026, "5000000")]
    standard = category["documents"]["STANDARD"]
    assert (standard["with_document"], standard["agencies"]) == (1, 2)
    assert (standard["newest"], standard["missing"]) == ("2026-01-10", [OTHER_AGENCY])


def test_assessments_are_listed(reader):
    found = declared.assessment_documents(reader, moment(20), AGENCY)

    assert [one["document"]["doc_no"] for one in found] == ["考评"]


@pytest.mark.parametrize(
    ("day", "known", "number"),
    [
        (59, 59, "考评"),
        (60, 60, "考评二"),
        (20, 60, "考评二"),
        (62, 62, "考评三"),
        (63, 63, "考评三"),
        (64, 64, "考评二"),
        (66, 66, "考评"),
    ],
)
def test_a_corrected_act_reads_as_its_last_correction_known_then(reader, day, known, number):
    """Until that is annulled; a stranger corrects nothing."""
    found = declared.assessment_documents(reader, moment(day, known), AGENCY)

    assert [one["document"]["doc_no"] for one in found] == [number]


def test_a_corrected_list_names_whom_it_names_now(reader):
    """Nobody at last: then nobody was there, and the list itself says so."""
    span = (FIRST_DAY, FIRST_DAY + 364)
    found = {
        day: [
            one["hours_held"] for one in due.training_documents(reader, moment(day), AGENCY, *span)
        ]
        for day in (60, 61, 63)
    }

    assert found == {60: [8, 8], 61: [0, 6], 63: [0, 0]}
    (held,) = due.training_lists(reader, moment(63), AGENCY, *span)
    assert (held["hours"], held["attendees"]) == (6, 0)


def test_hours_of_lists_are_held_against_hours_of_records(reader):
    """An officer listed twice was there once; last year's training is not this year's."""
    span = (FIRST_DAY, FIRST_DAY + 364)
    found = due.training_documents(reader, moment(20), AGENCY, *span)

    assert [
        (one["name"], one["hours_held"], one["hours_completed"], one["state"]) for one in found
    ] == [
        ("王一", 8, 8, "MATCH"),
        ("李二", 8, 0, "NOT_RECORDED"),
        ("张三", 0, 6, "NOT_LISTED"),
    ]
    after = due.training_documents(reader, moment(40), AGENCY, *span)
    assert [one["name"] for one in after] == ["王一", "李二"]
    moved = due.training_documents(reader, moment(40), OTHER_AGENCY, *span)
    assert [(one["name"], one["state"]) for one in moved] == [("张三", "NOT_LISTED")]
    (held,) = due.training_lists(reader, moment(20), AGENCY, *span)
    assert (held["hours"], held["attendees"]) == (8, 3)


@pytest.mark.parametrize(
    ("day", "state"), [(12, "OPEN"), (20, "OPEN"), (21, "OVERDUE"), (28, "DONE_LATE")]
)
def test_an_opinion_is_reported_on_or_overdue(reader, day, state):
    """A report of another agency is none; the day that is due is still in time."""
    (found,) = due.opinion_documents(reader, moment(day), AGENCY)

    assert found["state"] == state
    assert (found["report_event_id"] is not None) == (state == "DONE_LATE")


def test_the_board_of_reform_tasks(reader):
    """By row and level; late is late even when it is done."""
    early, late = (
        [
            (one["seed_item"], one["level"], one["state"])
            for one in due.task_documents(reader, moment(day))
        ]
        for day in (9, 31)
    )

    assert early == [
        ("2.3", "PROVINCE", "DONE_LATE"),
        ("2.3", "CITY", "OPEN"),
        ("10.1", "CITY", "OPEN"),
    ]
    assert [state for _, _, state in late] == ["DONE_LATE", "OVERDUE", "OVERDUE"]


def test_a_question_that_too_many_acts_concern_is_refused(postgres_server, ledger):
    """Rather than folded for ever; of one agency it is answered."""
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        postgres_readers(connection, ledger.logs)
        few = PostgresOrganisationReader(connection, rows_max=1, agency_rows_max=3)
        assert len(few.facts(["AgencyRegistered"], moment(9), AGENCY)) == 1
        with pytest.raises(TooCostlyError, match="more than 1"):
            few.facts(["AgencyRegistered"], moment(9))
        types = ["AgencyRegistered", "ResponsibilityAssigned", "FundingPlanAdopted"]
        assert 1 < len(few.facts(types, moment(9), AGENCY)) <= 3
        with pytest.raises(TooCostlyError, match="more than 3"):
            few.facts([*types, "EquipmentStandardAdopted"], moment(9), AGENCY)
    postgres_server.drop(name)
