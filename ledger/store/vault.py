"""The vault: personal and secret values, each under the data key of its subject.

Read before: ``ledger/store/sealed.py``. Read next: ``ledger/store/quarantine.py``.

The appender writes openings in the transaction of their entry; the portal reveals them to those who
may. Entries hold commitments only, so what is revealed can be checked against them.
Who can change vault rows can make values unreadable, not false: each is bound to stream, event and
path, and opens a commitment that is in the tree.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from ledger.chain.ids import uuid_text
from ledger.clock import system_random
from ledger.domain.rows import VaultOpening
from ledger.store.key_store import KeyStore, Subject
from ledger.store.sealed import NONCE_SIZE_BYTES, bound_to, seal, unseal
from ledger.store.sql import load
from ledger.store.uuid_array import UuidArray

_COLUMNS = ["text", "bytea", "text", "text", "text", "bytea"]


class Revealed(NamedTuple):
    """One value of the vault with what its commitment was made of."""

    path: str
    subject_id: str
    salt: bytes  # 32 bytes.
    value: bytes  # RFC 8785 JSON.


def write_openings(
    cursor: Cursor[Any],
    key_store: KeyStore,
    log: str,
    openings: Sequence[VaultOpening],
) -> None:
    """Write verified openings inside the caller's transaction.

    The data keys are durable when this returns, so before that transaction can commit: a crash in
    between leaves keys that nothing needs, never values that nothing opens.
    """
    subjects = [Subject(log, item.stream_id, item.subject_id) for item in openings]
    keys = key_store.data_keys(subjects)
    ciphers = {subject: AESGCM(key) for subject, key in keys.items()}
    nonces = system_random(NONCE_SIZE_BYTES * len(openings))
    queries = load("ledger.store", "vault.sql")
    with cursor.copy(queries["copy_openings"]) as copy:
        copy.set_types(_COLUMNS)
        for number, (item, subject) in enumerate(zip(openings, subjects, strict=True)):
            place = bound_to(log, item.stream_id, uuid_text(item.event_id), item.path)
            start = number * NONCE_SIZE_BYTES
            nonce = nonces[start : start + NONCE_SIZE_BYTES]
            sealed = seal(ciphers[subject], nonce, item.salt, item.value, place)
            copy.write_row((log, item.event_id, item.path, item.stream_id, item.subject_id, sealed))
    _write_index(cursor, key_store, log, openings)


def _write_index(
    cursor: Cursor[Any], key_store: KeyStore, log: str, openings: Sequence[VaultOpening]
) -> None:
    named = [item for item in openings if item.id_scheme is not None]
    if not named:
        return
    key = key_store.blind_index_key()
    blinded = [_blinded(key, item.id_scheme or "", json.loads(item.value)) for item in named]
    values = {
        "log": log,
        "blinded": blinded,
        "stream_ids": [item.stream_id for item in named],
        "subject_ids": [item.subject_id for item in named],
    }
    cursor.execute(load("ledger.store", "vault.sql")["insert_blind_index"], values)


def _blinded(key: bytes, id_scheme: str, id_value: str) -> bytes:
    """Return HMAC-SHA-256 over scheme and number; the last sign of an id card is written X."""
    return hmac.digest(key, bound_to(id_scheme, id_value.strip().upper()), hashlib.sha256)


class Vault:
    """Reads the vault.

    Args:
        connection: As a role that may (``lz_portal``); each call is one statement.
        key_store: Where the data keys are; asked each time, so a destroyed key works at once.
    """

    def __init__(self, connection: Connection[Any], key_store: KeyStore) -> None:
        self._connection = connection
        self._keys = key_store
        self._queries = load("ledger.store", "vault.sql")

    def reveal(
        self, log: str, stream_id: str, event_id: bytes, paths: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return the values of an event by path, as JSON values; those erased are left out.

        Raises:
            VerificationError: A stored value was changed or moved.
        """
        found = self.openings(log, stream_id, event_id, paths)
        return {item.path: json.loads(item.value) for item in found}

    def openings(
        self, log: str, stream_id: str, event_id: bytes, paths: Sequence[str] | None = None
    ) -> list[Revealed]:
        """Return the openings of an event in path order: value, salt and subject.

        Raises:
            VerificationError: A stored value was changed or moved.
        """
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        values = {"log": log, "stream_id": stream_id, "event_ids": UuidArray.of([event_id])}
        rows = cursor.execute(self._queries["select_openings"], values).fetchall()
        wanted = [row for row in rows if paths is None or row[0] in paths]
        subjects = {row[0]: Subject(log, stream_id, row[1]) for row in wanted}
        keys = self._keys.find_data_keys(list(subjects.values()))
        result = []
        for path, subject_id, sealed in wanted:
            if (key := keys.get(subjects[path])) is None:
                continue  # Erased: the row outlives its key and says nothing.
            place = bound_to(log, stream_id, uuid_text(event_id), path)
            result.append(Revealed(path, subject_id, *unseal(key, sealed, place)))
        return result

    def find(self, id_scheme: str, id_value: str) -> list[Subject]:
        """Return the subjects whose openings carry this identity number, over all matters."""
        blinded = _blinded(self._keys.blind_index_key(), id_scheme, id_value)
        cursor = self._connection.cursor(row_factory=tuple_row)
        query = self._queries["select_blind_index"]
        rows = cursor.execute(query, {"blinded": blinded}).fetchall()
        return [Subject(*row) for row in rows]

    def same(self, subjects: Sequence[Subject]) -> list[list[int]]:
        """Return which of the subjects carry the same identity number, as positions in groups.

        Neither number nor index value leaves the vault. Whose key was destroyed is in no group.
        """
        cursor = self._connection.cursor(row_factory=tuple_row)
        values = {
            "logs": [one.log for one in subjects],
            "stream_ids": [one.stream_id for one in subjects],
            "subject_ids": [one.subject_id for one in subjects],
        }
        rows = cursor.execute(self._queries["select_shared_index"], values).fetchall()
        groups = [[number - 1 for number in row[0]] for row in rows]
        found = sorted({number for group in groups for number in group})
        keys = self._keys.find_data_keys([subjects[number] for number in found])
        known = [[it for it in group if subjects[it] in keys] for group in groups]
        return [group for group in known if len(group) > 1]
