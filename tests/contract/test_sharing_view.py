"""The sharing view answers alike from memory and from PostgreSQL, and answers right."""

import psycopg
import pytest

from ledger.domain.control_records import HOUR_MICROS, Emitter
from ledger.errors import MalformedError
from portal.reconciliation import (
    ALWAYS,
    before,
    day_at,
    day_named,
    emitter_document,
    emitter_lines,
    lines,
    name_of,
    silent_hours,
)
from projections.sharing.view import (
    ACKNOWLEDGED,
    DUE,
    GAPS,
    NOT_DUE,
    NOT_NEEDED,
    PUSHED,
    REFUSED,
    REPLACED,
    STATES,
    UNASSESSED,
    Day,
)
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, sample
from tests.support.sharing_story import BOTH, BY_PLATFORM, CREDIT, REGISTRY, SharingStory
from tests.support.views import memory_readers, postgres_readers

OTHER_SYSTEM = "other.example"
NATURAL = {"partyType": "NATURAL", "ageBand": "ADULT", "name": None, "uscc": None}


class Story(SharingStory):
    """One case for each way that a push can end."""

    def __init__(self):
        super().__init__()
        self.cases = {}
        for number, name in enumerate(
            ("acknowledged", "unassessed", "silent", "refused", "natural", "taken_down", "updated",
             "never_out", "late", "annulled", "unjudged", "otherwise", "twice", "unpublished"),
            1,
        ):  # fmt: skip
            party = {"party": NATURAL} if name == "natural" else {}
            self.cases[name] = self.published(number, **party)
        told = {
            "acknowledged": {CREDIT: "ACCEPTED", REGISTRY: "ACCEPTED"},
            "silent": {CREDIT: None},
            "refused": {CREDIT: "REFUSED"},
            "natural": {},
            "taken_down": {CREDIT: "ACCEPTED"},
            "updated": {CREDIT: "ACCEPTED"},
            "late": {},
            "annulled": {CREDIT: "ACCEPTED", REGISTRY: "ACCEPTED"},
            "unjudged": {},
            "otherwise": {},
            "twice": {},
            "unpublished": {},
        }
        for name, answers in told.items():
            self.push(self.cases[name], answers)
        self.cases["taken_down"].withdrawn()
        self.cases["never_out"].withdrawn()
        self.cases["updated"].updated()
        self.push(self.cases["updated"], {CREDIT: None})
        self._pushed_when_public_no_more()
        annulled = self.cases["annulled"]
        self.annul(annulled, self.newest(annulled, "DisclosurePushAcknowledged"))
        self.wrong_receipt()
        self._judged_otherwise()
        for seq in (1, 2, 5, 5, 9):
            payload = sample("CaseFiled")
            self.ledger.add(
                "CaseFiled", payload, stream=f"case:other-{seq}", log="0",
                agency_id=OTHER_AGENCY, emitter_id=OTHER_SYSTEM, emitter_seq=seq,
            )  # fmt: skip

    def _judged_otherwise(self):
        """An assessment annulled; corrections of two, which are none; a publication annulled."""
        for name, event_type in (
            ("unjudged", "DisclosureObligationAssessed"),
            ("unpublished", "DisclosurePublished"),
        ):
            self.annul(self.cases[name], self.newest(self.cases[name], event_type))
        for name in ("otherwise", "twice"):
            case = self.cases[name]
            changed = self.correct(
                case, self.newest(case, "DisclosureObligationAssessed"),
                "DisclosureObligationAssessed", sourceEventId=case.decision_id,
                channel=REGISTRY, result="MUST_NOT",
            )  # fmt: skip
        self.annul(self.cases["twice"], changed, **BY_PLATFORM)

    def _pushed_when_public_no_more(self):
        """The push was on its way when the record was withdrawn."""
        case = self.cases["late"]
        (found,) = [one for one in self.due(case) if one.push.target == CREDIT]
        act = self.pushes(case).pushed(found.push, self.ledger.now)
        case.withdrawn()
        self.platform.take([act])

    def wrong_receipt(self):
        """A receipt for another hash, as no program of ours would write it."""
        case = self.cases["silent"]
        case.act(
            "DisclosurePushAcknowledged", case.disclosure, target=CREDIT, batchId="push:x",
            recordHash="sha256:" + "0" * 64, status="ACCEPTED",
        )  # fmt: skip


