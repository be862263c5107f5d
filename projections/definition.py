"""What a view is, as its folder says it.

Read before: ``rows``. Read next: ``projections/disclosure/projection.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from ledger.domain.projection import ControlReader, EntryView
from projections.rows import Rows
from projections.tables import Table


class ViewDefinition(Protocol):
    """What a view is: one a folder, in its ``projection.py``."""

    @property
    def name(self) -> str:
        """Name of the view; a rename is a rebuild."""
        ...

    @property
    def code_version(self) -> str:
        """Changes whenever the same ledger would give other rows, by code or by data it reads."""
        ...

    @property
    def event_types(self) -> Collection[str] | None:
        """Event types it takes in; None for all."""
        ...

    @property
    def tables(self) -> Sequence[Table[Any]]:
        """Its tables; ``schema.sql`` in ``package`` creates them."""
        ...

    @property
    def package(self) -> str:
        """The package that holds its ``schema.sql``, with blocks ``tables`` and ``indexes``."""
        ...

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        ...
