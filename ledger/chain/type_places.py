"""In which log acts of an event type lie, as the catalogues in the control log say.

Read before: docs/spec/verify.md. Read next: ``control_reader``.

An entry is judged by the catalogue that stood in the first ``controlSize`` entries of the control
log. Before the first catalogue there is none to judge by. Trusts the control log, which must have
been verified before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.errors import MalformedError


@dataclass
class TypePlaces:
    """Every catalogue, in order: the control entry that published it, and each type's log."""

    catalogues: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)

    def add(self, control_index: int, text: str) -> None:
        """Add the text of a ``CatalogueVersionPublished``.

        Raises:
            MalformedError: Not a catalogue.
        """
        try:
            rows = {name: row["log"] for name, row in json.loads(text)["types"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedError("not a catalogue", pointer="/text") from error
        self.catalogues.append((control_index, rows))

    def version(self, control_size: int) -> int:
        """Return how many catalogues stand in the first entries of the control log."""
        return sum(index < control_size for index, _ in self.catalogues)

    def fault(self, event_type: str, control_size: int, *, is_control: bool) -> str | None:
        """Return why a submitted act of a type does not belong into a log, None if it does.

        Args:
            event_type: The act's.
            control_size: How much of the control log the entry was judged against.
            is_control: Whether it lies in the control log.
        """
        version = self.version(control_size)
        if not version:
            return None
        where = self.catalogues[version - 1][1].get(event_type)
        if where is None:
            return "an act of a type that the catalogue does not have"
        if where == "target" or (where == "control") == is_control:
            return None
        return "an act of a type that belongs into another log"
