"""A verification of a whole log makes every anchored root again, in whatever ranges it reads."""

from __future__ import annotations

import pytest

from ledger.chain.verify import control_keys, verify_log
from tests.support.logs import LogBuilder
from tests.support.packages import PackageLedger
from tests.support.sources import MemorySource


def keys_of(ledger):
    report, keys = control_keys(MemorySource.of(ledger.control), [ledger.control.signer.key])
    return report, keys


def verified(ledger, keys, workers=1):
    log = ledger.case
    return verify_log(MemorySource.of(log), [log.signer.key], emitter_keys=keys, workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_anchors_of_the_beginning_the_middle_and_the_end_are_made_again(workers):
    """The second lies in the middle of a bundle, the third at the end of one, others follow."""
    ledger = PackageLedger(acts=0)
    for count in (3, 400, 108, 4_000, 5_000):
        for start in range(0, count, 1_000):
            ledger.act(min(1_000, count - start))
        ledger.anchor()
    sizes = sorted(anchored.tree_size for anchored in keys_of(ledger)[1].anchors.values())
    assert {4, 404, 512} <= set(sizes)
    report, keys = keys_of(ledger)
    assert report.findings == ()
    assert verified(ledger, keys, workers).findings == ()


@pytest.mark.parametrize("part", ["case", "control"])
def test_an_anchor_of_other_heads_is_named(part):
    ledger = PackageLedger()
    ledger.act(300)
    ledger.anchor((part,), root=bytes(32))
    ledger.act(300)
    control, keys = keys_of(ledger)
    if part == "control":
        report = control
    else:
        assert control.findings == ()
        report = verified(ledger, keys)
    assert (report.exit_code, set(report.counts)) == (10, {"anchor"})
    (found,) = report.findings
    assert f"control entry {ledger.anchors[part][0]}" in found.text


def test_an_anchor_of_fewer_streams_is_named():
    """The root alone would say it, too: but a count that is no count breaks paths."""
    ledger = PackageLedger()
    ledger.anchor(("case",), streams=2)
    report = verified(ledger, keys_of(ledger)[1])
    assert set(report.counts) == {"anchor"}


def test_an_anchor_of_more_than_the_copy_has_is_no_finding():
    """Whoever reads the case log first gets an older checkpoint than the anchor's."""
    ledger = PackageLedger()
    older = LogBuilder.checkpoint(ledger.case)
    source = MemorySource({**ledger.case.objects(), "checkpoint": older})
    ledger.act(3)
    ledger.anchor()
    _, keys = keys_of(ledger)
    report = verify_log(source, [ledger.case.signer.key], emitter_keys=keys, checkpoint=older)
    assert report.findings == ()
