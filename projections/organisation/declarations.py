"""What an agency declares: who answers for what, how many review, which rules and documents hold.

Read before: ``completeness``. Read next: ``tasks``. Pure functions of the acts that count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from projections.organisation.view import Fact

DOCUMENT_KINDS: Final = ("STANDARD", "EQUIPMENT_PLAN", "FACILITY_PLAN", "ANNUAL_PLAN")
"""装备配备标准、装备配备规划、设施建设规划、年度实施计划: task table row 23.2."""
REVIEWER_NUMBER: Final = "review_staff_percent_min"
"""Number of the rule set: legal reviewers in 100 officers, at least (task table row 11.2)."""


def responsibilities(facts: Sequence[Fact]) -> list[Fact]:
    """Return who answers for what: the newest assignment of each system and role."""
    return _newest(facts, "ResponsibilityAssigned", ("system", "role"))


def policy_documents(facts: Sequence[Fact]) -> list[Fact]:
    """Return the rules in force: of each agency the newest text under each document number."""
    newest = {
        (fact.row.by_agency_id, fact.value("docNo")): fact
        for fact in facts
        if fact.row.event_type == "PolicyDocumentAdopted"
    }
    return [newest[key] for key in sorted(newest)]


def equipment_documents(facts: Sequence[Fact]) -> dict[str, Fact | None]:
    """Return the newest document of each of the four kinds, None where there is none."""
    found = {
        fact.value("kind"): fact for fact in _newest(facts, "EquipmentStandardAdopted", ("kind",))
    }
    return {kind: found.get(kind) for kind in DOCUMENT_KINDS}


def funding_plans(facts: Sequence[Fact]) -> list[Fact]:
    """Return the newest plan of each year, by year."""
    return _newest(facts, "FundingPlanAdopted", ("year",))


class Staffing(NamedTuple):
    """Legal reviewers among an agency's officers (task table row 11.2, K-06).

    Attributes:
        officers: Enforcement officers.
        reviewers: Legal reviewers.
        tenths: Reviewers in 1,000 officers, rounded half up: tenths of a percent. None without
            officers.
        required: The least whole number that reaches the share; None where the rule set has none.
    """

    officers: int
    reviewers: int
    tenths: int | None
    required: int | None

    @property
    def ratio(self) -> str | None:
        """Return the share in percent with one decimal, such as ``2.7``."""
        return None if self.tenths is None else f"{self.tenths // 10}.{self.tenths % 10}"

    @property
    def is_flagged(self) -> bool:
        """Whether there are fewer than required."""
        return self.required is not None and self.reviewers < self.required


def staffing(declared: Fact, percent_min: int | None) -> Staffing:
    """Return what a declaration says against the share that a rule set requires."""
    officers, reviewers = declared.value("officersTotal"), declared.value("reviewers")
    tenths = (reviewers * 2_000 + officers) // (2 * officers) if officers > 0 else None
    required = None if percent_min is None else -(-officers * percent_min // 100)
    return Staffing(officers, reviewers, tenths, required)


def _newest(facts: Sequence[Fact], event_type: str, names: Sequence[str]) -> list[Fact]:
    """Return the last act of a type for each value of some fields, by those."""
    newest: dict[tuple[Any, ...], Fact] = {}
    for fact in facts:
        if fact.row.event_type == event_type:
            newest[tuple(fact.value(name) for name in names)] = fact
    return [newest[key] for key in sorted(newest)]
