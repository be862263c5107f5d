"""An outage says why, in words of ours: the common mistakes ask for different hands."""

from __future__ import annotations

import errno
import os

import psycopg
import pytest
from structlog.testing import capture_logs

from consumers.told_promiser import LINE_EVERY, ToldPromiser
from ledger.errors import UnavailableError
from ledger.store import environment
from ledger.store.durable import translated
from ledger.store.environment import open_recorder
from ledger.store.migrations import migrate
from ledger.store.outage import postgres_reason
from ledger.store.tile_store import FolderTileStore
from portal.programs.project import connect
from portal.stack.process import free_port


def mistaken(kind: str, url: str) -> str:
    """Return a connection string with one mistake in it."""
    start, _, rest = url.partition("@")
    address, _, _ = rest.partition("/")
    return {
        "wrong password": f"{start.rpartition(':')[0]}:no-such-password@{rest}",
        "no such database": f"{start}@{address}/no_such_database",
        "connection refused": f"{start}@127.0.0.1:{free_port()}/ledger",
        "host not found": f"{start}@no-such-host.invalid/ledger",
    }[kind]


@pytest.mark.parametrize("opening", ["pool", "one", "migration"])
@pytest.mark.parametrize(
    "kind", ["wrong password", "no such database", "connection refused", "host not found"]
)
def test_a_mistake_in_the_connection_is_named(monkeypatch, database_url, kind, opening):
    """A pool that cannot connect says only that it waited; the reason is found all the same."""
    monkeypatch.setattr(environment, "CONNECT_TIMEOUT_S", 0.5)
    url = mistaken(kind, database_url)
    call = {"pool": lambda: open_recorder(url, "0"), "one": lambda: connect(url)}
    with pytest.raises(UnavailableError, match=f"^PostgreSQL is away: {kind}$"):
        call.get(opening, lambda: migrate(url))()


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [("53100", "its disk is full"), ("57P01", "it was stopped"), ("22012", "DivisionByZero")],
)
def test_an_error_of_the_server_is_named_by_its_code(database_url, sqlstate, reason):
    """And never by its text, which can hold a row."""
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '{sqlstate}'; END $$"
        )
    assert postgres_reason(caught.value) == reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "it is read-only"),
        (errno.EMFILE, "EMFILE"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_by_its_cause(code, reason):
    expected = pytest.raises(UnavailableError, match=f"^the tile store is away: {reason}$")
    with expected, translated("the tile store"):
        raise OSError(code, os.strerror(code), "/some/place")


class FullStore(FolderTileStore):
    """A folder on a disk that may be full."""

    is_full = False

    def write_objects(self, log, objects):
        """Write, unless the disk is full."""
        with translated("the tile store"):
            if self.is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write_objects(log, objects)


def test_a_promise_that_fails_is_said_once_a_minute_and_so_is_its_end(stored, tmp_path):
    store = FullStore(tmp_path / "tiles")
    stored.first_promise(store)
    promiser = ToldPromiser(stored.recorder, store, [stored.builder.signer])
    promiser.start()
    stored.grow(3)
    commit = stored.commit()
    store.is_full = True
    with capture_logs() as lines:
        for _ in range(2 * LINE_EVERY):
            with pytest.raises(UnavailableError):
                promiser.promise([commit])
        assert promiser.reason == "the tile store is away: the disk is full"
        store.is_full = False
        promiser.promise([commit])
    told = [(line["event"], line.get("reason"), line["tries"]) for line in lines]
    full = "the tile store is away: the disk is full"
    assert told == [
        ("promise_retried", full, 1),
        ("promise_retried", full, LINE_EVERY + 1),
        ("promise_resumed", None, 2 * LINE_EVERY),
    ]
    assert promiser.reason == ""
