"""The disclosure view hears corrected and annulled decisions, in memory and in PostgreSQL alike."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.ids import uuid_text
from projections.disclosure.memory import MemoryDisclosureReader
from projections.disclosure.postgres import PostgresDisclosureReader
from projections.disclosure.projection import DisclosureProjection
from projections.disclosure.view import PageQuery
from tests.support.correcting import correction
from tests.support.disclosure_story import DAY, TYPES, Case, register_agencies
from tests.support.ledger_copy import START, LedgerCopy, MemorySource
from tests.support.views import drain, empty_view, memory_view, stored_digest

NOW = START + DAY
NEW = {"doc": {"docNo": "长市监处罚〔2026〕更1号", "docDate": 20_751}, "violationType": "虚假宣传"}


class Story:
    """One case for each way in which a decision is amended after a draft was made of it."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(1, schemas=(*TYPES, "EventCorrected", "EventAnnulled"))
        register_agencies(self.ledger)
        self.cases: dict[str, Case] = {}
        names = ("updated", "corrected", "taken back", "void", "draft", "annulled", "twice")
        for number, name in enumerate(names, start=1):
            case = self.cases[name] = Case(self.ledger, number)
            case.filed()
            case.decided()
            if name == "draft":
                case.drafted()
            elif name != "annulled":
                case.published()
        for name in ("updated", "corrected", "draft"):
            self.correct(name)
        self.cases["updated"].updated()
        self.annul("taken back", self.correct("taken back"))
        first = self.correct("twice")
        self.annul("twice", self.correct("twice", doc={"docNo": "误", "docDate": 20_751}))
        self.cases["twice"].updated()
        self.annul("twice", first)
        self.annul("void", self.ledger.id_after(1))
        self.correct("void")
        self.annul("annulled", self.cases["annulled"].decision_id)

    def correct(self, name: str, **said: object) -> bytes:
        case = self.cases[name]
        act = correction(case.decision_id, "PenaltyDecisionMade", **(NEW | said))
        return case.act("EventCorrected", **act)

    def annul(self, name: str, target: bytes) -> None:
        self.cases[name].act("EventAnnulled", targetEventId=target)


@pytest.fixture(scope="module")
def story():
    return Story()


@pytest.fixture(scope="module")
def memory(story):
    return memory_view(DisclosureProjection(), MemorySource(story.ledger.logs))


@pytest.fixture(scope="module")
def connection(postgres_server, story):
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        view = empty_view(DisclosureProjection(), connection)
        drain(view, MemorySource(story.ledger.logs), entries_max=3)
        yield connection
    postgres_server.drop(name)


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    if request.param == "memory":
        return MemoryDisclosureReader(request.getfixturevalue("memory").rows)
    return PostgresDisclosureReader(request.getfixturevalue("connection"))


def test_rows_are_the_same_however_batches_are_cut(connection, memory):
    assert stored_digest(connection, "disclosure") == memory.digest


@pytest.mark.parametrize(
    ("name", "is_outdated", "number"),
    [
        ("updated", False, NEW["doc"]["docNo"]),
        ("corrected", True, "长市监处罚〔2026〕2号"),
        ("taken back", False, "长市监处罚〔2026〕3号"),
        ("void", False, "长市监处罚〔2026〕4号"),
        ("twice", True, NEW["doc"]["docNo"]),
    ],
)
def test_what_was_published_of_a_corrected_decision_is_due_anew(
    reader, story, name, is_outdated, number
):
    """What is public is what the record says, until the next version is in its place."""
    case = story.cases[name]
    row = reader.disclosure(case.disclosure)
    source = reader.decision(case.stream, uuid_text(case.decision_id))
    assert row.is_outdated(source) == is_outdated
    assert reader.page(case.disclosure, NOW).doc_no == number
    found = reader.search(PageQuery(doc_no=number), NOW, 10).rows
    assert case.disclosure in {one.disclosure_id for one in found}


def test_a_draft_of_what_was_said_before_is_outdated(reader, story):
    case = story.cases["draft"]
    source = reader.decision(case.stream, uuid_text(case.decision_id))
    assert (source.doc_no, source.violation_type) == (NEW["doc"]["docNo"], "虚假宣传")
    assert reader.disclosure(case.disclosure).is_outdated(source)


def test_an_annulled_decision_waits_for_no_draft(reader, story):
    case = story.cases["annulled"]
    assert reader.undisclosed(None, 10).rows == []
    assert reader.decision(case.stream, uuid_text(case.decision_id)).is_annulled
