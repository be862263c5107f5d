"""Rules of the summary procedure (简易程序): what may be decided on the spot, and its filing.

Read before: ``decision``. Read next: ``case_course``. Statutes: 行政处罚法 arts. 51, 52, 85.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import add_working_days
from ledger.rules.violations.chronicle import found, is_late, severity, when
from ledger.rules.violations.decision import ON_SITE
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.penalties import FINES, amount, kinds
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import missed_from

_FILED = "OnSitePenaltyFiled"


class SummaryFilings:
    """The first filing of each decision made on the spot."""

    def __init__(self) -> None:
        self.of: dict[bytes, StreamAct] = {}

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        if item.event_type == _FILED:
            self.of.setdefault(item.payload["decisionEventId"], item)


@BOOK.rule("V-PROC-13", ON_SITE)
def beyond_summary_procedure(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 51: warnings, and fines up to 200 yuan of a citizen, 3,000 of others."""
    penalties = sight.item.payload["penalties"]
    party_type = sight.item.payload["party"]["partyType"]
    is_natural = party_type in listed(sight.rules, "natural_party_types")
    kind = "natural" if is_natural else "organisation"
    is_small = amount(penalties, FINES) <= number(sight.rules, f"summary_fine_fen_{kind}_max")
    if not is_small or kinds(penalties) - listed(sight.rules, "summary_penalty_kinds"):
        yield found(sight, sight.item)


@BOOK.rule("V-PROC-14", _FILED, ON_SITE, "DeadlineMissed", cured_by=(_FILED,))
def filed_late(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 52(3): what was decided on the spot is filed with the agency (D-PEN-04)."""
    yield from missed_from(sight, "D-PEN-04")
    decision, filing = _decision_and_filing(sight)
    if decision is not None and filing is not None:
        days = number(sight.rules, "on_site_filing_working_days")
        due = add_working_days(day_of(when(decision)), days, sight.control.calendar)
        if is_late(filing.payload["filedAt"], due):
            strictness = severity(is_provisional=due.provisional)
            yield found(sight, decision, filing, severity=strictness)


def _decision_and_filing(sight: Sight) -> tuple[StreamAct | None, StreamAct | None]:
    item = sight.item
    if item.event_type == _FILED:
        return sight.matter.act(item.payload["decisionEventId"]), item
    if item.event_type == ON_SITE:
        return item, sight.matter.part(SummaryFilings).of.get(item.act.event_id)
    return None, None
