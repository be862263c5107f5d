"""UUIDs on their way to PostgreSQL without an object for each: packed as one binary array.

Read before: ``ledger/store/log_tables.py``. Read next: ``ledger/store/transaction.py``.

An append asks for thousands of event ids at once; making a ``uuid.UUID`` of each costs more than
the query. The bytes are those of PostgreSQL's ``array_recv``: dimensions, flags, element type,
length, lower bound, then length and bytes of each element, all big-endian 32-bit numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

UUID_OID: Final = 2950
UUID_ARRAY_OID: Final = 2951
_HEADER: Final = struct.Struct("!iiIii")
_LENGTH: Final = struct.pack("!i", 16)


class UuidArray(bytes):
    """The binary form of a ``uuid[]`` parameter."""

    @classmethod
    def of(cls, ids: Sequence[bytes]) -> UuidArray:
        """Pack ids of 16 bytes each."""
        assert all(len(item) == 16 for item in ids)
        if not ids:
            return cls(struct.pack("!iiI", 0, 0, UUID_OID))
        header = _HEADER.pack(1, 0, UUID_OID, len(ids), 1)
        return cls(header + _LENGTH + _LENGTH.join(ids))


class _UuidArrayDumper(Dumper):
    format = Format.BINARY
    oid = UUID_ARRAY_OID

    def dump(self, obj: UuidArray) -> bytes:
        return obj


psycopg.adapters.register_dumper(UuidArray, _UuidArrayDumper)
