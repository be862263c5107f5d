"""Rules of execution (执行): money taken on the spot, additional fines, demand and enforcement.

Read before: ``rule``. Statutes: 行政处罚法 arts. 68 to 73, 行政强制法 arts. 35, 43.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.rules.violations.rule import BOOK, Finding, Sight


@BOOK.rule("V-COE-07", "EnforcementDecisionMade")
def enforcement_without_demand(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 35: the party is called upon to perform before enforcement is decided."""
    if not sight.matter.has("DemandNoticeServed"):
        yield Finding(sight.item.act.event_id.hex())
