"""Personal values: written with their entry, read back by those who may, worthless without their keys."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from ledger.chain.entry import Source
from ledger.chain.jcs import canonical_json
from ledger.domain.rows import QuarantineItem, VaultOpening
from ledger.errors import UnavailableError, VerificationError
from ledger.limits import QUARANTINE_DAYS
from ledger.store.key_store import KeyStore, Subject
from ledger.store.quarantine import RefusedRecord, expire_quarantine, read_quarantine
from ledger.store.vault import Revealed, Vault

DAY = 86_400_000_000
STREAM, OTHER = "case:0001", "case:0002"
EVENT = b"event id, 16 b.."
SALT = bytes(range(32))
SOURCE = Source("5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b", "enforcement.acts.v1", 3, 77, 0)
NAME, NUMBER = "李示范", "11010519491231002X"


def opening(path, value, *, subject="p-1", stream=STREAM, event=EVENT, scheme=None):
    return VaultOpening(stream, subject, event, path, SALT, canonical_json(value), scheme)


OPENINGS = [
    opening("/facts", "当事人经营超过保质期的食品。", subject=STREAM),
    opening("/party/idCommitment", NUMBER, scheme="ID_CARD"),
    opening("/party/nameCommitment", NAME),
]


@pytest.fixture
def vault(stored, key_store):
    with psycopg.connect(stored.url, autocommit=True) as connection:
        yield Vault(connection, key_store)


def test_what_was_written_is_revealed(stored, vault):
    """All of an event, or some paths of it; nothing of another stream or event."""
    stored.commit(openings=OPENINGS)
    assert vault.reveal("0", STREAM, EVENT) == {
        "/facts": "当事人经营超过保质期的食品。",
        "/party/idCommitment": NUMBER,
        "/party/nameCommitment": NAME,
    }
    assert vault.reveal("0", STREAM, EVENT, ["/party/nameCommitment"]) == {
        "/party/nameCommitment": NAME
    }
    assert vault.openings("0", STREAM, EVENT, ["/facts"]) == [
        Revealed("/facts", STREAM, SALT, canonical_json("当事人经营超过保质期的食品。"))
    ]
    assert vault.reveal("0", OTHER, EVENT) == {}
    assert vault.reveal("1", STREAM, EVENT) == {}
    assert vault.reveal("0", STREAM, bytes(16)) == {}


def test_openings_of_a_known_event_may_come_later(stored, vault):
    """A duplicate act brings them; the transaction may append something else, or an entry on them."""
    stored.commit()
    with stored.recorder.transaction() as tx:
        assert tx.opened_events([EVENT]) == set()
    stored.grow(1)
    stored.commit(openings=OPENINGS)
    with stored.recorder.transaction() as tx:
        assert tx.opened_events([EVENT]) == {EVENT}
    assert vault.reveal("0", STREAM, EVENT)["/party/nameCommitment"] == NAME


def test_the_blind_index_finds_a_person_in_all_matters(stored, vault):
    """Same scheme and number, however the last sign is written; no other number."""
    second = opening("/id", NUMBER.lower(), stream=OTHER, event=bytes(16), scheme="ID_CARD")
    stored.commit(openings=[*OPENINGS, second])
    found = [Subject("0", STREAM, "p-1"), Subject("0", OTHER, "p-1")]
    assert vault.find("ID_CARD", NUMBER) == found
    assert vault.find("ID_CARD", NUMBER.lower()) == found
    assert vault.find("PASSPORT", NUMBER) == []
    assert vault.find("ID_CARD", "11010519491231003X") == []
    stored.grow(1)
    stored.commit(openings=[opening("/again", NUMBER, event=b"x" * 16, scheme="ID_CARD")])
    assert vault.find("ID_CARD", NUMBER) == found


def test_the_blind_index_groups_who_is_the_same(stored, vault, tmp_path):
    """As positions in what was asked; without a number, or after its key was destroyed, in none."""
    second = opening("/id", NUMBER.lower(), stream=OTHER, event=bytes(16), scheme="ID_CARD")
    stored.commit(openings=[*OPENINGS, second])
    asked = [Subject("0", STREAM, STREAM), Subject("0", STREAM, "p-1"), Subject("0", OTHER, "p-1")]
    assert vault.same(asked) == [[1, 2]]
    assert vault.same(asked[:2]) == []
    assert vault.same([]) == []
    with sqlite3.connect(tmp_path / "vault.sqlite") as keys:
        keys.execute("DELETE FROM data_keys WHERE stream_id = ?", (OTHER,))
    keys.close()
    assert vault.same(asked) == []


@pytest.mark.parametrize(
    "change",
    [
        "sealed = (SELECT sealed FROM vault.openings WHERE path = '/facts')",
        "sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
        "sealed = substr(sealed, 1, 20)",
        "sealed = ''",
    ],
)
def test_a_value_that_was_changed_or_moved_does_not_open(stored, vault, change):
    """The owner of the database can spoil a value, never exchange it."""
    stored.commit(openings=[opening("/facts", "one"), opening("/reasons", "two")])
    with psycopg.connect(stored.url) as owner:
        owner.execute(f"UPDATE vault.openings SET {change} WHERE path = '/reasons'")
    assert vault.reveal("0", STREAM, EVENT, ["/facts"]) == {"/facts": "one"}
    with pytest.raises(VerificationError):
        vault.reveal("0", STREAM, EVENT)


@pytest.mark.parametrize("column", ["event_id", "stream_id", "path"])
def test_a_row_under_another_name_does_not_open(stored, vault, column):
    """Stream, event and path are bound into the ciphertext."""
    values = {"event_id": "'" + "00" * 16 + "'", "stream_id": f"'{OTHER}'", "path": "'/moved'"}
    stored.commit(
        openings=[opening("/facts", "one"), opening("/x", "y", stream=OTHER, event=b"y" * 16)]
    )
    with psycopg.connect(stored.url) as owner:
        owner.execute(
            f"UPDATE vault.openings SET {column} = {values[column]} WHERE path = '/facts'"
        )
    event = bytes(16) if column == "event_id" else EVENT
    stream = OTHER if column == "stream_id" else STREAM
    with pytest.raises(VerificationError):
        vault.reveal("0", stream, event)


def test_without_its_key_a_value_is_gone_and_the_rest_stays(stored, vault, tmp_path):
    """What erasure rests on: one subject of one matter, in this database and in every copy."""
    stored.commit(openings=OPENINGS)
    with sqlite3.connect(tmp_path / "vault.sqlite") as keys:
        keys.execute("DELETE FROM data_keys WHERE subject_id = 'p-1'")
    keys.close()
    assert vault.reveal("0", STREAM, EVENT) == {"/facts": "当事人经营超过保质期的食品。"}
    with stored.recorder.transaction() as tx:
        assert tx.opened_events([EVENT]) == {EVENT}


def test_keys_are_durable_before_the_transaction_commits(stored, key_store, tmp_path):
    """A crash in between leaves keys that nobody needs, never values that nothing opens."""
    subject = Subject("0", STREAM, "p-1")
    row = stored.row(0)
    with pytest.raises(RuntimeError), stored.recorder.transaction() as tx:
        tx.write(
            [row],
            [],
            root=row.leaf,
            received_at=row.received_at,
            control_size=1,
            tracking={},
            refusals={},
            openings=OPENINGS,
            quarantine=(),
        )
        other = KeyStore(tmp_path / "vault.sqlite")
        found = other.find_data_keys([subject])
        other.close()
        assert found
        raise RuntimeError("the process dies here")
    assert key_store.data_keys([subject]) == found
    with stored.recorder.transaction() as tx:
        assert tx.opened_events([EVENT]) == set()


def test_no_value_is_in_the_clear_anywhere(stored, key_store, vault, tmp_path):
    """Neither in any table nor in the key store."""
    stored.commit(
        openings=OPENINGS,
        quarantine=[QuarantineItem(SOURCE, SALT, NAME.encode(), bytes(32), "R9_CLEAR")],
    )
    words = [NAME.encode(), NUMBER.encode(), "保质期".encode()]
    with psycopg.connect(stored.url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname IN ('ledger', 'vault', 'views')"
        ).fetchall()
        assert len(tables) >= 9
        for namespace, table in tables:
            with connection.cursor().copy(
                f"COPY {namespace}.{table} TO STDOUT (FORMAT BINARY)"
            ) as copy:
                dump = b"".join(bytes(block) for block in copy)
            assert not any(word in dump for word in words), table
    files = b"".join(path.read_bytes() for path in tmp_path.glob("vault.sqlite*"))
    assert not any(word in files for word in words)


def test_refused_bytes_are_readable_for_ninety_days(stored, key_store):
    """Then their key is destroyed, and with it every copy of the row and the salt."""
    item = QuarantineItem(SOURCE, SALT, b"raw bytes", bytes(32), "R1_MALFORMED")
    stored.commit(quarantine=[item])
    now = stored.recorder.head().now
    with psycopg.connect(stored.url) as connection:
        assert read_quarantine(connection, key_store, "0", SOURCE) == RefusedRecord(
            SALT, b"raw bytes"
        )
        assert read_quarantine(connection, key_store, "1", SOURCE) is None
        assert expire_quarantine(key_store, now + QUARANTINE_DAYS * DAY) == 0
        assert read_quarantine(connection, key_store, "0", SOURCE) is not None
        assert expire_quarantine(key_store, now + (QUARANTINE_DAYS + 1) * DAY) == 1
        assert read_quarantine(connection, key_store, "0", SOURCE) is None


def test_refused_bytes_do_not_open_in_another_place(stored, key_store):
    """The source is bound into the ciphertext."""
    item = QuarantineItem(SOURCE, SALT, b"raw bytes", bytes(32), "R1_MALFORMED")
    stored.commit(quarantine=[item])
    with psycopg.connect(stored.url) as connection:
        connection.execute('UPDATE vault.quarantine SET "offset" = 78')
        with pytest.raises(VerificationError):
            read_quarantine(connection, key_store, "0", SOURCE._replace(offset=78))


def test_a_key_store_that_is_away_stops_the_append(stored, key_store):
    """Nothing is committed whose key is not kept."""
    key_store.close()
    with pytest.raises(UnavailableError):
        stored.commit(openings=OPENINGS)
    assert stored.recorder.head().tree_size == 0
