"""Re-derives a log from what is stored, with none of the code that wrote it but the chain's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ledger.chain.act import Act, decode_act
from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.tree import leaf_hash, tree_root
from ledger.chain.verify import DirectorySource, LogReport, control_keys, verify_log
from tests.support.append_stage import Stage


def decoded(stage: Stage, log: str) -> list[tuple[Entry, Act]]:
    """Return every entry of a log with its act."""
    entries = [decode_entry(data) for data in stage.entries(log)]
    return [(entry, decode_act(entry.act)) for entry in entries]


def types(stage: Stage, log: str, start: int = 0) -> list[str]:
    """Return the event types of a log from an index on."""
    return [act.event_type for _, act in decoded(stage, log)[start:]]


def check_log(stage: Stage, log: str) -> LogReport:
    """Verify the promised copy of a log as a stranger would, and the database against it.

    Raises:
        AssertionError: a finding, a promise that is not the head, an act that is there twice.
    """
    data = stage.entries(log)
    promise = stage.store.promise(log)
    assert promise is not None
    checkpoint = open_checkpoint(promise, [stage.signer(log).key])
    assert checkpoint.size == len(data)
    assert checkpoint.root == tree_root([leaf_hash(entry) for entry in data])
    acts = Counter(act.event_id for _, act in decoded(stage, log))
    assert set(acts.values()) <= {1}
    for name, note in ((name, stage.store.promise(name)) for name in ("control", log)):
        assert note is not None
        stage.store.publish(name, note)
    # The keys that the control log proves, so that every submission's signature is checked too.
    report, keys = control_keys(source(stage, "control"), [stage.signer("control").key])
    assert not report.findings, report.findings
    if log != "control":
        report = verify_log(source(stage, log), [stage.signer(log).key], emitter_keys=keys)
    assert not report.findings, report.findings
    return report


def source(stage: Stage, log: str) -> DirectorySource:
    """Return the promised copy of a log."""
    return DirectorySource(stage.folder / "tiles" / log)


def stored_offsets(stage: Stage, log: str) -> list[int]:
    """Return the offsets that entries of a log came from, in leaf order."""
    return [
        entry.source.offset
        for entry, act in decoded(stage, log)
        if entry.submission and entry.source
    ]


def rows(stage: Stage, table: str) -> list[tuple[Any, ...]]:
    """Return a table's rows."""
    return stage.query(f"SELECT * FROM {table}")
