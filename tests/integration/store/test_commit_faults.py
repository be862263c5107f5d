"""A commit that fails, in both forms: it did not happen, or it did and the answer was lost."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ledger.errors import UnavailableError
from ledger.store.environment import open_recorder
from tests.support.faults import AnswerCutter

NAME = "kafka:5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b:enforcement.acts.v1:0"


@pytest.fixture
def cutter(stored):
    """The log as seen through a line that can be cut."""
    direct = stored.recorder
    relay = AnswerCutter(urlsplit(stored.url).port)
    stored.recorder = open_recorder(
        stored.url.replace(f":{urlsplit(stored.url).port}/", f":{relay.port}/"), "0"
    )
    yield relay
    stored.recorder.datastore.close()
    relay.stop()
    stored.recorder = direct


@pytest.mark.parametrize(("moment", "size"), [("before", 0), ("after", 6)])
def test_the_tracking_row_says_whether_a_lost_commit_happened(stored, cutter, moment, size):
    """The appender's way: read it under the lock, and drop what it covers."""
    stored.grow(5)
    cutter.cut(b"COMMIT", moment)
    with pytest.raises(UnavailableError):
        stored.commit(tracking={NAME: 4})
    with stored.recorder.transaction() as tx:
        assert tx.head.tree_size == size
        assert tx.tracking(NAME) == (4 if size else None)
    if not size:
        stored.commit(tracking={NAME: 4})
    assert stored.recorder.read_entries(0, 10) == list(enumerate(stored.builder.entries))
    assert stored.recorder.frontier().size == 6


@pytest.mark.parametrize("message", [b"BEGIN", b"log_0_events", b"log_0_nodes"])
def test_a_line_that_breaks_before_the_commit_leaves_nothing(stored, cutter, message):
    """Wherever it breaks, the next try starts from the same head."""
    stored.grow(5)
    cutter.cut(message, "before")
    with pytest.raises(UnavailableError):
        stored.commit(tracking={NAME: 4})
    assert stored.recorder.head().tree_size == 0
    assert stored.commit(tracking={NAME: 4}).size == 6
