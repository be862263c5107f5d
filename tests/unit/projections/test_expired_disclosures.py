"""An end that names a publication takes that one from every view, and nothing that came after."""

import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.disclosure import EXPIRED
from portal.reconciliation import ALWAYS
from projections.disclosure.view import PageRow, TombstoneRow
from projections.sharing.view import ACKNOWLEDGED, DUE, STATES
from tests.support.ledger_copy import AGENCY
from tests.support.platform import LOG
from tests.support.sharing_story import CREDIT, SharingStory
from tests.support.views import memory_readers


def ended(story, case, publication):
    """Have it said that the disclosure of a case is over."""
    envelope = {"causation_id": publication}
    case.act(EXPIRED, case.disclosure, at=story.ledger.now, envelope=envelope)


def first_publication(story, case):
    acts = (decode_act(decode_entry(it).act) for it in story.ledger.stream(LOG, case.stream))
    return next(it.event_id for it in acts if it.event_type == "DisclosurePublished")


@pytest.fixture(scope="module")
def story():
    """Ended in time; withdrawn before that was said; published again before; by hand."""
    story = SharingStory()
    story.cases = [story.published(number) for number in range(1, 5)]
    over, withdrawn, again, by_hand = story.cases
    story.push(over, {CREDIT: "ACCEPTED"})
    story.push(again, {CREDIT: "ACCEPTED"})
    withdrawn.withdrawn()
    again.withdrawn("SEALED")
    again.published()
    story.push(again, {CREDIT: "ACCEPTED"})
    for case in (over, withdrawn, again):
        ended(story, case, first_publication(story, case))
    ended(story, by_hand, None)
    return story


@pytest.fixture(scope="module")
def readers(story):
    return memory_readers(story.ledger.logs)


def test_the_register_and_the_public_pages_agree(story, readers):
    now, states = story.ledger.now, ["ENDED", "WITHDRAWN", "PUBLISHED"]
    rows = readers.disclosure.register(AGENCY, states, 50).rows
    shown = {row.disclosure_id: row.state for row in rows}

    over, withdrawn, again, by_hand = (case.disclosure for case in story.cases)
    assert shown == {over: "ENDED", withdrawn: "WITHDRAWN", again: "PUBLISHED", by_hand: "ENDED"}
    found = {it: readers.disclosure.page(it, now) for it in shown}
    assert isinstance(found[again], PageRow)
    assert isinstance(found[withdrawn], TombstoneRow)
    assert (found[over], found[by_hand]) == (None, None)


def test_channels_hear_of_the_end_and_of_nothing_twice(story, readers):
    steps = readers.sharing.pushes(STATES, ALWAYS, None, 200).rows
    found = {
        case.disclosure: [
            (row.action, row.state)
            for row in reversed(steps)
            if (row.stream_id, row.target) == (case.stream, CREDIT)
        ]
        for case in story.cases
    }

    over, withdrawn, again, _ = (case.disclosure for case in story.cases)
    assert found[over] == [("PUBLISH", ACKNOWLEDGED), ("WITHDRAW", DUE)]
    assert [action for action, _ in found[withdrawn]] == ["PUBLISH", "WITHDRAW"]
    assert found[again][-1][0] != "WITHDRAW"
    assert CREDIT not in {it.push.target for it in story.due(story.cases[2])}
    assert {it.push.action for it in story.due(story.cases[0])} == {"WITHDRAW"}
