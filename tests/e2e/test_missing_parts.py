"""Objects or keys out of an older backup: `ledger check` names what they lack, and the portal too.

The tests move files of the running ledger away and put them back; the database role of the auditor
has to be enough to find it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.digests import object_path
from tests.support.running import RunningLedger, program


def check(ledger: RunningLedger) -> tuple[int, list[str]]:
    """Return exit code and sentences of `ledger check`."""
    done = program("ledger", "check", "--data", str(ledger.data), "--json")
    assert done.stdout, done.stderr
    logs = json.loads(done.stdout)["logs"]
    return done.returncode, [row["sentence"] for log in logs for row in log["differences"]]


@contextmanager
def away(file: Path) -> Iterator[None]:
    """Take a file away for a while."""
    aside = file.with_suffix(".aside")
    file.rename(aside)
    try:
        yield
    finally:
        aside.replace(file)


@pytest.fixture(scope="module")
def published(seeded: RunningLedger) -> dict[str, Any]:
    """One published decision."""
    document: dict[str, Any] = seeded.json("/v1/disclosures")["items"][0]
    return document


def test_nothing_is_missing_from_a_whole_ledger(seeded: RunningLedger) -> None:
    assert check(seeded) == (0, [])


def test_a_record_that_an_older_object_store_lacks_is_named(
    seeded: RunningLedger, published: dict[str, Any]
) -> None:
    digest = published["content_hash"]
    with away(seeded.data / "objects" / object_path(digest)):
        code, (sentence,) = check(seeded)
        status, body = seeded.get(published["record"])
    assert code == 11
    assert sentence.startswith("object store: entry ")
    assert "(case:" in sentence
    assert sentence.endswith(f"names the record {digest}, which is not there")
    assert status == 503
    trace_id = json.loads(body)["trace_id"]
    lines = (seeded.data / "diagnostics" / "portal.log").read_text().splitlines()
    (line,) = [json.loads(line) for line in lines if trace_id in line]
    assert line["msg"] == "request_unavailable"
    assert digest in line["reason"]


def test_a_record_that_was_exchanged_is_named(
    seeded: RunningLedger, published: dict[str, Any]
) -> None:
    digest = published["content_hash"]
    file = seeded.data / "objects" / object_path(digest)
    with away(file):
        file.write_bytes(b"{}")
        code, (sentence,) = check(seeded)
    assert code == 10
    assert sentence.endswith(f"names the record {digest}, which holds other bytes")


def test_a_data_key_that_an_older_key_store_lacks_is_named(seeded: RunningLedger) -> None:
    with sqlite3.connect(seeded.data / "keys" / "vault.sqlite", isolation_level=None) as keys:
        row = keys.execute("SELECT * FROM data_keys ORDER BY log DESC LIMIT 1").fetchone()
        found = (row[0], row[1], row[2])
        keys.execute("DELETE FROM data_keys WHERE (log, stream_id, subject_id) = (?, ?, ?)", found)
        try:
            code, (sentence,) = check(seeded)
        finally:
            keys.execute("INSERT INTO data_keys VALUES (?, ?, ?, ?)", row)
    assert code == 11
    assert sentence.startswith(f"key store: ({row[1]}) no data key for 1 ")
