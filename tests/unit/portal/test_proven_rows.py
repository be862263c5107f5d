"""What a supervisor is shown of a matter is what the ledger has of it, row by row."""

from __future__ import annotations

import pytest

from ledger.errors import VerificationError
from portal.proven_rows import check_rows
from projections.case_replay.memory import MemoryCaseReplayReader
from projections.case_replay.projection import CaseReplayProjection
from projections.case_replay.view import AsOf
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import LedgerCopy, MemorySource
from tests.support.views import memory_view


class Streams:
    """The streams of one log of a ledger."""

    def __init__(self, ledger: LedgerCopy, log: str) -> None:
        self.stream_entries = lambda stream: ledger.stream(log, stream)


@pytest.fixture(scope="module")
def scene():
    """Logs, and a reader of the view that was made of them, with the matter asked for."""
    ledger = LedgerCopy(1, schemas=TYPES)
    register_agencies(ledger)
    case = Case(ledger, 1, "0")
    case.filed()
    case.decided()
    case.published()
    view = memory_view(CaseReplayProjection(), MemorySource(ledger.logs))
    reader = MemoryCaseReplayReader(view.rows)
    stream = next(row.stream_id for row in reader.matters(None, 5).rows)
    return {"0": Streams(ledger, "0")}, reader, stream


def moments(reader, stream):
    rows = reader.entries(stream)
    middle = rows[len(rows) // 2]
    return [
        AsOf(),
        AsOf(received_at=middle.received_at),
        AsOf(occurred_at=middle.act.occurred_at),
        AsOf(version=3),
    ]


def test_true_rows_are_shown_at_every_moment_and_on_every_page(scene):
    logs, reader, stream = scene
    for moment in moments(reader, stream):
        for after in range(4):
            for limit in (1, 2, 100):
                rows = reader.entries(stream, moment, after, limit)
                check_rows(logs, rows, moment, after)


def test_a_view_that_is_behind_is_no_fault(scene):
    logs, reader, stream = scene
    check_rows(logs, reader.entries(stream)[:-2], AsOf(), 0)
    check_rows(logs, [], AsOf(), 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row._replace(act=row.act._replace(payload=row.act.payload + b"x")),
        lambda row: row._replace(act=row.act._replace(occurred_at=row.act.occurred_at + 1)),
        lambda row: row._replace(received_at=row.received_at - 1),
        lambda row: row._replace(control_size=0),
        lambda row: row._replace(opened=row.opened + 1),
        lambda row: row._replace(event_id="0" * 36),
        lambda row: row._replace(leaf_index=row.leaf_index + 1),
        lambda row: row._replace(version=900),
    ],
)
def test_a_changed_row_is_refused_with_its_index(scene, change):
    logs, reader, stream = scene
    rows = list(reader.entries(stream))
    index = rows[2].leaf_index
    rows[2] = change(rows[2])
    with pytest.raises(VerificationError, match=rf"entry {index}\d? ?\({stream}\)"):
        check_rows(logs, rows, AsOf(), 0)


def test_a_row_left_out_is_refused(scene):
    logs, reader, stream = scene
    rows = reader.entries(stream)
    for place in range(len(rows) - 1):
        with pytest.raises(VerificationError, match=f"entry {rows[place].leaf_index} "):
            check_rows(logs, [*rows[:place], *rows[place + 1 :]], AsOf(), 0)


def test_a_row_that_does_not_count_yet_is_refused(scene):
    logs, reader, stream = scene
    rows = reader.entries(stream)
    with pytest.raises(VerificationError):
        check_rows(logs, rows, AsOf(received_at=rows[2].received_at), 0)
