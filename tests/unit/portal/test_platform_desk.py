"""How the platform's desk reads what the ledger says of a command's acts."""

import pytest

from ledger.chain.entry import Source
from ledger.chain.outcomes import REJECTED, Outcome, Problem
from portal.intake.outcome_board import Answer
from portal.platform_desk import _is_reused

SOURCE = Source("00000000-0000-0000-0000-000000000000", "enforcement.acts.v1", 0, 7, 0)


def by_receipt(code):
    return Answer(Outcome(bytes(16), SOURCE, REJECTED, None, problem=Problem(code)), b"")


def by_notice(code):
    return Answer(None, b"", code, "/eventId")


@pytest.mark.parametrize("told", [by_receipt, by_notice])
def test_a_known_id_is_seen_from_whichever_topic_tells_it_first(told):
    """A refusal is on the receipts topic and on the rejected topic; either may be polled first."""
    assert _is_reused(told("R4_EVENT_ID_REUSED"))
    assert not _is_reused(told("R3_NOT_REGISTERED"))


def test_no_answer_says_nothing_of_an_id():
    assert not _is_reused(None)
