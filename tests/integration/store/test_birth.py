"""The birth of a ledger: golden bytes, every crash on the way, and no second birth."""

from __future__ import annotations

import json
import stat

import pytest

from ledger.chain.act import decode_act
from ledger.chain.avro import compile_codec
from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.clock import FixedClock
from ledger.errors import BehindPromiseError, MalformedError, RejectedError, UnavailableError
from ledger.store.birth import LedgerOptions, create_ledger
from ledger.store.environment import open_datastore, open_recorder
from ledger.store.first_entry import LedgerFacts, first_row
from ledger.store.key_files import read_signer, read_transport_keys, transport_public_key
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import FolderTileStore
from schemas.loader import schema_text
from tests.support.faults import FaultyStore
from tests.support.vectors import load

OPERATOR = "11430000FCT000137M"
CLOCK = FixedClock(1_793_534_400_000_000)


@pytest.fixture
def options():
    return LedgerOptions("births.example", OPERATOR, logs=2)


def heads(url, logs=("control", "0", "1")):
    """Return tree size and promised size of each log."""
    with open_datastore(url, pool_size=1) as datastore:
        recorders = [LedgerRecorder.for_log(datastore, log) for log in logs]
        return [(it.head().tree_size, it.head().promised_size) for it in recorders]


def test_entry_0_is_the_golden_one():
    """Control log and case log of the vectors, byte for byte, with links and leaves."""
    vectors = load("entries")
    control = vectors["control"]
    golden = bytes.fromhex(control["entries"][0]["extra"] + control["entries"][0]["act"])
    payload = compile_codec(schema_text("LedgerCreated.v1.avsc")).decode(
        decode_act(decode_entry(golden).act).payload
    )
    facts = LedgerFacts(
        name=vectors["ledger"],
        operator=payload["operator"],
        case_logs=1,
        profile="international",
        clock="system",
        entries=payload["entries"],
        synthetic=payload["synthetic"],
        vkeys=[vectors[log]["key"]["vkey"] for log in ("control", "case")],
        platform_vkey=payload["platformVkey"],
    )
    for log, control_size in (("control", 0), ("case", 1)):
        expected = vectors[log]["entries"][0]
        received_at = expected["fields"]["receivedAt"]
        row = first_row(facts, vectors[log]["origin"], received_at, control_size)
        assert row.state.hex() == expected["extra"] + expected["act"]
        assert row.link.hex() == expected["link_blake3"]
        assert row.leaf.hex() == expected["leaf"]


def test_a_new_ledger_is_promised_log_by_log(database_url, tmp_path, options):
    """Keys, entry 0 of each log, promises and published checkpoints are there."""
    create_ledger(options, tmp_path, database_url, CLOCK)
    store, keys = FolderTileStore(tmp_path / "tiles"), tmp_path / "keys"
    vkeys = []
    for log, origin in (("control", "control"), ("0", "log/0"), ("1", "log/1")):
        key = VerifierKey.from_vkey((keys / f"log-{log}.vkey").read_text().strip())
        vkeys.append(key.vkey)
        note = store.promise(log)
        checkpoint = open_checkpoint(note, [key], f"births.example/{origin}")
        assert checkpoint.size == 1
        assert store.read(log, "checkpoint") == note
        recorder = open_recorder(database_url, log)
        entry = decode_entry(recorder.entry(0))
        assert entry.control_size == (0 if log == "control" else 1)
        assert f"births.example/{origin}".encode() in entry.act
        recorder.datastore.close()
    assert all(vkey.encode() in entry.act for vkey in vkeys)
    assert heads(database_url) == [(1, 1)] * 3
    assert read_signer(keys, "platform").name == "platform.births.example"
    assert read_signer(keys, "platform").vkey.encode() in entry.act
    assert len(transport_public_key(read_transport_keys(keys)[1])) == 32
    document = json.loads((tmp_path / "ledger.json").read_text())
    assert document["created_at"] == CLOCK.at_micros
    assert (document["clock"], document["entries"]) == ("system", "auditors")


