"""Which grounds the form of a withdrawal offers for a case."""

from __future__ import annotations

from ledger.chain.act import decode_act
from ledger.domain.disclosure import CAUSES
from portal.console.withdrawal import bases
from projections.case_replay.view import CaseEntry
from schemas.loader import symbol_words
from tests.support.vectors import load


def entry(version: int, event_type: str) -> CaseEntry:
    """Return an entry of this type; what else is in its act does not count here."""
    act = decode_act(bytes.fromhex(load("submissions")["batches"][0]["acts"][0]))
    act = act._replace(event_type=event_type)
    return CaseEntry("0", "case:1", version, version, f"event-{version}", "撤销", 0, 0, 0, act)


def test_a_ground_that_needs_no_act_is_always_offered() -> None:
    offered = {one.value for one in bases([entry(1, "CaseFiled")])}

    assert offered == set(symbol_words()["WithdrawalGround"]) - set(CAUSES)


def test_a_ground_that_needs_an_act_is_offered_once_for_each_such_act() -> None:
    """Ground and act are chosen together, so they cannot contradict each other."""
    entries = [
        entry(1, "CaseFiled"),
        entry(2, "DecisionRevoked"),
        entry(3, "RedoOrdered"),
        entry(4, "DecisionRevoked"),
    ]

    caused = [one for one in bases(entries) if " " in one.value]

    assert [one.value for one in caused] == [
        "REVOKED event-2",
        "REDO event-3",
        "REVOKED event-4",
    ]
    assert caused[0].label.startswith("决定被撤销（第 2 条 撤销，")
