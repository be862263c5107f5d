"""The database layout: numbered SQL files, each applied once and remembered by its checksum.

Read before: ``ledger/store/sql.py``. Read next: ``ledger/store/log_tables.py``.

A file is named ``NNNN_pre_*.sql`` (before the new programs run) or ``NNNN_post_*.sql``; a published
file is never edited. Trusts the database's owner: whoever owns the tables can change them, which
is what checkpoints and the second copy are there to show.
"""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from typing import Final, NamedTuple

import psycopg
from psycopg import Connection

from ledger.errors import MalformedError, VerificationError
from ledger.store.outage import postgres_away
from ledger.store.sql import load

LOCK_KEY: Final = 0x4C5A_4D49  # "LZMI": the advisory lock of everybody who migrates.
_FILE = re.compile(r"^(\d{4})_(pre|post)_[a-z0-9_]+\.sql$")


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Checksum of the text, 64 hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the files of this version of the program in order, numbered from 1 without a gap."""
    folder = files("ledger.store") / "migrations"
    found = sorted(item.name for item in folder.iterdir() if _FILE.match(item.name))
    result = [
        Migration(int(name[:4]), name, (folder / name).read_text(encoding="utf-8"))
        for name in found
    ]
    assert [item.number for item in result] == list(range(1, len(result) + 1))
    return result


def migrate(url: str) -> int:
    """Bring a database up to this program's layout; return its number. Repeatable.

    Each file runs in a transaction of its own together with the row that remembers it, under an
    advisory lock, so that two programs that start at once do not collide.

    Raises:
        UnavailableError: The database is away.
        MalformedError: The database is newer than this program.
        VerificationError: A file that was applied has another text now.
    """
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            queries = load("ledger.store", "migrations.sql")
            connection.execute(queries["lock"], (LOCK_KEY,))
            connection.execute(queries["create_namespace"])
            connection.execute(queries["create_migrations"])
            return _apply_missing(connection, queries)
    except psycopg.OperationalError as error:
        raise postgres_away(error) from error


def _apply_missing(connection: Connection, queries: dict[str, str]) -> int:
    applied: dict[int, str] = dict(connection.execute(queries["select_applied"]).fetchall())
    ours = migrations()
    if set(applied) - {item.number for item in ours}:
        text = "the database's layout is newer than this program: upgrade the program"
        raise MalformedError(text, code="DATABASE_LAYOUT")
    for item in ours:
        if item.number in applied:
            if applied[item.number] != item.sha256:
                raise VerificationError(f"migration {item.name} is not the one that was applied")
            continue
        with connection.transaction():
            connection.execute(item.text)
            connection.execute((queries["insert_applied"]), (item.number, item.name, item.sha256))
    return len(ours)
