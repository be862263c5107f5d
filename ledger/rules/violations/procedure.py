"""Rules of the ordinary procedure: prior notice, statement, discussion (事先告知、陈述申辩).

Read before: ``chronicle``. Read next: ``hearing``. Statutes: 行政处罚法 arts. 44, 45, 57, 62.

A notice without a legal basis is none: art. 44 wants facts, reasons and basis told, and the schema
already holds facts and reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.domain.stream import StreamAct
from ledger.rules.violations.chronicle import between, concerned, found, last, when
from ledger.rules.violations.law import ordered
from ledger.rules.violations.major import is_major
from ledger.rules.violations.penalties import is_heavier
from ledger.rules.violations.rule import BOOK, Finding, Sight

DECISION: Final = "PenaltyDecisionMade"
NOTICE: Final = "PenaltyPreNoticeServed"
_RETURNED: Final = "RETURNED"


def notices(sight: Sight, until: int) -> list[StreamAct]:
    """Return the prior notices of a matter up to a moment, ascending."""
    return [it for it in between(sight, NOTICE, 0, until) if it.payload["basis"]]


@BOOK.rule("V-PROC-02", DECISION, cured_by=(NOTICE,))
def decided_without_notice(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 44, 62: no decision without prior notice of facts, reasons and basis."""
    if not notices(sight, when(sight.item)):
        yield found(sight, sight.item)


@BOOK.rule("V-PROC-08", DECISION, "StatementReceived", cured_by=("StatementReviewed",))
def statement_not_reviewed(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 45: what the party brings forward is reviewed before the decision."""
    for decision in concerned(sight, DECISION):
        reviews = between(sight, "StatementReviewed", 0, when(decision))
        reviewed = {it.payload["statementEventId"] for it in reviews}
        statements = between(sight, "StatementReceived", 0, when(decision))
        open_ones = [it for it in statements if it.act.event_id not in reviewed]
        if open_ones:
            yield found(sight, decision, *open_ones)


@BOOK.rule("V-PROC-09", DECISION, "StatementReceived", "HearingHeld")
def heavier_after_statement(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 45(2): nobody is punished harder for having spoken."""
    order = ordered(sight.rules, "penalty_kinds_light_to_heavy")
    for decision in concerned(sight, DECISION):
        told = notices(sight, when(decision))
        spoken = _first_word(sight, told, when(decision))
        if spoken is not None:
            notice = _binding_notice(told, when(spoken))
            proposed = notice.payload["proposedPenalty"]
            if is_heavier(decision.payload["penalties"], proposed, order):
                yield found(sight, decision, notice, spoken)


def _first_word(sight: Sight, told: list[StreamAct], until: int) -> StreamAct | None:
    """Return what the party said first after the first notice: in writing or at a hearing."""
    if not told:
        return None
    start = when(told[0])
    statements = between(sight, "StatementReceived", start, until)
    hearings = between(sight, "HearingHeld", start, until)
    return min([*statements, *hearings], key=when, default=None)


def _binding_notice(told: list[StreamAct], spoken_at: int) -> StreamAct:
    """Return the notice that binds: a later one only where it rests on new facts."""
    binding = told[0]
    for notice in told[1:]:
        new_facts = set(notice.payload["factIds"]) - set(binding.payload["factIds"])
        if when(notice) <= spoken_at or new_facts:
            binding = notice
    return binding


@BOOK.rule("V-PROC-10", DECISION)
def decided_on_what_was_not_notified(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 44: facts and basis of the decision are those the party was told."""
    decision = sight.item
    told = notices(sight, when(decision))
    facts = {fact for it in told for fact in it.payload["factIds"]}
    basis = {place for it in told for place in _places(it.payload["basis"])}
    favourable = tuple(ordered(sight.rules, "favourable_fact_prefixes"))
    new = {it for it in decision.payload["factIds"] if not it.startswith(favourable)} - facts
    if told and (new or _places(decision.payload["basis"]) - basis):
        yield found(sight, decision, told[-1])


def _places(basis: Iterable[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {(it["law"], it["article"], it["paragraph"], it["item"]) for it in basis}


@BOOK.rule("V-PROC-11", DECISION, "HearingHeld", cured_by=("CollectiveDiscussionHeld",))
def no_collective_discussion(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 57(2): what is complex or serious the heads discuss together.

    Complex or serious is what counts as a major decision; a discussion that sent the case back is
    none.
    """
    for decision in concerned(sight, DECISION):
        held = last(sight, "CollectiveDiscussionHeld", when(decision))
        if (held is None or held.payload["conclusion"] == _RETURNED) and is_major(sight, decision):
            yield found(sight, decision, held)


@BOOK.rule("V-PROC-21", DECISION, cured_by=("RectificationOrdered",))
def no_order_to_correct(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 28: who punishes also orders the violation to be corrected."""
    if last(sight, "RectificationOrdered", when(sight.item)) is None:
        yield found(sight, sight.item)
