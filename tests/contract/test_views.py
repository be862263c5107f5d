"""Every view answers alike from memory and from PostgreSQL, and answers right.

One story is told to both; each test asks a question and knows the answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ledger.chain.act import Actor
from ledger.errors import RejectedError
from projections.case_replay.view import AsOf
from projections.disclosure.view import PageQuery, PageRow, TombstoneRow
from tests.support.disclosure_story import DAY, Case, register_agencies
from tests.support.ledger_copy import (
    AGENCY,
    OTHER_AGENCY,
    SECOND,
    START,
    LedgerCopy,
    digest,
    sample,
)
from tests.support.views import Readers, memory_readers, postgres_readers

NOW = START + 5 * DAY
TODAY = NOW // DAY
COMPANY = {"partyType": "LEGAL", "name": "湘江样例化工有限公司", "uscc": "91430100MAFCT002X4"}
PERSON = {"partyType": "NATURAL", "ageBand": "ADULT", "name": None, "nameCommitment": bytes(32)}


class Story:
    """What happened; the same entries for both kinds of views."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy()
        register_agencies(self.ledger)
        for number, name in enumerate(("王一范", "李二范", "王一范"), start=1):
            self._register_officer(f"officer:430100-000{number}", name, f"1801000{number}")
        self.shown = self._case(1)
        self.shown.published()
        self.shown.retrieved()
        self.updated = self._case(2, party=COMPANY)
        self.updated.published(until=TODAY + 1)
        self.updated.updated(until=TODAY + 1)
        self.person = self._case(3, "1", party=PERSON)
        self.person.published()
        self.person.retrieved(approved=False)
        self.revoked = self._case(4, "1")
        self.revoked.published()
        self.revoked.withdrawn("REVOKED")
        self.wrong = self._case(5, "1")
        self.wrong.published()
        self.wrong.withdrawn("WRONGLY_PUBLISHED")
        self.sealed = self._case(6)
        self.sealed.published()
        self.sealed.withdrawn("SEALED")
        self.expired = self._case(7)
        self.expired.published()
        self.expired.act("DisclosureExpired", self.expired.disclosure, at=NOW)
        self.past = self._case(8)
        self.past.published(until=TODAY - 1)
        self.draft = self._case(9)
        self.draft.drafted()
        self.other = Case(self.ledger, 10, "1")
        self.other.agency = OTHER_AGENCY
        self.other.filed()
        self.other.decided()
        self.withheld = self._case(11)
        self.withheld.act(
            "DisclosureWithheld",
            self.withheld.disclosure,
            sourceEventId=self.withheld.decision_id,
            ground="MINOR_PARTY",
        )
        self.offline = self._case(12)
        self.offline.act(
            "OfflineAccessReported", "retrieval:12", who="officer:7", what="doc:1", at=NOW
        )
        self.judged = self._case(13)
        for case, result, due in ((self.withheld, "MUST_NOT", None), (self.judged, "MUST", TODAY)):
            case.act(
                "DisclosureObligationAssessed",
                f"disclosure:of:{case.number}",  # As the platform says it by itself.
                sourceEventId=case.decision_id,
                channel="PORTAL",
                result=result,
                dueDate=due,
            )

    def _register_officer(self, officer_id: str, name: str, credential_no: str) -> None:
        registered = sample("OfficerRegistered", name=name, agencyId=AGENCY)
        self.ledger.add("OfficerRegistered", registered, stream=officer_id, agency_id=AGENCY)
        issued = sample("CredentialIssued", credentialNo=credential_no, scope=["PENALTY"])
        self.ledger.add("CredentialIssued", issued, stream=officer_id, agency_id=AGENCY)

    def _case(self, number: int, log: str = "0", **decision: object) -> Case:
        case = Case(self.ledger, number, log, **decision)
        case.filed()
        case.decided()
        return case


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture(scope="module")
def postgres(postgres_server, story: Story) -> Iterator[Readers]:
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        yield postgres_readers(connection, story.ledger.logs)
    postgres_server.drop(name)


@pytest.fixture(scope="module")
def memory(story: Story) -> Readers:
    return memory_readers(story.ledger.logs)


@pytest.fixture(params=["memory", "postgres"])
def readers(request: pytest.FixtureRequest) -> Readers:
    return request.getfixturevalue(request.param)


