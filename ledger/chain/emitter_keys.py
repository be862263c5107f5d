"""Which keys counted when: what the control log says about emitters' and persons' keys.

Read before: docs/spec/verify.md, ``notes``. Read next: ``verify_control``.

An entry is judged against the first ``controlSize`` entries of the control log, at the time it
was received. So a key is kept with each change and the control entry that made it.
Trusts the control log, which must have been verified before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.chain.note_keys import VerifierKey
from ledger.chain.stream_heads import AnchoredHeads
from ledger.chain.type_places import TypePlaces


class KeyChange(NamedTuple):
    """How a key counts from one entry of the control log on."""

    control_index: int  # Leaf index of that entry.
    valid_from: int  # Microseconds UTC.
    ended_at: int | None  # Microseconds UTC; None: neither rotated away nor revoked.


@dataclass
class EmitterKeys:
    """Every key that may sign submissions, by name and id, with its changes in order.

    Besides, what else of the control log an entry is judged by.
    """

    keys: dict[tuple[str, bytes], VerifierKey] = field(default_factory=dict)
    changes: dict[tuple[str, bytes], list[KeyChange]] = field(default_factory=dict)
    control_size: int | None = None  # Entries of the control log these come from; None: unknown.
    ledger: tuple[object, ...] | None = None  # What every log's entry 0 says alike.
    places: TypePlaces = field(default_factory=TypePlaces)
    # Anchored stream heads, by the leaf index of the control entry that says them.
    anchors: dict[int, AnchoredHeads] = field(default_factory=dict)

    def anchors_of(self, origin: str, size: int) -> dict[int, AnchoredHeads]:
        """Return the anchors of a log that are of its first ``size`` entries or fewer."""
        return {
            index: anchored
            for index, anchored in self.anchors.items()
            if anchored.origin == origin and anchored.tree_size <= size
        }

    def reaches(self, control_size: int) -> bool:
        """Say whether the control log was read as far as an entry was judged against it."""
        return self.control_size is None or control_size <= self.control_size

    def register(self, key: VerifierKey, control_index: int, valid_from: int) -> None:
        """Add a key; one that is there stays as it is."""
        name = (key.name, key.key_id)
        if self.keys.setdefault(name, key) == key:
            self.changes.setdefault(name, [KeyChange(control_index, valid_from, None)])

    def end(self, key: VerifierKey, control_index: int, at: int) -> None:
        """Let a key count only before ``at``; an end once set only moves forward in time."""
        rows = self.changes.get((key.name, key.key_id))
        if rows:
            last = rows[-1]
            at = at if last.ended_at is None else min(at, last.ended_at)
            rows.append(KeyChange(control_index, last.valid_from, at))

    def fault(self, key: VerifierKey, control_size: int, received_at: int) -> str | None:
        """Return why a signature under ``key`` does not count for an entry, None if it does.

        Args:
            key: A key of ``keys``.
            control_size: How much of the control log the entry was judged against.
            received_at: Microseconds UTC.
        """
        known = None
        for change in self.changes[(key.name, key.key_id)]:
            if change.control_index < control_size:
                known = change
        if known is None:
            return "key not registered in the control log as the entry knew it"
        if received_at < known.valid_from:
            return "key not valid yet"
        if known.ended_at is not None and received_at >= known.ended_at:
            return "key revoked or rotated away"
        return None
