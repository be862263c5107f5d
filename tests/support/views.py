"""Views fed from a ``LedgerCopy``, in memory and in PostgreSQL, behind the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from consumers.project import FactsFollower, Projector
from consumers.rebuild import rebuild_view
from ledger.domain.projection import ControlReader, EntrySource, EntryView
from projections.case_replay.memory import MemoryCaseReplayReader
from projections.case_replay.postgres import PostgresCaseReplayReader
from projections.case_replay.projection import CaseReplayProjection
from projections.deadlines.memory import MemoryDeadlineReader
from projections.deadlines.postgres import PostgresDeadlineReader
from projections.deadlines.projection import DeadlineProjection
from projections.definition import ViewDefinition
from projections.digest import format_digest
from projections.disclosure.memory import MemoryDisclosureReader
from projections.disclosure.postgres import PostgresDisclosureReader
from projections.disclosure.projection import DisclosureProjection
from projections.discretion.memory import MemoryDiscretionReader
from projections.discretion.postgres import PostgresDiscretionReader
from projections.discretion.projection import DiscretionProjection
from projections.indicators.memory import MemoryIndicatorReader
from projections.indicators.postgres import PostgresIndicatorReader
from projections.indicators.projection import IndicatorsProjection
from projections.organisation.memory import MemoryOrganisationReader
from projections.organisation.postgres import PostgresOrganisationReader
from projections.organisation.projection import OrganisationProjection
from projections.registers.memory import MemoryRegisterReader
from projections.registers.postgres import PostgresRegisterReader
from projections.registers.projection import RegistersProjection
from projections.retrieval.memory import MemoryRetrievalReader
from projections.retrieval.postgres import PostgresRetrievalReader
from projections.retrieval.projection import RetrievalProjection
from projections.rows import MemoryRows
from projections.sharing.memory import MemorySharingReader
from projections.sharing.postgres import PostgresSharingReader
from projections.sharing.projection import SharingProjection
from projections.supervision.memory import MemorySupervisionReader
from projections.supervision.postgres import PostgresSupervisionReader
from projections.supervision.projection import SupervisionProjection
from projections.tracking import read_state
from projections.view_store import PostgresView
from tests.support.ledger_copy import MemorySource

DEFINITIONS = (
    DisclosureProjection,
    CaseReplayProjection,
    RetrievalProjection,
    RegistersProjection,
    SupervisionProjection,
    IndicatorsProjection,
    DeadlineProjection,
    OrganisationProjection,
    DiscretionProjection,
    SharingProjection,
)
MEMORY_READERS = {
    "disclosure": MemoryDisclosureReader,
    "case_replay": MemoryCaseReplayReader,
    "retrieval": MemoryRetrievalReader,
    "registers": MemoryRegisterReader,
    "supervision": MemorySupervisionReader,
    "indicators": MemoryIndicatorReader,
    "deadlines": MemoryDeadlineReader,
    "organisation": MemoryOrganisationReader,
    "discretion": MemoryDiscretionReader,
    "sharing": MemorySharingReader,
}
POSTGRES_READERS = {
    "disclosure": PostgresDisclosureReader,
    "case_replay": PostgresCaseReplayReader,
    "retrieval": PostgresRetrievalReader,
    "registers": PostgresRegisterReader,
    "supervision": PostgresSupervisionReader,
    "indicators": PostgresIndicatorReader,
    "deadlines": PostgresDeadlineReader,
    "organisation": PostgresOrganisationReader,
    "discretion": PostgresDiscretionReader,
    "sharing": PostgresSharingReader,
}


class MemoryView:
    """A view whose rows are dicts; a batch that fails leaves nothing behind in the test's mind."""

    def __init__(self, definition: ViewDefinition) -> None:
        self.definition = definition
        self.name = definition.name
        self.event_types = definition.event_types
        self.is_current = True
        self.rows = MemoryRows(definition.tables)
        self.sizes: dict[str, int] = {}

    @contextmanager
    def batch(self) -> Iterator[MemoryView]:
        """Open a batch."""
        yield self

    def apply(self, entries: Sequence[EntryView], facts: ControlReader) -> None:
        """Take in entries."""
        for entry in entries:
            self.definition.process(entry, facts, self.rows)

    def reached(self, log: str, size: int) -> None:
        """Note how far a log was taken in."""
        self.sizes[log] = size

    @property
    def digest(self) -> str:
        """The digest of all rows."""
        return format_digest(self.rows.digest())


class Readers(NamedTuple):
    """One reader a view."""

    disclosure: Any
    case_replay: Any
    retrieval: Any
    registers: Any
    supervision: Any
    indicators: Any
    deadlines: Any
    organisation: Any
    discretion: Any
    sharing: Any


def memory_readers(logs: Mapping[str, Sequence[bytes]]) -> Readers:
    """Return readers of views fed in memory."""
    views = [memory_view(definition(), MemorySource(logs)) for definition in DEFINITIONS]
    return Readers(**{view.name: MEMORY_READERS[view.name](view.rows) for view in views})


def memory_view(
    definition: ViewDefinition, source: EntrySource, entries_max: int = 1_000
) -> MemoryView:
    """Return a view in memory that has taken in all there is."""
    view = MemoryView(definition)
    drain(view, source, entries_max)
    return view


def drain(view: Any, source: EntrySource, entries_max: int = 1_000) -> None:
    """Feed a view batch by batch until nothing is left."""
    projector = Projector(view, source, FactsFollower(source))
    while projector.project_batch(entries_max).moved:
        pass


def postgres_readers(
    connection: psycopg.Connection[Any], logs: Mapping[str, Sequence[bytes]]
) -> Readers:
    """Return readers of views fed in PostgreSQL, by the live loop in small batches."""
    for definition in DEFINITIONS:
        drain(empty_view(definition(), connection), MemorySource(logs), entries_max=7)
    return Readers(**{name: reader(connection) for name, reader in POSTGRES_READERS.items()})


def empty_view(definition: ViewDefinition, connection: psycopg.Connection[Any]) -> PostgresView:
    """Return a view in PostgreSQL that has taken in nothing."""
    view = PostgresView(definition, connection)
    nothing = MemorySource({})
    rebuild_view(view, nothing, FactsFollower(nothing))
    return view


def stored_digest(connection: psycopg.Connection[Any], name: str) -> str:
    """Return the digest that a view in PostgreSQL carries."""
    state = read_state(connection, name)
    assert state is not None
    return state.digest
