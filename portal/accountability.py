"""Who answers for what an alert is about, and what came of it: the same at every door.

Read before: ``ledger/domain/responsible.py``, ``portal/alerts.py``. Read next:
``portal/api/alerts.py``, ``portal/programs/alerts.py``.

People come from the acts of the alert's matter, held against the promise; the decisions on their
responsibility (责任追究) from the supervision view, since those lie in streams of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.domain.control import ControlState
from ledger.domain.responsible import PARTS, Responsible, responsible
from ledger.domain.stream import counted_acts, read_stream
from ledger.store.log_tables import origin_of
from portal.cli.times import iso_time
from projections.supervision.view import AccountabilityRow, AlertRow

CONFIRMED: Final = "CONFIRMED"
NOT_CONFIRMED: Final = "NOT_CONFIRMED"  # The alert is not confirmed: nobody answers for it yet.
NONE_DECIDED: Final = "NONE"
DECIDED: Final = "DECIDED"


class Accountability(NamedTuple):
    """What an alert's page says of people."""

    people: Sequence[Responsible]
    decisions: Sequence[AccountabilityRow]
    state: str  # ``NOT_CONFIRMED``, ``NONE`` or ``DECIDED``.

    def of_part(self, part: str) -> list[Responsible]:
        """Return the people in one part; maybe nobody."""
        return [one for one in self.people if one.part == part]


def accountability(
    entries: Mapping[str, Sequence[bytes]],
    state: ControlState,
    alert: AlertRow,
    decisions: Sequence[AccountabilityRow],
) -> Accountability:
    """Return who answers for an alert and what was decided.

    Args:
        entries: The promised entries of the alert's stream, by log.
        state: The control log.
        alert: The alert.
        decisions: Those that name it.
    """
    assert state.ledger is not None
    people: list[Responsible] = []
    for log, stored in entries.items():
        acts = read_stream(stored, state)
        people += responsible(counted_acts(acts, state, origin_of(state.ledger.name, log)))
    told = DECIDED if decisions else NONE_DECIDED
    is_open = alert.outcome != CONFIRMED and not decisions
    return Accountability(people, decisions, NOT_CONFIRMED if is_open else told)


def accountability_document(found: Accountability) -> dict[str, Any]:
    """Return it as JSON; a part that nobody had is an empty list."""
    return {
        "responsible": {
            part.lower(): [_person(one) for one in found.of_part(part)] for part in PARTS
        },
        "accountability": {
            "state": found.state,
            "decisions": [_decision(row) for row in found.decisions],
        },
    }


def _person(one: Responsible) -> dict[str, Any]:
    return {
        "officer_id": one.officer_id,
        "event_type": one.act.event_type,
        "event_id": one.event_id,
        "occurred_at": iso_time(one.act.act.occurred_at),
    }


def _decision(row: AccountabilityRow) -> dict[str, Any]:
    return {
        "officer_id": row.officer_id,
        "measure": row.measure,
        "doc_no": row.doc_no,
        "decided_by": row.agency_id,
        "decided_at": iso_time(row.decided_at),
        "event_id": row.event_id,
    }
