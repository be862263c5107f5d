"""The discretion view answers alike from memory and from PostgreSQL, and answers right."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_text
from portal.discretion.advice import Question, advice_document, advise
from portal.discretion.decided import case_documents
from portal.discretion.similar import Asked
from projections.discretion.memory import MemoryDiscretionReader
from projections.discretion.postgres import PostgresDiscretionReader
from projections.discretion.projection import DiscretionProjection
from projections.discretion.view import DecisionQuery, grades_of
from tests.support.discretion_story import ITEM, OTHER_AGENCY, DiscretionStory, moment
from tests.support.ledger_copy import AGENCY, MemorySource
from tests.support.views import drain, empty_view, memory_view, stored_digest

REASON = "两年内第三次，且拒不改正"


class Told(DiscretionStory):
    """Seven fines, one of them high with a reason; and what must not count."""

    def __init__(self):
        super().__init__()
        self.low = [("从轻", 100, 200)]
        self.first = self.benchmark(1, 1, self.low)
        self.second = self.benchmark(5, 10)
        self.fines = [self.decide(20 + n, self.case(12), 1_100_000 + n * 100_000) for n in range(6)]
        self.case_of_high = self.case(30)
        self.advice = self.advise(31, self.case_of_high, 5_000_000, REASON)
        self.high = self.decide(32, self.case_of_high, 5_000_000)
        stranger = self.case(33)
        self.decide(33, stranger, 77, agency=OTHER_AGENCY)  # Not whose case it is.
        self.annulled_case = self.case(34)
        self.annulled = self.decide(34, self.annulled_case, 88)
        self.annul(36, self.annulled_case, self.annulled)
        self.annul(36, "case:1", self.fines[0], OTHER_AGENCY)  # A stranger's: none.
        self.revoke(37, "case:2", self.fines[1])
        self.third = self.benchmark(38, 38, self.low)
        self.annul(39, f"list:{ITEM}", self.third, OTHER_AGENCY)
        self.annul(41, f"list:{ITEM}", self.third)
        self.annul(45, self.case_of_high, self.advice)
        self._corrected()

    def _corrected(self):
        """From day 70 on, as everything before is asked about as of then."""
        stream, fine = "case:3", self.fines[2]
        first = self.correct_fine(70, stream, fine, 1_350_000)
        self.correct_fine(71, stream, fine, 1, agency=OTHER_AGENCY)  # A stranger's: none.
        second = self.correct_fine(72, stream, fine, 1_360_000)
        self.annul(73, stream, first)
        self.annul(74, stream, second)
        revoked = self.revoke(75, "case:4", self.fines[3])
        self.correct(76, "case:4", revoked, "DecisionRevoked", decisionEventId=bytes(15) + b"\1")
        grades = [{"circumstance": "一般", "minFen": 7, "maxFen": 9}]
        published = {"itemCode": ITEM, "grades": grades, "effectiveFrom": moment_day(10)}
        self.correct(77, f"list:{ITEM}", self.second, "DiscretionBenchmarkPublished", **published)
        self._filed_otherwise()

    def _filed_otherwise(self):
        """A filing corrected, and the correction annulled: what is decided then has its item."""
        stream = self.case(80)
        filed = self.ledger_id(stream)
        changed = self.correct(81, stream, filed, "CaseFiled", itemCode="HN-SJ-02")
        self.decide(82, stream, 2_000)
        self.annul(83, stream, changed)
        self.decide(84, stream, 3_000)

    def ledger_id(self, stream):
        """Return the event id of a stream's first act."""
        act = decode_act(decode_entry(self.ledger.stream("0", stream)[0]).act)
        return uuid_text(act.event_id)


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
    view = empty_view(DiscretionProjection(), connection)
    drain(view, MemorySource(told.ledger.logs), entries_max=3)
    return view


@pytest.fixture(scope="module")
def memory(told):
    return memory_view(DiscretionProjection(), MemorySource(told.ledger.logs))


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    if request.param == "memory":
        return MemoryDiscretionReader(request.getfixturevalue("memory").rows)
    request.getfixturevalue("view")
    return PostgresDiscretionReader(request.getfixturevalue("connection"))


def decided(reader, at, **query):
    return reader.decisions(DecisionQuery(**query), at, 100)


def test_rows_are_the_same_however_batches_are_cut(view, connection, memory):
    assert stored_digest(connection, "discretion") == memory.digest


def test_only_counted_decisions_are_there_the_newest_first(reader, told):
    """A stranger's decision never counts; an annulled one until its annulment is known."""
    fines = [one.row.fine_fen for one in decided(reader, moment(60))]
    assert fines == [5_000_000, *(1_600_000 - n * 100_000 for n in range(6))]
    then = [one.row.fine_fen for one in decided(reader, moment(35))]
    assert then == [88, *fines]
    assert decided(reader, moment(35, known=60)) == decided(reader, moment(60))
    assert [one.row.event_id for one in decided(reader, moment(60), event_id=told.high)] == [
        told.high
    ]


def test_a_revoked_decision_is_marked_from_when_it_was_known(reader):
    for day, revoked in ((36, []), (37, [1_200_000])):
        found = decided(reader, moment(day), item_code=ITEM)
        assert [one.row.fine_fen for one in found if one.is_revoked] == revoked