def test_private_files_are_for_their_owner_only(database_url, tmp_path, options):
    """Signing keys, transport keys, key store, and the folder they lie in."""
    create_ledger(options, tmp_path, database_url, CLOCK)
    keys = tmp_path / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    for path in [*keys.glob("*.key"), keys / "vault.sqlite"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_simulated_clock_starts_where_it_is_told(database_url, tmp_path, options):
    """Only synthetic ledgers have one; their entries are public."""
    simulated = LedgerOptions(
        options.name, options.operator, synthetic=True, sim_start=1_700_000_000_000_000
    )
    create_ledger(simulated, tmp_path, database_url, CLOCK)
    recorder = open_recorder(database_url, "0")
    assert decode_entry(recorder.entry(0)).received_at == 1_700_000_000_000_000
    recorder.datastore.close()
    document = json.loads((tmp_path / "ledger.json").read_text())
    assert (document["clock"], document["entries"]) == ("simulated", "public")


def test_the_same_birth_again_changes_nothing(database_url, tmp_path, options):
    """And another one in its place is refused, with the option that differs."""
    create_ledger(options, tmp_path, database_url, CLOCK)
    before = {path: path.read_bytes() for path in (tmp_path / "keys").glob("*.key")}
    create_ledger(options, tmp_path, database_url, FixedClock(2))
    assert {path: path.read_bytes() for path in before} == before
    assert heads(database_url) == [(1, 1)] * 3
    with pytest.raises(RejectedError, match="logs"):
        create_ledger(
            LedgerOptions(options.name, options.operator, logs=3), tmp_path, database_url, CLOCK
        )
    with pytest.raises(RejectedError, match="profile"):
        create_ledger(
            LedgerOptions(options.name, options.operator, 2, "guomi"), tmp_path, database_url, CLOCK
        )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_birth_that_was_cut_off_anywhere_is_finished(postgres_server, tmp_path, options, moment):
    """Every write to the tile store fails once, in both forms; each time the next try finishes."""
    logs = ("control", "0")
    options = LedgerOptions(options.name, options.operator)
    number = 0
    while True:
        name = postgres_server.create()
        url, data = postgres_server.url(name), tmp_path / str(number)
        data.mkdir()
        store = FaultyStore(FolderTileStore(data / "tiles"))
        store.fail_at(number, moment)
        try:
            create_ledger(options, data, url, CLOCK, store=store)
        except UnavailableError:
            create_ledger(options, data, url, CLOCK, store=store)
            done = False
        else:
            done = True
        assert heads(url, logs) == [(1, 1)] * 2
        for log in logs:
            key = read_signer(data / "keys", f"log-{log}").key
            assert open_checkpoint(store.promise(log), [key]).size == 1
        postgres_server.drop(name)
        if done:
            break
        number += 1
    # Each log: first promise, files, swap, checkpoint, and the removal of nothing.
    assert number >= 2 * 4


def test_a_ledger_that_lost_its_tile_store_gets_no_second_history(
    database_url, postgres_server, tmp_path, options
):
    """Not even when its database was lost as well: the birth is over."""
    create_ledger(options, tmp_path, database_url, CLOCK)
    lost = FolderTileStore(tmp_path / "empty")
    create_ledger(options, tmp_path, database_url, CLOCK, store=lost)
    assert lost.promise("control") is None
    fresh = postgres_server.create()
    create_ledger(options, tmp_path, postgres_server.url(fresh), CLOCK, store=lost)
    assert lost.promise("control") is None
    postgres_server.drop(fresh)


def test_a_birth_cut_off_does_not_go_on_over_another_database(postgres_server, tmp_path, options):
    """Entry 0 was promised and the database was lost: that is behind the promise."""
    first, second = postgres_server.create(), postgres_server.create()
    store = FaultyStore(FolderTileStore(tmp_path / "tiles"))
    store.fail("publish", "before")
    with pytest.raises(UnavailableError):
        create_ledger(options, tmp_path, postgres_server.url(first), CLOCK, store=store)
    with pytest.raises(BehindPromiseError):
        create_ledger(options, tmp_path, postgres_server.url(second), CLOCK, store=store)
    for name in (first, second):
        postgres_server.drop(name)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "Upper.Case"}, "name"),
        ({"name": "a" * 56}, "name"),
        ({"operator": "12430000FCT00003D"}, "operator"),
        ({"logs": 0}, "case logs"),
        ({"logs": 17}, "case logs"),
        ({"profile": "md5"}, "profile"),
        ({"sim_start": 1}, "synthetic"),
    ],
)
def test_options_out_of_bounds_are_refused_before_anything_is_made(tmp_path, options, change, word):
    """With a sentence that says which."""
    fields = {"name": options.name, "operator": options.operator, **change}
    with pytest.raises(MalformedError, match=word):
        create_ledger(LedgerOptions(**fields), tmp_path / "data", "unused", CLOCK)
    assert not (tmp_path / "data").exists()


def test_a_key_of_another_ledger_is_not_used(database_url, tmp_path, options):
    """A stray file in the keys folder stops the birth."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "log-control.key").write_text(
        Signer("x.example/control", bytes(32)).to_text()
    )
    with pytest.raises(MalformedError, match="another name"):
        create_ledger(options, tmp_path, database_url, CLOCK)
