"""Rules of execution (执行): money taken on the spot, additional fines, demand and enforcement.

Read before: ``payments``. Statutes: 行政处罚法 arts. 68 to 73, 行政强制法 arts. 35, 43, 52, 54.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.control_records import DAY_MICROS, HOUR_MICROS, SHANGHAI_MICROS, day_of
from ledger.domain.stream import StreamAct
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.payments import Payments
from ledger.rules.violations.prerequisites import had_happened
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import Lateness, late_by_working_days, missed


@BOOK.rule("V-COE-06", "EnforcementDecisionMade", "SubstitutePerformanceDone")
def enforcement_at_rest_time(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 43: not at night and not on a statutory holiday, except in an emergency."""
    payload = sight.item.payload
    decision: StreamAct | None = sight.item
    if sight.item.event_type == "EnforcementDecisionMade":
        kind, at = payload["enforceKind"], payload["at"]
    else:
        decision = sight.matter.last("EnforcementDecisionMade")
        kind, at = "SUBSTITUTE", payload["performedAt"]
    disturbs = kind in listed(sight.rules, "enforcement_that_disturbs")
    if disturbs and not _is_emergency(decision) and _is_rest_time(sight, at):
        yield Finding(sight.item.act.event_id.hex())


def _is_emergency(decision: StreamAct | None) -> bool:
    """Tell whether a decision says that it cannot wait; version 1 of the act cannot say it."""
    return decision is not None and bool(decision.payload.get("emergency"))


def _is_rest_time(sight: Sight, at: int) -> bool:
    day = day_of(at)
    hour = (at + SHANGHAI_MICROS) % DAY_MICROS // HOUR_MICROS
    night = (number(sight.rules, "night_from_hour"), number(sight.rules, "night_until_hour"))
    holidays = (year.holidays for year in sight.control.calendar.values())
    return hour >= night[0] or hour < night[1] or any(day in days for days in holidays)


@BOOK.rule(
    "V-COE-07",
    "EnforcementDecisionMade",
    "CourtEnforcementApplied",
    cured_by=("DemandNoticeServed",),
)
def enforcement_without_demand(sight: Sight) -> Iterator[Finding]:
    """行政强制法 arts. 35, 54: the party is called upon to perform before; art. 52 is at once."""
    kind = sight.item.payload.get("enforceKind")
    is_at_once = kind == "SUBSTITUTE" and _is_emergency(sight.item)
    if not is_at_once and not had_happened(sight, "DemandNoticeServed"):
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-EXE-01", "FineCollectedOnSite")
def collected_outside_the_law(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 68, 69: small or hard to collect, decided on the spot; or far away."""
    payload = sight.item.payload
    fine = sight.matter.part(Payments).on_site_fine_fen
    if payload["ground"] == "REMOTE_AREA":
        is_lawful = had_happened(sight, "OnSitePenaltyDecided", "PenaltyDecisionMade")
    else:
        is_lawful = fine is not None and had_happened(sight, "OnSitePenaltyDecided")
    if payload["ground"] == "AT_MOST_100_YUAN":
        most = number(sight.rules, "on_site_collection_fen_max")
        is_lawful = is_lawful and max(payload["amountFen"], fine or 0) <= most
    if not is_lawful:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-EXE-02", "OnSiteFineHandedIn", "FineRemitted", "DeadlineMissed")
def cash_kept_too_long(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 71, 85: two working days to the agency, and two more to the bank."""
    late = missed(sight, "D-EXE-02", "D-EXE-03") or _late_cash(sight)
    if late:
        yield late.finding(sight, late.trigger.act.event_id.hex())


def _late_cash(sight: Sight) -> Lateness | None:
    payments = sight.matter.part(Payments)
    waiting = {"OnSiteFineHandedIn": payments.with_officer, "FineRemitted": payments.with_agency}
    queue = waiting.get(sight.item.event_type)
    return late_by_working_days(sight, queue[0], "cash_working_days") if queue else None


@BOOK.rule("V-EXE-03", "AdditionalFineImposed")
def additional_fine_above_the_fine(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 72(1)(1): all additional fines together are no more than the fine."""
    payments = sight.matter.part(Payments)
    most = payments.fine_fen * number(sight.rules, "additional_fine_percent_max") // 100
    together = payments.additional_fen + sight.item.payload["amountFen"]
    if had_happened(sight, "PenaltyDecisionMade", "OnSitePenaltyDecided") and together > most:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-EXE-04", "AdditionalFineImposed", "ReconsiderationFiled", "LitigationFiled")
def additional_fine_during_a_remedy(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 73(3): days of reconsideration and litigation are not counted."""
    payments = sight.matter.part(Payments)
    imposed = payments.additional
    if sight.item.event_type == "AdditionalFineImposed":
        imposed = sight.item
    if imposed is None or payments.due_day is None:
        return
    today = day_of(imposed.act.occurred_at)
    not_counted = payments.remedy_days(today)
    causes: tuple[bytes, ...] = ()
    if imposed is not sight.item:  # The filing was received late; it counts from its own day.
        not_counted = max(not_counted, today - day_of(sight.item.act.occurred_at))
        causes = (imposed.act.event_id,)
    if not_counted > 0 and imposed.payload["days"] > today - payments.due_day - not_counted:
        yield Finding(imposed.act.event_id.hex(), causes)
