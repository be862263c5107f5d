"""Which decisions are about the same natural person, as the vault's keyed index says.

Read before: ``ledger/store/vault.py``. Read next: ``correlation``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.store.key_store import Subject
from ledger.store.vault import Vault
from portal.discretion.correlation import SamePersons
from projections.discretion.view import Decided


def same_persons_of(vault: Vault) -> SamePersons:
    """Return what asks this vault; a person whose number was never given is in no group."""

    def same_persons(decisions: Sequence[Decided]) -> list[list[Decided]]:
        if not decisions:
            return []
        subjects = [Subject(one.row.log, one.row.stream_id, one.row.party_id) for one in decisions]
        return [[decisions[number] for number in group] for group in vault.same(subjects)]

    return same_persons
