"""Which parties of different matters are one natural person, as the vault's keyed index says.

Read before: ``vault``. Read next: ``consumers/supervise/day_closing.py``.

Only the index is read: neither a value nor a key, and no digest leaves the database. Needs SELECT
on ``vault.blind_index`` and nothing else of the vault. Trusts whoever can write that table: rows
that were added or taken away change who is taken for one person, and no entry shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from ledger.errors import UnavailableError
from ledger.rules.day_close.rule import Person
from ledger.store.outage import postgres_away
from ledger.store.sql import load

ASKED_MAX: Final = 1_000  # Parties in one question; of two with one person in them both say so.


class PersonIndex:
    """Tells persons apart; not thread-safe.

    Args:
        connection: As a role that may read the index (``lz_supervise``, ``lz_audit``), autocommit.
            Nobody else uses it: other questions are asked while rows are read.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._query = load("ledger.store", "vault.sql")["select_persons"]

    def same_persons(self, parties: Sequence[Person]) -> Iterator[Iterator[Person]]:
        """Yield, for each person among the parties, all parties that are the same one.

        Who has one name only is left out. Read row by row, however many there are: each person is
        to be read before the next.

        Raises:
            UnavailableError: The index cannot be read.
        """
        for start in range(0, len(parties), ASKED_MAX):
            rows = self._rows(parties[start : start + ASKED_MAX])
            for _, group in groupby(rows, key=lambda row: row[0]):
                yield (Person(*party) for _, *party in group)

    def _rows(self, parties: Sequence[Person]) -> Iterator[Any]:
        values = {
            "logs": [one.log for one in parties],
            "stream_ids": [one.stream_id for one in parties],
            "subject_ids": [one.party_id for one in parties],
        }
        try:
            yield from self._connection.cursor().stream(self._query, values)
        except InsufficientPrivilege as error:
            text = "the vault's index may not be read: run infra/postgres/roles.sql again"
            raise UnavailableError(text) from error
        except psycopg.OperationalError as error:
            raise postgres_away(error) from error