@pytest.fixture(scope="module")
def story():
    return Story()


@pytest.fixture(scope="module")
def postgres(postgres_server, story):
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        yield postgres_readers(connection, story.ledger.logs).sharing
    postgres_server.drop(name)


@pytest.fixture(scope="module")
def memory(story):
    return memory_readers(story.ledger.logs).sharing


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    return request.getfixturevalue(request.param)


def states(reader, case, target):
    """Return the states of the steps of a case for a channel, the newest first."""
    found = reader.pushes(STATES, ALWAYS, None, 200).rows
    return [row.state for row in found if row.stream_id == case.stream and row.target == target]


@pytest.mark.parametrize(
    ("name", "credit", "registry"),
    [
        ("acknowledged", [ACKNOWLEDGED], [ACKNOWLEDGED]),
        ("unassessed", [UNASSESSED], [UNASSESSED]),
        ("silent", [PUSHED], [DUE]),
        ("refused", [REFUSED], [DUE]),
        ("natural", [NOT_DUE], [NOT_DUE]),
        ("taken_down", [DUE, ACKNOWLEDGED], [NOT_NEEDED, REPLACED]),
        ("updated", [PUSHED, ACKNOWLEDGED], [DUE, REPLACED]),
        ("never_out", [NOT_NEEDED, REPLACED], [NOT_NEEDED, REPLACED]),
        ("late", [DUE, REPLACED], [NOT_NEEDED, REPLACED]),
        ("annulled", [ACKNOWLEDGED], [PUSHED]),
        ("unjudged", [DUE], [UNASSESSED]),
        ("otherwise", [DUE], [DUE]),  # What the platform judges, nobody corrects.
        ("twice", [DUE], [DUE]),
        ("unpublished", [], []),
    ],
)
def test_each_step_stands_where_the_acts_left_it(reader, story, name, credit, registry):
    """A receipt with another hash, or one that was annulled, acknowledges nothing."""
    case = story.cases[name]
    found = {CREDIT: states(reader, case, CREDIT), REGISTRY: states(reader, case, REGISTRY)}
    if name == "annulled":  # Which of the two receipts was the newest is the story's affair.
        assert sorted(found.values()) == [[ACKNOWLEDGED], [PUSHED]]
    else:
        assert found == {CREDIT: credit, REGISTRY: registry}


def test_a_days_lines_count_what_is_missing(reader, story):
    """By agency and channel; also of an agency of which nothing was to be pushed."""
    today = day_at(story.ledger.now)
    assert reader.agencies(today, 10) == [AGENCY, OTHER_AGENCY]
    assert reader.agencies(today, 10, AGENCY) == [OTHER_AGENCY]
    found = {
        (line.agency_id, line.channel): line
        for line in lines(reader, today, BOTH, [AGENCY, OTHER_AGENCY])
    }
    assert len(found) == 4
    other = found[OTHER_AGENCY, CREDIT]
    assert (other.emitted, other.received, other.published) == (2 + 5 + 5, 2 + 5, 0)
    line = found[AGENCY, CREDIT]
    steps = [row for row in reader.pushes(STATES, today, AGENCY, 200).rows if row.target == CREDIT]
    assert line.acknowledged == sum(row.state == ACKNOWLEDGED for row in steps)
    assert line.gaps == sum(row.state in GAPS for row in steps)
    assert line.published == line.acknowledged + line.gaps
    assert line.emitted == line.received