def ids(rows: object) -> set[str]:
    return {row.disclosure_id for row in rows}  # type: ignore[attr-defined]


def test_only_published_records_within_their_days_are_found(readers: Readers):
    """Drafts, withdrawn, expired, withheld ones and those past their last day are not there."""
    found = readers.disclosure.search(PageQuery(), NOW, 50)
    assert ids(found.rows) == {"disclosure:1", "disclosure:2", "disclosure:3"}
    assert found.next_cursor is None


def test_the_last_day_is_shown_whole_and_the_next_is_not(readers: Readers):
    """Days are days in China: the last one ends at 16:00 UTC."""
    assert readers.disclosure.page("disclosure:2", (TODAY + 1) * DAY + 16 * 3600 * SECOND - 1)
    assert readers.disclosure.page("disclosure:2", (TODAY + 1) * DAY + 16 * 3600 * SECOND) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (PageQuery(organisation="示范"), {"disclosure:1"}),
        (PageQuery(organisation="化工"), {"disclosure:2"}),
        (PageQuery(organisation="91430100mafct002x4"), {"disclosure:2"}),
        (PageQuery(organisation="市场"), set()),
        (PageQuery(organisation="长沙市"), set()),
        (PageQuery(agency="市场监督"), {"disclosure:1", "disclosure:2", "disclosure:3"}),
        (PageQuery(agency="生态环境"), set()),
        (PageQuery(agency_id=AGENCY), {"disclosure:1", "disclosure:2", "disclosure:3"}),
        (PageQuery(agency_id=OTHER_AGENCY), set()),
        (PageQuery(doc_no="长市监处罚〔2026〕2号"), {"disclosure:2"}),
        (PageQuery(doc_no="长市监处罚[2026]3号"), {"disclosure:3"}),
        (PageQuery(doc_no="2026"), {"disclosure:1", "disclosure:2", "disclosure:3"}),
        (PageQuery(text="过保质期"), {"disclosure:1", "disclosure:2", "disclosure:3"}),
        (PageQuery(text="样例", agency="监督管理局"), {"disclosure:2"}),
        (PageQuery(text="例样"), set()),
        (PageQuery(view="LICENCE"), set()),
        (PageQuery(text="' & %_\\2026"), {"disclosure:1", "disclosure:2", "disclosure:3"}),
    ],
)
def test_records_are_found_by_number_agency_and_organisation(
    readers: Readers, query: PageQuery, found: set[str]
):
    """Two characters suffice; brackets do not matter."""
    assert ids(readers.disclosure.search(query, NOW, 50).rows) == found


@pytest.mark.parametrize(
    "query", [PageQuery(text="食"), PageQuery(doc_no="1", agency="市场"), PageQuery(agency="〔〕")]
)
def test_a_text_too_short_to_search_by_is_no_search(readers: Readers, query: PageQuery):
    """Left out, it would answer another question with the whole list."""
    with pytest.raises(RejectedError):
        readers.disclosure.search(query, NOW, 50)
    with pytest.raises(RejectedError):
        readers.disclosure.tombstones(query, 50)


def test_a_list_is_read_to_its_end_page_by_page(readers: Readers):
    """Newest first, each record once."""
    seen, after = [], None
    while True:
        page = readers.disclosure.search(PageQuery(), NOW, 1, after)
        seen += [row.disclosure_id for row in page.rows]
        after = page.next_cursor
        if after is None:
            break
    assert seen == ["disclosure:3", "disclosure:2", "disclosure:1"]


def test_a_page_shows_the_newest_version(readers: Readers):
    """An update replaces the hash and keeps the day of first publication."""
    page = readers.disclosure.page("disclosure:2", NOW)
    assert isinstance(page, PageRow)
    assert (page.version, page.content_hash) == (2, digest("2/2"))
    assert page.published_at == START + 2 * SECOND
    assert page.updated_at == START + DAY
    assert page.agency_name == "长沙市市场监督管理局"
    assert page.org_name == COMPANY["name"]


def test_a_natural_person_has_no_name_in_the_view(readers: Readers):
    """What is public of the name is in the record's bytes only."""
    page = readers.disclosure.page("disclosure:3", NOW)
    assert (page.org_name, page.uscc, page.party_type) == (None, None, "NATURAL")


