"""The rows of the supervision view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

One row an alert. What its rule says in words is in the published rule set that it names; what
people wrote in answer is a commitment and not here. Alerts are never public.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from projections.reading import Cursor, Listing
from projections.tables import Table

STATES: Final = ("RAISED", "ACKNOWLEDGED", "EXPLAINED", "RESOLVED")


LATE_CURE: Final = "LATE_CURE"
DISCOVERED_LATE: Final = "DISCOVERED_LATE"
MARKS: Final = (LATE_CURE, DISCOVERED_LATE)


class AlertRow(NamedTuple):
    """One alert; times in microseconds UTC, event ids as UUIDs."""

    log: str
    stream_id: str  # The matter.
    event_id: str  # Of the alert's own act; follows from ``alert_id``.
    alert_id: str  # 64 hex digits.
    rule_id: str
    rule_set_version: str
    severity: str
    state: str  # The furthest that it has come: one of ``STATES``.
    agency_id: str  # Whose act raised it.
    item_code: str | None
    trigger_event_id: str | None
    causes: str  # JSON: event ids, the trigger's first.
    raised_at: int  # When the trigger was received.
    acknowledged_by: str | None
    acknowledged_at: int | None
    explained_by: str | None
    explained_at: int | None
    escalated_to: str | None
    escalated_at: int | None
    resolved_by: str | None
    resolved_at: int | None
    outcome: str | None
    late_cured_by: str | None  # The prerequisite that came too late to keep the rule.
    late_cured_at: int | None  # When it was received.
    discovered_by: str | None  # The loss of a credential that was received after what it forbids.
    compared_by: str | None  # ``VAULT_INDEX`` where only that tells that persons are the same.
    changed_at: int
    leaf_index: int  # Of its entry.

    @property
    def mark(self) -> str | None:
        """What is said of an alert beside its state: one of ``MARKS``, the first that holds."""
        if self.late_cured_by is not None:
            return LATE_CURE
        return None if self.discovered_by is None else DISCOVERED_LATE


class AccountabilityRow(NamedTuple):
    """One alert that a decision on somebody's responsibility (责任追究) names."""

    log: str
    stream_id: str  # Of the decision, not of the alert.
    event_id: str
    number: int  # Of the alert in the decision, from 0.
    alerts: int  # How many the decision names.
    alert_id: str
    officer_id: str
    measure: str
    doc_no: str | None
    agency_id: str  # Who decided.
    decided_at: int
    leaf_index: int


ALERTS: Final = Table("alert", AlertRow, 3)
ACCOUNTABILITY: Final = Table("alert_accountability", AccountabilityRow, 4)
TABLES: Final = (ALERTS, ACCOUNTABILITY)
DECISIONS_MAX: Final = 100  # Of one alert that are read.


class AlertQuery(NamedTuple):
    """Which alerts are asked for; None: any."""

    rule_id: str | None = None
    severity: str | None = None
    state: str | None = None
    stream_id: str | None = None
    agency_id: str | None = None
    mark: str | None = None  # One of ``MARKS``.


class RuleCount(NamedTuple):
    """How many alerts a rule has."""

    rule_id: str
    alerts: int


class SupervisionReader(Protocol):
    """Questions to the view."""

    def alerts(
        self, query: AlertQuery, limit: int, after: Cursor | None = None
    ) -> Listing[AlertRow]:
        """Return alerts, the newest first."""
        ...

    def alert(self, alert_id: str) -> AlertRow | None:
        """Return one alert."""
        ...

    def accountability(self, alert_id: str) -> Sequence[AccountabilityRow]:
        """Return the decisions that name an alert, the oldest first; ``DECISIONS_MAX`` at most."""
        ...

    def count_by_rule(self, rule_ids: Sequence[str], most: int) -> dict[str, int]:
        """Return how many alerts each rule has, counted no further than ``most``; 0 left out."""
        ...
