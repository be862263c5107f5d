"""The views there are, and how each is opened on a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from psycopg import Connection

from ledger.errors import MalformedError
from projections.case_replay.projection import CaseReplayProjection
from projections.deadlines.projection import DeadlineProjection
from projections.definition import ViewDefinition
from projections.disclosure.projection import DisclosureProjection
from projections.discretion.projection import DiscretionProjection
from projections.indicators.projection import IndicatorsProjection
from projections.organisation.projection import OrganisationProjection
from projections.registers.projection import RegistersProjection
from projections.retrieval.projection import RetrievalProjection
from projections.sharing.projection import SharingProjection
from projections.supervision.projection import SupervisionProjection
from projections.view_store import PostgresView

VIEWS: Final[Mapping[str, Callable[[], ViewDefinition]]] = {
    "disclosure": DisclosureProjection,
    "case_replay": CaseReplayProjection,
    "retrieval": RetrievalProjection,
    "registers": RegistersProjection,
    "supervision": SupervisionProjection,
    "indicators": IndicatorsProjection,
    "deadlines": DeadlineProjection,
    "organisation": OrganisationProjection,
    "discretion": DiscretionProjection,
    "sharing": SharingProjection,
}


def open_view(name: str, connection: Connection[Any]) -> PostgresView:
    """Return a view, its tables made if they are not there. Raises MalformedError."""
    if name not in VIEWS:
        raise MalformedError(f"there is no view {name}; views are {', '.join(VIEWS)}")
    return PostgresView(VIEWS[name](), connection)
