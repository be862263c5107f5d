"""What the fold remembers of a stream between its acts: written down as JSON, so in any batches.

Read before: ``view``. Read next: ``facts_of_stream``.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ledger.domain.projection import EntryView
from projections.indicators.view import MEMORIES, MemoryRow
from projections.rows import Rows

_EMPTY: Final = "{}"
_OWNER: Final = "owner"


class StreamMemory:
    """The memory of the stream of one entry.

    It holds the agency that owns the stream and, each only where there is something: the notes
    that the stream bears, the facts that an act made where their key is not its own id, the
    deadlines missed, the stages of a case, the windows of a retrieval, the item of a case, and
    meetings that came before their fact.
    """

    def __init__(self, view: EntryView, rows: Rows) -> None:
        self._key = (view.log, view.entry.stream_id)
        self._rows = rows
        row = rows.get(MEMORIES, self._key)
        self._before = _EMPTY if row is None else row.memory
        self._values: dict[str, Any] = json.loads(self._before)

    @property
    def owner(self) -> str | None:
        """The agency that owns the stream; None before its first act."""
        return self._values.get(_OWNER)

    @owner.setter
    def owner(self, agency_id: str) -> None:
        self._values[_OWNER] = agency_id

    def forget(self) -> None:
        """Forget all but the owner: the acts of the stream are to be taken in again."""
        self._values = {_OWNER: self._values[_OWNER]}

    def get(self, name: str, key: str) -> Any:
        """Return what is remembered under a name and a key; None if nothing is."""
        return self._values.get(name, {}).get(key)

    def all(self, name: str) -> dict[str, Any]:
        """Return everything under a name; not to be changed."""
        found: dict[str, Any] = self._values.get(name, {})
        return found

    def set(self, name: str, key: str, value: Any) -> None:
        """Remember a value."""
        self._values.setdefault(name, {})[key] = value

    def add(self, name: str, key: str, value: Any) -> None:
        """Remember one more value of a list."""
        self._values.setdefault(name, {}).setdefault(key, []).append(value)

    def save(self) -> None:
        """Write the memory down if it changed."""
        text = json.dumps(self._values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if text != self._before:
            self._rows.put(MEMORIES, MemoryRow(*self._key, text))