def test_numbers_that_were_passed_over_are_told_on_the_day_of_the_next(reader, story):
    today = day_at(story.ledger.now)
    gaps = reader.sequence_gaps(today, [AGENCY, OTHER_AGENCY], 10)
    assert [(gap.emitter_id, gap.first, gap.last) for gap in gaps] == [
        (OTHER_SYSTEM, 3, 4),
        (OTHER_SYSTEM, 6, 8),
    ]
    assert reader.sequence_gaps(today, [AGENCY], 10) == []
    yesterday = Day(today.start - 1, today.start)
    assert reader.sequence_gaps(yesterday, [OTHER_AGENCY], 10) == []
    assert len(reader.sequence_gaps(today, [OTHER_AGENCY], 1)) == 1
    assert reader.missing(today, [OTHER_AGENCY]) == [(OTHER_AGENCY, OTHER_SYSTEM, 5)]


def test_a_system_was_last_heard_when_its_newest_act_came(reader, story):
    (heard,) = reader.heard([OTHER_SYSTEM, "never.example"])
    assert (heard.emitter_id, heard.emitter_seq) == (OTHER_SYSTEM, 9)
    assert heard.received_at == story.ledger.now


def test_gaps_come_in_pages(reader):
    everything = reader.pushes(GAPS, ALWAYS, None, 200).rows
    found, after = [], None
    while True:
        page = reader.pushes(GAPS, ALWAYS, None, 3, after)
        found += page.rows
        after = page.next_cursor
        if after is None:
            break
    assert found == list(everything)
    assert len(found) > 6


def test_what_is_due_of_a_matter_is_what_the_view_lists(reader, story):
    """The view says where to look; the matter says the same."""
    listed = {
        (row.stream_id, row.target) for row in reader.pushes((DUE, PUSHED), ALWAYS, None, 200).rows
    }
    for case in story.cases.values():
        due = {(case.stream, one.push.target) for one in story.due(case)}
        assert due == {one for one in listed if one[0] == case.stream}


def test_a_refused_push_goes_out_again_only_when_told_to(story):
    case = story.cases["refused"]
    assert [one.push.target for one in story.due(case)] == [REGISTRY]
    again = [one for one in story.due(case, again=True) if one.push.target == CREDIT]
    assert [one.is_recorded for one in again] == [True]


def test_a_message_that_got_no_receipt_keeps_its_id(story):
    """So the receiver knows it again."""
    case = story.cases["silent"]
    first, second = (
        next(one.push for one in story.due(case) if one.push.target == CREDIT) for _ in range(2)
    )
    assert first == second
    assert first.batch_id.startswith("push:")


def test_what_was_heard_of_each_system_is_told(reader, story):
    """Numbers not received, the newest act, and silence from the rule set's hours on."""
    state = story.platform.state.copy()
    names = (OTHER_SYSTEM, "never.example")
    state.emitters = {
        name: Emitter(name, "AGENCY", frozenset({OTHER_AGENCY}), frozenset(), ()) for name in names
    }
    today, hours = day_at(story.ledger.now), silent_hours(state)
    assert hours == 72
    for silence in (hours - 1, hours):
        now = story.ledger.now + silence * HOUR_MICROS
        heard, never = emitter_lines(reader, state, today, now, names)
        assert (heard.received, heard.missing, heard.last_number) == (5, 5, 9)
        assert (heard.silent_hours, heard.is_silent) == (silence, silence == hours)
        assert (never.last_heard, never.is_silent, never.gaps) == (None, True, ())
    assert emitter_document(heard)["gaps"] == [{"first": 3, "last": 4}, {"first": 6, "last": 8}]


def test_a_day_is_one_of_china():
    day = day_named("2026-11-26")
    assert day_at(day.start) == day_at(day.end - 1) == day
    assert name_of(before(day)) == "2026-11-25"
    for text in ("2026-11-26T00:00", "20261126", "1900-01-01", "", "2026-13-01"):
        with pytest.raises(MalformedError):
            day_named(text)
