"""Faults of execution: cash, additional fines, enforcement.

Read before: ``consumers/generate/case/matter.py``.
Read next: ``consumers/generate/case/newcomers.py``.
Trusts: nothing.
"""

from __future__ import annotations

from consumers.generate.case.matter import Matter
from consumers.generate.simulation import Process
from consumers.generate.timeline import moment

_PER_MILLE_A_DAY = 30
_NIGHT = 23 * 60  # Minute of the day.


def collect_on_the_spot(matter: Matter) -> Process:
    """Cash is taken as small, though the decision was not made on the spot."""
    yield from _collect(matter, "AT_MOST_100_YUAN", 0)


def collect_and_keep(matter: Matter) -> Process:
    """Cash is rightly taken far away, and handed in a day after the two that the law gives."""
    yield from _collect(matter, "REMOTE_AREA", 3)


def _collect(matter: Matter, ground: str, workdays: int) -> Process:
    amount = matter.plan.fine + matter.plan.gains
    yield matter.minutes(20, 40)
    payload = {
        "amountFen": amount,
        "ground": ground,
        "receiptNo": f"HN{matter.today}-{matter.draws.below(10_000):04d}",
    }
    matter.submit("FineCollectedOnSite", payload, *matter.pair)
    yield matter.morning(workdays)
    payload = {"amountFen": amount, "at": matter.now - 60_000_000}
    matter.submit("OnSiteFineHandedIn", payload, matter.pair[0])
    yield matter.minutes(20, 40)
    payload = {"amountFen": amount, "at": matter.now - 60_000_000}
    matter.submit("FineRemitted", payload, matter.approver)


def impose_too_much(matter: Matter) -> Process:
    """An additional fine of more than the fine itself."""
    yield matter.minutes(20, 40)
    _impose(matter, 34, matter.plan.fine + 100)


def impose_during_remedy(matter: Matter) -> Process:
    """An additional fine that counts a day of the reconsideration."""
    yield matter.minutes(20, 40)
    payload = {
        "body": f"{matter.office.agency.city}人民政府",
        "acceptedAt": matter.now - 60_000_000,
    }
    filed = matter.submit("ReconsiderationFiled", payload, matter.pair[0])
    yield matter.morning(1)
    _impose(matter, 1, matter.plan.fine * _PER_MILLE_A_DAY // 1_000)
    yield matter.minutes(60, 90)
    result = {
        "filingEventId": filed,
        "result": "UPHELD",
        "doc": matter.document("行政复议决定书"),
    }
    matter.submit("RemedyResultReceived", result, matter.pair[0])


def _impose(matter: Matter, days: int, amount: int) -> None:
    payload = {"ratePerDayPerMille": _PER_MILLE_A_DAY, "days": days, "amountFen": amount}
    matter.submit("AdditionalFineImposed", payload, *matter.pair)


def enforce_at_night(matter: Matter) -> Process:
    """Demanded in time, but set for eleven at night (行政强制法 art. 43)."""
    yield matter.minutes(20, 40)
    payload = {
        "doc": matter.document("履行行政决定催告书"),
        "due": matter.calendar.add(matter.today, 10),
        "amountFen": None,
    }
    matter.submit("DemandNoticeServed", payload, *matter.pair)
    yield matter.morning(11)
    _enforce(matter, moment(matter.today, _NIGHT))


def enforce_without_demand(matter: Matter) -> Process:
    """Decided without having called upon the party to perform (行政强制法 art. 35)."""
    yield matter.morning(1)
    _enforce(matter, matter.now - 60_000_000)


def _enforce(matter: Matter, at: int) -> None:
    payload = {
        "doc": matter.document("行政强制执行决定书"),
        "enforceKind": "REMOVE_RESTORE",
        "at": at,
    }
    matter.submit("EnforcementDecisionMade", payload, *matter.pair, matter.approver)
