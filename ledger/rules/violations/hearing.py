"""Rules of hearings (听证): who may have one, in time, duly announced, before somebody else.

Read before: ``procedure``. Read next: ``decision``. Statutes: 行政处罚法 arts. 63, 64, 85.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import Due, add_working_days, subtract_working_days
from ledger.rules.violations.chronicle import (
    ALL_TYPES,
    between,
    concerned,
    first,
    found,
    is_late,
    last,
    severity,
    when,
)
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.penalties import CONFISCATIONS, FINES, amount, kinds
from ledger.rules.violations.people import People, chair, named_handlers
from ledger.rules.violations.procedure import DECISION, NOTICE
from ledger.rules.violations.rule import BOOK, Finding, Sight

_HELD: Final = "HearingHeld"
_SERVED: Final = "HearingNoticeServed"


def window(sight: Sight, notice: StreamAct) -> Due:
    """Return the last day on which the party may ask for a hearing (art. 64(1))."""
    days = number(sight.rules, "hearing_request_working_days")
    return add_working_days(day_of(notice.payload["servedAt"]), days, sight.control.calendar)


def _heard_or_waived(sight: Sight, start: int, end: int) -> bool:
    """Tell whether the hearing was held, ended (art. 64(6)) or waived between two moments."""
    waivers = between(sight, "StatementWaived", start, end)
    return any(it.payload["hearingWaived"] for it in waivers) or any(
        between(sight, event_type, start, end) for event_type in (_HELD, "HearingTerminated")
    )


@BOOK.rule("V-PROC-03", DECISION, NOTICE, cured_by=(_HELD, "StatementWaived"))
def decided_within_hearing_window(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 64(1): the party has five working days to ask for a hearing."""
    for decision in concerned(sight, DECISION):
        notice = last(sight, NOTICE, when(decision))
        if notice is None or not notice.payload["hearingRight"]:
            continue
        due = window(sight, notice)
        is_early = not is_late(when(decision), due)
        if is_early and not _heard_or_waived(sight, when(notice), when(decision)):
            strictness = severity(is_provisional=due.provisional)
            yield found(sight, decision, notice, severity=strictness)


@BOOK.rule("V-PROC-04", DECISION, "HearingRequested", cured_by=(_HELD, "HearingTerminated"))
def requested_hearing_not_held(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 63: a hearing that was asked for in time is held before the decision."""
    for decision in concerned(sight, DECISION):
        request = last(sight, "HearingRequested", when(decision))
        if (
            request is not None
            and _is_in_time(sight, request)
            and not _heard_or_waived(sight, when(request), when(decision))
        ):
            yield found(sight, decision, request)


def _is_in_time(sight: Sight, request: StreamAct) -> bool:
    """Tell whether a request came in time: as the agency says, or as the notice shows."""
    notice = last(sight, NOTICE, when(request))
    is_shown = notice is not None and not is_late(
        request.payload["receivedAt"], window(sight, notice)
    )
    return is_shown or bool(request.payload["withinTime"])


@BOOK.rule("V-PROC-05", NOTICE, "CaseFiled", DECISION)
def hearing_right_denied(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 63: before certain penalties the party is told of its right to a hearing."""
    item = sight.item
    notices = {DECISION: last(sight, NOTICE, when(item)), "CaseFiled": first(sight, NOTICE)}
    notice = notices.get(item.event_type, item)
    filed = first(sight, "CaseFiled")
    party = item.payload.get("party") or (filed and filed.payload["party"])
    if notice is None or party is None or notice.payload["hearingRight"]:
        return
    penalties = item.payload.get("penalties", notice.payload["proposedPenalty"])
    if _entitles(sight, penalties, party):
        yield found(sight, notice)


def _entitles(sight: Sight, penalties: list[dict[str, Any]], party: Mapping[str, Any]) -> bool:
    is_natural = party["partyType"] in listed(sight.rules, "natural_party_types")
    kind = "natural" if is_natural else "organisation"
    fine_min = number(sight.rules, f"hearing_fine_fen_{kind}_min")
    return (
        bool(kinds(penalties) & listed(sight.rules, "hearing_penalty_kinds"))
        or amount(penalties, FINES) >= fine_min
        or amount(penalties, CONFISCATIONS) >= number(sight.rules, "hearing_confiscation_fen_min")
    )


@BOOK.rule("V-PROC-06", _SERVED, _HELD, cured_by=(_SERVED,))
def hearing_announced_too_late(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 64(2): the party knows of the hearing seven working days before it."""
    item = sight.item
    is_held = item.event_type == _HELD
    notice = last(sight, _SERVED, item.payload["heldAt"]) if is_held else item
    if notice is None:
        yield found(sight, item)
        return
    hearing_day = day_of(item.payload["heldAt" if is_held else "hearingAt"])
    days = number(sight.rules, "hearing_notice_working_days")
    latest = subtract_working_days(hearing_day, days, sight.control.calendar)
    if is_late(notice.payload["servedAt"], latest):
        yield found(sight, notice, severity=severity(is_provisional=latest.provisional))


@BOOK.rule("V-PROC-07", *ALL_TYPES)
def investigator_chairs_hearing(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 64(4): who chairs the hearing did not investigate the case."""
    people = sight.matter.part(People)
    officer_id = chair(sight.item)
    handled = None if officer_id is None else people.handler(officer_id)
    if officer_id is not None and handled is not None:
        yield Finding(officer_id, (handled.act.event_id,))
    for handler in named_handlers(sight.item):
        chaired = people.chaired(handler)
        if chaired is not None:
            yield Finding(handler, (chaired.act.event_id,))
