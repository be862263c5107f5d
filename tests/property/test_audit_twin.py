"""Reading a bundle quickly, compiled or by patterns, says yes to nothing that is not strict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.act import HEADER, Act, decode_act, encode_act
from ledger.chain.compiled import IS_COMPILED, audit
from ledger.chain.entry import Entry, decode_entry, encode_entry
from ledger.chain.quick_bundle import LogFacts, QuickCheck
from ledger.chain.submission_cache import SubmissionCache
from ledger.chain.varint import long_bytes
from ledger.errors import LedgerError, MalformedError
from tests.property.test_entry_patterns import acts, entries
from tests.support.logs import LogBuilder, case_acts
from tests.unit.append.test_quick_check_of_schemas import damaged

ORIGIN = "ledger.example/log/0"


def check() -> QuickCheck:
    return QuickCheck(LogFacts(ORIGIN, 1, "international", False, None), SubmissionCache())


def is_strict(bundle: Sequence[bytes], first: int) -> bool:
    """Say what the careful decoders say of entries, acts, places and streams."""
    try:
        for index, data in enumerate(bundle, first):
            entry = decode_entry(data)
            act = decode_act(entry.act)
            if entry.leaf_index != index or act.stream_key != entry.stream_id:
                return False
    except MalformedError:
        return False
    return True


def said(bundle: Sequence[bytes], first: int):
    """Return what both ways of reading say, as plain lists."""
    compiled = audit.read_bundle(list(bundle), first, HEADER)
    patterns = check()._read_by_patterns(bundle, first)
    if patterns is not None:
        patterns = tuple(
            tuple(row if isinstance(row, bytes) else list(row) for row in part) for part in patterns
        )
    return compiled, patterns


def test_the_reading_of_bundles_is_compiled_here() -> None:
    """Else nothing in this file would compare anything."""
    assert IS_COMPILED
    assert audit is not None


@settings(max_examples=400, deadline=None)
@given(entries, acts, st.integers(0, 2**32))
def test_both_readings_agree_and_say_yes_to_nothing_that_is_not_strict(
    entry: Entry, act: Act, seed: int
) -> None:
    draw = random.Random(seed)
    try:
        value = encode_act(act)
    except LedgerError:
        return
    good = encode_entry(entry._replace(leaf_index=77, stream_id=act.stream_key, act=value))
    for data in (good, damaged(good, draw), damaged(good, draw), good[: draw.randrange(len(good))]):
        compiled, patterns = said([data], 77)
        if compiled is not None:
            assert is_strict([data], 77)
            found = decode_entry(data)
            assert compiled[0][:5] == (
                [compiled[0][0][0]],
                [found.stream_version],
                [found.stream_link],
                [found.received_at],
                [found.control_size],
            )
            assert compiled[0][0][0].endswith(found.stream_id.encode())
            assert compiled[0][5] == decode_act(found.act).event_id
        if compiled is not None and patterns is not None:
            assert compiled == patterns


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_whole_bundles_are_read_alike(seed: int) -> None:
    draw = random.Random(seed)
    log = LogBuilder()
    log.ledger_made("LogHeartbeat", "log:0", {"at": log.received_at})
    log.submit(case_acts(20, 5, 40, seed=seed))
    compiled, patterns = said(log.entries, 0)
    assert compiled is not None
    assert compiled == patterns
    place = draw.randrange(len(log.entries))
    bundle = [*log.entries]
    bundle[place] = damaged(bundle[place], draw)
    compiled, patterns = said(bundle, 0)
    for found in (compiled, patterns):
        assert found is None or is_strict(bundle, 0)
    assert audit.read_bundle(log.entries, 1, HEADER) is None


def test_usual_entries_are_read_by_either() -> None:
    """Late acts too; what is no ASCII goes to the decoders, entry by entry."""
    log = LogBuilder()
    plain = case_acts(8, 3, 40)
    late = plain[0]._replace(event_id=bytes(16), late_entry="OFFLINE")
    wide = plain[0]._replace(event_id=bytes(15) + b"\1", item_code="编号")
    log.submit([*plain, late])
    assert audit.read_bundle(log.entries, 0, HEADER) is not None
    log.submit([wide])
    assert audit.read_bundle(log.entries, 0, HEADER) is None
    for new in (audit, None):
        with patch("ledger.chain.quick_bundle.audit", new=new):
            assert check().columns(log.entries, 0) is not None


def test_an_act_that_is_too_large_is_read_by_neither() -> None:
    log = LogBuilder()
    act = case_acts(1, 1, 59_000)[0]
    value = encode_act(act)
    head = value.removesuffix(long_bytes(59_000) + act.payload)
    for size, is_read in ((60_000, True), (60_001, False)):
        payload = bytes(size - len(head) - 3)
        larger = head + long_bytes(len(payload)) + payload
        assert len(larger) == size
        log.append(act.stream_key, larger, b"x")
        assert [found is not None for found in said(log.entries, 0)] == [is_read, is_read]
        assert is_strict(log.entries, 0) is is_read
