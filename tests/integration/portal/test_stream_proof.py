"""``verify stream``: no other case, no shortened case, no altered entry is ever called proved."""

from __future__ import annotations

import json

import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.tree import leaf_hash
from ledger.errors import (
    AlteredEntryError,
    IncompleteError,
    RejectedError,
    SignatureInvalidError,
    VerificationError,
)
from portal.programs.stream_proof import check_copied_stream, check_stream
from tests.support.logs import signer


@pytest.fixture
def cases(built):
    """Two cases, each with the indexes of its entries."""
    found = {}
    for index, data in enumerate(built.entries):
        if (stream := decode_entry(data).stream_id).startswith("case:"):
            found.setdefault(stream, []).append(index)
    return sorted(found.items())[:2]


def test_a_whole_case_is_proved(data, cases, capsys):
    stream, indexes = cases[0]
    assert check_stream(data, stream, None, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["leaf_indexes"] == indexes
    assert document["versions"] == len(indexes)


def test_no_private_key_is_needed(data, cases, tmp_path):
    """An auditor has keys of his own and no key folder."""
    vkeys = tmp_path / "trusted.vkey"
    vkeys.write_text("".join(f.read_text() for f in sorted((data / "keys").glob("*.vkey"))))
    for file in (data / "keys").glob("*"):
        file.unlink()
    assert check_stream(data, cases[0][0], vkeys, as_json=True) == 0


def test_a_key_that_is_not_the_logs_is_refused(data, cases, tmp_path):
    vkeys = tmp_path / "other.vkey"
    vkeys.write_text(signer("other.example/log/0").vkey)
    with pytest.raises(SignatureInvalidError):
        check_stream(data, cases[0][0], vkeys, as_json=True)


def test_swapped_cases_are_refused(data, cases, run):
    (first, _), (second, _) = cases
    for new, old in (("tmp", first), (first, second), (second, "tmp")):
        run("UPDATE ledger.log_0_events SET originator_id = %s WHERE originator_id = %s", new, old)
    for stream, indexes in cases:
        with pytest.raises(VerificationError, match=rf"entry {indexes[0]} \({stream}\)") as caught:
            check_stream(data, stream, None, as_json=True)
        assert caught.value.exit_code == 10


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_shortened_case_is_incomplete(data, cases, run, place):
    stream, indexes = cases[0]
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", indexes[place] + 1)
    named = rf"entry {indexes[place]} \({stream}\), version \d+, is not in the database"
    with pytest.raises(IncompleteError, match=named) as caught:
        check_stream(data, stream, None, as_json=True)
    assert caught.value.exit_code == 11


def test_a_case_that_is_gone_altogether_is_incomplete(data, cases, run):
    stream, indexes = cases[0]
    run("DELETE FROM ledger.log_0_events WHERE originator_id = %s", stream)
    with pytest.raises(IncompleteError, match=f"entry {indexes[0]} "):
        check_stream(data, stream, None, as_json=True)


def test_an_altered_row_is_named(data, cases, run, built):
    stream, indexes = cases[0]
    victim = indexes[5]
    state = built.entries[victim][:-1] + b"\xff"
    run(
        "UPDATE ledger.log_0_events SET state = %s, leaf = %s WHERE notification_id = %s",
        state,
        leaf_hash(state),
        victim + 1,
    )
    with pytest.raises(AlteredEntryError, match=rf"entry {victim} \({stream}\)"):
        check_stream(data, stream, None, as_json=True)


def test_a_row_put_in_is_refused(data, cases, run):
    """An entry of another case, moved to the end of this one."""
    (stream, indexes), (_, others) = cases
    run(
        "UPDATE ledger.log_0_events SET originator_id = %s, originator_version = %s "
        "WHERE notification_id = %s",
        stream,
        len(indexes) + 1,
        others[-1] + 1,
    )
    with pytest.raises(VerificationError, match=f"database has entry {others[-1]} under {stream}"):
        check_stream(data, stream, None, as_json=True)


def test_an_altered_second_copy_is_named(data, cases):
    bundle = data / "tiles" / "0" / "tile" / "entries" / "000"
    content = bytearray(bundle.read_bytes())
    content[-1] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(AlteredEntryError, match="entry 255 "):
        check_stream(data, cases[0][0], None, as_json=True)


def test_a_lost_promise_is_tampering(data, cases):
    (data / "tiles" / "promise" / "0").unlink()
    with pytest.raises(VerificationError) as caught:
        check_stream(data, cases[0][0], None, as_json=True)
    assert caught.value.exit_code == 10


def test_a_case_that_never_was_is_unknown(data):
    with pytest.raises(RejectedError, match="NOT_FOUND"):
        check_stream(data, "case:unknown", None, as_json=True)


def test_a_copy_alone_proves_a_case(built, cases, tmp_path, monkeypatch):
    """No database, no data folder: an exported folder and a key."""
    monkeypatch.delenv("LEDGER_DATABASE_URL", raising=False)
    vkeys = tmp_path / "log.vkey"
    vkeys.write_text(built.signer.vkey)
    copy = built.write(tmp_path / "copy")
    assert check_copied_stream(str(copy), cases[0][0], vkeys, None, as_json=False) == 0
    with pytest.raises(RejectedError):
        check_copied_stream(str(copy), "case:unknown", vkeys, None, as_json=False)
    (copy / "tile" / "entries" / "000").unlink()
    with pytest.raises(IncompleteError, match="tile/entries/000"):
        check_copied_stream(str(copy), cases[0][0], vkeys, None, as_json=False)
