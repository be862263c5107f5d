"""Quarantine: the raw bytes of refused records, readable for 90 days and then for nobody.

Read before: ``ledger/store/vault.py``. Read next: ``ledger/store/tile_store.py``.

A refused record may hold anything, names in the clear included. Its bytes lie here only, with their
salt, under a key of the day they came in; when that key is destroyed the salted hash in the ledger
confirms no guess any more. The day is PostgreSQL's, not the ledger's: simulated time keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from ledger.chain.entry import Source
from ledger.clock import MICROS_PER_SECOND, system_random
from ledger.domain.rows import QuarantineItem
from ledger.limits import QUARANTINE_DAYS
from ledger.store.key_store import KeyStore
from ledger.store.sealed import NONCE_SIZE_BYTES, bound_to, seal, unseal
from ledger.store.sql import load

_COLUMNS = ["text", "text", "text", "int4", "int8", "int4", "bytea"]
_MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND


class RefusedRecord(NamedTuple):
    """The bytes of a refused record with the salt of its hash."""

    salt: bytes  # 32 bytes.
    raw: bytes


def write_quarantine(
    cursor: Cursor[Any],
    key_store: KeyStore,
    log: str,
    now: int,
    items: Sequence[QuarantineItem],
) -> None:
    """Write refused records inside the caller's transaction; the day's key is durable before it.

    Args:
        cursor: Of the transaction that also writes ``EventsRejected``.
        key_store: Where the day's key is.
        log: The log whose appender refused them.
        now: PostgreSQL's clock, microseconds UTC.
        items: One a record.
    """
    day = now // _MICROS_PER_DAY
    cipher = AESGCM(key_store.day_key(day))
    queries = load("ledger.store", "vault.sql")
    with cursor.copy(queries["copy_quarantine"]) as copy:
        copy.set_types(_COLUMNS)
        for item in items:
            nonce, place = system_random(NONCE_SIZE_BYTES), _place(log, item.source)
            sealed = seal(cipher, nonce, item.salt, item.raw, place)
            copy.write_row((log, *item.source[:4], day, sealed))


def read_quarantine(
    connection: Connection[Any], key_store: KeyStore, log: str, source: Source
) -> RefusedRecord | None:
    """Return a refused record, or None where there is none or its 90 days are over.

    No command offers this: what a stranger sent may hold anybody's values, and who may look at it,
    with whose approval, has to be an act of the ledger first, as it is for a case's record. It
    takes the owner of the tables and the key store; no role may read these rows.

    Raises:
        VerificationError: The stored bytes were changed or moved.
    """
    query = load("ledger.store", "vault.sql")["select_quarantine"]
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    row = cursor.execute(query, {"log": log, **source._asdict()}).fetchone()
    key = None if row is None else key_store.find_day_key(row[0])
    if row is None or key is None:
        return None
    return RefusedRecord(*unseal(key, row[1], _place(log, source)))


def expire_quarantine(key_store: KeyStore, now: int) -> int:
    """Destroy the keys of the days that are past; return how many there were. Repeatable.

    The rows stay: without their key they say nothing, and the appender's role may not delete.

    Args:
        key_store: Where the keys are.
        now: PostgreSQL's clock, microseconds UTC.
    """
    return key_store.destroy_day_keys(now // _MICROS_PER_DAY - QUARANTINE_DAYS)


def _place(log: str, source: Source) -> bytes:
    return bound_to(
        log, source.incarnation, source.topic, str(source.partition), str(source.offset)
    )