def test_a_withdrawn_record_leaves_a_tombstone_without_the_party(readers: Readers):
    """Found by document number for ever, never by the organisation."""
    stone = readers.disclosure.page("disclosure:4", NOW)
    assert isinstance(stone, TombstoneRow)
    assert (stone.doc_no, stone.ground) == ("长市监处罚〔2026〕4号", "REVOKED")
    assert stone.public_reason == "原处罚决定已被撤销"
    assert not any("示范" in str(value) for value in stone)
    by_number = readers.disclosure.tombstones(PageQuery(doc_no="2026〕4号"), 50)
    assert ids(by_number.rows) == {"disclosure:4"}
    assert not readers.disclosure.tombstones(PageQuery(organisation="示范"), 50).rows


def test_a_wrongly_published_record_leaves_no_number(readers: Readers):
    """The number itself may identify a person."""
    stone = readers.disclosure.page("disclosure:5", NOW)
    assert isinstance(stone, TombstoneRow)
    assert stone.doc_no is None
    assert not readers.disclosure.tombstones(PageQuery(doc_no="2026〕5号"), 50).rows


@pytest.mark.parametrize("number", [6, 7, 8, 9, 11, 99])
def test_sealed_expired_drafted_withheld_and_unknown_leave_nothing(readers: Readers, number: int):
    """The public cannot tell them from what never was."""
    assert readers.disclosure.page(f"disclosure:{number}", NOW) is None


def test_old_versions_stay_for_auditors(readers: Readers):
    """Every public act has a line with its hash."""
    lines = readers.disclosure.versions("disclosure:2")
    assert [(line.event_type, line.version) for line in lines] == [
        ("DisclosurePublished", 1),
        ("DisclosureUpdated", 2),
    ]
    assert lines[1].changed_fields == "/fields/CF_NR"


def test_clerks_see_the_state_of_every_disclosure(readers: Readers):
    """By state and agency, newest change first."""
    drafts = readers.disclosure.register(AGENCY, ["DRAFT", "APPROVED"], 50)
    assert [row.disclosure_id for row in drafts.rows] == ["disclosure:9"]
    withheld = readers.disclosure.disclosure("disclosure:11")
    assert (withheld.state, withheld.ground) == ("WITHHELD", "MINOR_PARTY")
    assert withheld.obligation == "MUST_NOT"  # Said after it was withheld.
    assert readers.disclosure.disclosure("disclosure:of:11") is None
    assert not readers.disclosure.register(OTHER_AGENCY, ["DRAFT"], 50).rows


def test_decisions_that_nobody_began_to_disclose_are_listed(readers: Readers, story: Story):
    """The list a clerk starts from."""
    waiting = {row.event_id for row in readers.disclosure.undisclosed(None, 50).rows}
    judged = story.judged
    assert waiting == {
        story.other.decision_uuid,
        story.offline.decision_uuid,
        judged.decision_uuid,
    }
    duty = readers.disclosure.duty(judged.stream, judged.decision_uuid)
    assert (duty.obligation, duty.due_date, duty.disclosure_id) == ("MUST", TODAY, None)
    assert readers.disclosure.duty(story.other.stream, story.other.decision_uuid) is None
    decision = readers.disclosure.decision(story.other.stream, story.other.decision_uuid)
    assert decision.agency_name == "长沙市生态环境局"
    assert decision.penalty_kinds == "FINE"


def test_a_case_is_replayed_as_it_stood(readers: Readers, story: Story):
    """By version, by what was received, by what had occurred."""
    stream = story.shown.stream
    rows = readers.case_replay.entries(stream)
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    assert [row.cn for row in rows[:3]] == ["线索登记", "立案", "行政处罚决定"]
    third = rows[2]
    assert readers.case_replay.entries(stream, AsOf(version=3)) == rows[:3]
    assert readers.case_replay.entries(stream, AsOf(received_at=third.received_at)) == rows[:3]
    assert (
        readers.case_replay.entries(stream, AsOf(occurred_at=third.act.occurred_at - 1)) == rows[:2]
    )
    assert readers.case_replay.entries(stream, after_version=1, limit=1) == rows[1:2]
    assert readers.case_replay.entry(third.event_id) == third
    assert third.act.actors == (Actor("officer:1", "18010017", "HANDLER"),)
    assert third.act.event_type == "PenaltyDecisionMade"


