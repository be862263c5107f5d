"""What a check of the whole ledger found becomes acts that the rule about the record reads."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.emitter.platform_acts import PlatformActs
from ledger.chain.act import decode_act
from portal.programs.check_record import acts_of
from tests.support.control import control_state

AT = 1_772_000_000_000_000
ORIGIN = "test.ledger/log/0"
ROOT = bytes(range(32))


def recorded(exit_code: int, *bad: tuple[int | None, bool], root: str | None = ROOT.hex()) -> Any:
    """Return type, stream and payload of what is recorded of a log with such differences."""
    state = control_state()
    log = {
        "origin": ORIGIN,
        "tree_size": 7,
        "root": root,
        "differences": [{"leaf_index": index, "is_gone": is_gone} for index, is_gone in bad],
        "exit_code": exit_code,
    }
    acts = [decode_act(it.value) for it in acts_of(PlatformActs(state), log, AT)]
    return [
        (it.event_type, it.stream_key, state.codec(it.event_type, 1).decode(it.payload))
        for it in acts
    ]


def verified(result: str) -> Any:
    """Return the act of a check."""
    payload = {"origin": ORIGIN, "treeSize": 7, "root": ROOT, "result": result}
    return "ChainVerified", "anchor:0", payload


def breach(index: int, kind: str) -> Any:
    """Return the act of the first bad entry."""
    first_bad = {"origin": ORIGIN, "leafIndex": index}
    return "IntegrityBreachDetected", "anchor:0", {"firstBad": first_bad, "kind": kind}


@pytest.mark.parametrize(
    ("exit_code", "bad", "expected"),
    [
        (0, [], [verified("SOUND")]),
        (10, [(3, False), (5, False)], [verified("BROKEN"), breach(3, "ALTERED")]),
        (10, [(None, False)], [verified("BROKEN")]),
        (11, [(None, True), (6, True)], [verified("INCOMPLETE"), breach(6, "GONE")]),
        (12, [], [verified("BROKEN")]),
    ],
)
def test_each_result_has_its_acts(exit_code, bad, expected):
    assert recorded(exit_code, *bad) == expected


def test_a_log_without_a_promise_that_proves_something_is_left_out():
    assert recorded(12, root=None) == []