@pytest.mark.parametrize(
    ("day", "known", "fine"),
    [
        (69, 69, 1_300_000),
        (70, 70, 1_350_000),
        (33, 70, 1_350_000),
        (71, 71, 1_350_000),
        (72, 72, 1_360_000),
        (73, 73, 1_360_000),
        (74, 74, 1_300_000),
    ],
)
def test_a_corrected_decision_has_the_fine_of_its_last_correction(reader, told, day, known, fine):
    """Known then and not annulled; once, whatever it was corrected to."""
    found = decided(reader, moment(day, known), event_id=told.fines[2])
    assert [one.row.fine_fen for one in found] == [fine]
    assert len(decided(reader, moment(day, known), item_code=ITEM)) == 7


def test_a_corrected_revocation_revokes_what_it_names_now(reader, told):
    for day, expected in ((74, False), (75, True), (76, False)):
        (found,) = decided(reader, moment(day), event_id=told.fines[3])
        assert found.is_revoked == expected, day


def test_a_corrected_benchmark_has_other_grades(reader, told):
    for day, grade in ((76, 2), (77, 1)):
        (newest, *_) = reader.benchmarks(moment(day), 10, ITEM)
        assert (newest.event_id, len(grades_of(newest))) == (told.second, grade)


def test_a_decision_has_the_item_of_the_filing_as_it_read(reader):
    """Corrected, then as it was first."""
    found = {one.row.fine_fen: one.row.item_code for one in decided(reader, moment(90))}
    assert (found[2_000], found[3_000]) == ("HN-SJ-02", ITEM)


def test_the_benchmark_in_force_is_that_of_the_day(reader, told):
    """An annulled one counts until its own agency's annulment is known, never a stranger's."""
    for day, expected in ((4, told.first), (9, told.first), (10, told.second), (38, told.third)):
        asked = Asked(AGENCY, moment_day(day))
        found = advise(reader, Question(ITEM, asked), moment(day))
        assert found.benchmark.event_id == expected, day
    for day, expected in ((40, told.third), (41, told.second)):
        found = advise(reader, Question(ITEM, Asked(AGENCY, moment_day(day))), moment(day))
        assert found.benchmark.event_id == expected, day


def test_other_agencies_benchmarks_crowd_nobody_out(monkeypatch):
    story = DiscretionStory()
    own = story.benchmark(1, 1)
    story.benchmark(2, 2, agency=OTHER_AGENCY)
    monkeypatch.setattr("portal.discretion.advice.BENCHMARKS_MAX", 1)
    rows = memory_view(DiscretionProjection(), MemorySource(story.ledger.logs)).rows
    asked = Question(ITEM, Asked(AGENCY, moment_day(5)))
    assert advise(MemoryDiscretionReader(rows), asked, moment(5)).benchmark.event_id == own


def test_benchmarks_are_asked_of_one_agency(reader):
    every = reader.benchmarks(moment(60), 10, ITEM)
    assert reader.benchmarks(moment(60), 10, ITEM, AGENCY) == every
    assert reader.benchmarks(moment(60), 10, ITEM, OTHER_AGENCY) == []


def moment_day(day):
    return 20_454 + day


def test_advice_names_range_and_similar_decisions(reader):
    """The grade that was asked for; decisions by points, each with its reasons."""
    asked = Asked(AGENCY, moment_day(50), "一般", "LEGAL", frozenset(), "ORDINARY")
    document = advice_document(advise(reader, Question(ITEM, asked), moment(50)))

    assert document["advised"] == {
        "least_fen": "1000001",
        "most_fen": "2000000",
        "text": "10,000.01 元 至 20,000 元",
    }
    found = [(one["fine_fen"], one["circumstance"], one["points"]) for one in document["similar"]]
    assert found[0] == ("1600000", "一般", 90)
    assert len(found) == 6  # The revoked one is no precedent.
    assert found[-1] == ("5000000", None, 70)  # Its advice was annulled, and no grade has it.
    assert document["similar"][0]["explained"].startswith("罚款落在该情节一档、当事人类别相同")


def test_unknown_circumstance_and_no_benchmark_give_no_range(reader):
    for agency, circumstance, word in (
        (AGENCY, "从重", "没有“从重”情节"),
        (OTHER_AGENCY, None, "没有 2026-02-20 生效"),
    ):
        asked = Asked(agency, moment_day(50), circumstance)
        document = advice_document(advise(reader, Question(ITEM, asked), moment(50)))
        assert document["advised"] is None
        assert word in document["explained"][0]


def test_a_case_shows_range_choice_and_reason_together(reader, told):
    document = case_documents(reader, told.case_of_high, moment(40))

    (one,) = document["decisions"]
    assert one["advice"]["range_text"] == "10,000.01 元 至 20,000 元"
    assert (one["advice"]["chosen_fen"], one["advice"]["choice"]) == ("5000000", "DEPARTED")
    assert one["advice"]["reason"] == REASON
    assert one["stated"][0].endswith("决定罚款 50,000 元，高于建议幅度。")
    assert one["is_outside"]
    assert len(one["compared"]["similar"]) == 5
    (later,) = case_documents(reader, told.case_of_high, moment(60))["decisions"]
    assert later["advice"] is None
    assert "决定作出前没有记录裁量辅助。" in later["stated"]