def test_cases_are_listed_and_found_by_number(readers: Readers, story: Story):
    """By agency, by case number, by document number."""
    listed = readers.case_replay.matters(None, 50).rows
    assert len(listed) == 13
    assert [row.last_received_at for row in listed] == sorted(
        (row.last_received_at for row in listed), reverse=True
    )
    of_other = readers.case_replay.matters(OTHER_AGENCY, 50).rows
    assert [row.stream_id for row in of_other] == [story.other.stream]
    for number in ("长市监案〔2026〕2号", "长市监处罚〔2026〕2号"):
        assert [row.stream_id for row in readers.case_replay.find(number)] == [story.updated.stream]
    matter = readers.case_replay.matter(story.updated.stream)
    assert (matter.stage, matter.org_name, matter.item_code) == (
        "DECIDED",
        COMPANY["name"],
        "HN-SJ-01",
    )
    assert matter.entries == len(readers.case_replay.entries(story.updated.stream))


def test_the_retrieval_log_says_who_why_on_whose_approval_and_how_long(readers: Readers):
    """One line an access; the request's purpose and the approval are on it."""
    access = readers.retrieval.accesses_of("retrieval:1")[0]
    assert (access.kind, access.who, access.target) == ("VIEW", "officer:9", "media:1")
    assert (access.purpose, access.approver, access.org) == (
        "SUPERVISION",
        "officer:8",
        OTHER_AGENCY,
    )
    assert (access.started_at, access.ended_at, access.bytes_sent) == (
        START + DAY,
        START + 2 * DAY,
        17,
    )
    retrieval = readers.retrieval.retrieval("retrieval:1")
    assert (retrieval.state, retrieval.outcome, retrieval.accesses) == ("CLOSED", "COMPLETED", 1)


def test_unapproved_accesses_are_listed_and_refused_ones_told_apart(readers: Readers):
    """What was reported afterwards without approval is an access; what was refused is none."""
    unapproved = readers.retrieval.accesses(None, 50, unapproved=True).rows
    assert [(row.kind, row.who) for row in unapproved] == [("OFFLINE", "officer:7")]
    denied = readers.retrieval.accesses_of("retrieval:3")
    assert [(row.kind, row.approver) for row in denied] == [("DENIED", None)]
    assert readers.retrieval.retrieval("retrieval:3").denials == 1
    kinds = {row.kind for row in readers.retrieval.accesses("officer:9", 50).rows}
    assert kinds == {"DENIED", "VIEW"}


def test_retrievals_are_listed_by_state_and_matter(readers: Readers, story: Story):
    """Most recently changed first."""
    open_ones = readers.retrieval.retrievals(["REQUESTED"], 50).rows
    assert [row.retrieval_id for row in open_ones] == ["retrieval:3"]
    assert len(readers.retrieval.retrievals(None, 50).rows) == 3
    assert [row.retrieval_id for row in readers.retrieval.of_stream(story.shown.stream)] == [
        "retrieval:1"
    ]
    assert len(readers.retrieval.accesses_of_stream(story.offline.stream)) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王一范", ["officer:430100-0001", "officer:430100-0003"]),
        ("18010002", ["officer:430100-0002"]),
        ("王一", []),
        ("1801000", []),
    ],
)
def test_an_officer_is_found_by_the_whole_name_or_credential(
    readers: Readers, text: str, found: list[str]
):
    """A part of either finds nobody: a register is no list to fish in."""
    rows = readers.registers.find_officers(text, 20)
    assert [row.officer_id for row in rows] == found
    assert len(readers.registers.find_officers("王一范", 1)) == 1


def test_registers_show_agencies_logs_and_schemas(readers: Readers):
    """As recorded last in the control log."""
    agency = readers.registers.agency(AGENCY)
    assert (agency.name, agency.is_qualified, agency.scope) == (
        "长沙市市场监督管理局",
        True,
        "PENALTY",
    )
    assert [row.agency_id for row in readers.registers.agencies()] == sorted([AGENCY, OTHER_AGENCY])
    assert [row.log for row in readers.registers.logs()] == ["control", "0", "1"]
    assert [row.what for row in readers.registers.log_keys()] == ["BIRTH"] * 3
    assert readers.registers.schema("CaseFiled", 1).cn == "立案"
    assert len(readers.registers.schemas()) > 200
