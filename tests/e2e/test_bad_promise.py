"""A promise that the log's key did not sign ends `up`, instead of restarts for ever."""

from __future__ import annotations

import pytest

from tests.support.running import RunningLedger


def test_a_promise_with_a_bad_signature_ends_with_12(tmp_path):
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    ledger = RunningLedger(tmp_path / "data", "--synthetic")
    ledger.start()
    assert ledger.stop() == 0
    promise = ledger.data / "tiles" / "promise" / "0"
    text, _, line = promise.read_bytes().rpartition("— ".encode())
    head, _, signature = line.rstrip(b"\n").rpartition(b" ")
    changed = signature[:40] + (b"A" if signature[40:41] != b"A" else b"B") + signature[41:]
    promise.write_bytes(text + "— ".encode() + head + b" " + changed + b"\n")
    with pytest.raises(AssertionError, match="up ended with 12"):
        ledger.start()
    assert "starting it again" not in ledger.words()
