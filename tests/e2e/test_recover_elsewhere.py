"""Recovery of a ledger whose PostgreSQL is somebody's own: the right one, or a sentence."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack.process import free_port
from tests.support.own_servers import DATABASE, OwnServers
from tests.support.running import environment, fetch, program, wait_for

NAME = "elsewhere.example"


class Elsewhere:
    """A ledger in a database of its own that has grown, and ``older``, a copy from its birth."""

    def __init__(self, folder: Path, servers: OwnServers) -> None:
        self.servers = servers
        self.data = folder / "data"
        self._settings = {"LEDGER_DATA": str(self.data), "LEDGER_KAFKA": servers.kafka}
        created = self.command("ledger", "create", "--name", NAME, url=servers.owner_url)
        assert created.returncode == 0, created.stderr
        servers.create_database("older", template=DATABASE)
        self._grow(folder)

    def command(self, *words: str, url: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command with the settings of the ledger, its database named or not."""
        return program(*words, settings={**self._settings, "LEDGER_DATABASE_URL": url})

    def _grow(self, folder: Path) -> None:
        """Have the control log's appender publish schemas and rules."""
        settings = {
            **self._settings,
            "LEDGER_DATABASE_URL": self.servers.owner_url,
            "LEDGER_HEALTH_PORT": str(free_port()),
        }
        with (folder / "append.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "portal.cli.main", "append", "--log", "control"],
                env=environment(settings=settings),
                stdout=log,
                stderr=log,
            )
        url = f"http://127.0.0.1:{settings['LEDGER_HEALTH_PORT']}/readyz"
        try:
            wait_for(lambda: fetch(url)[0] == 200, 60, "the appender")
            wait_for(lambda: self.sizes(self.servers.owner_url)["control"] > 1, 60, "entries")
        finally:
            child.send_signal(signal.SIGTERM)
            assert child.wait(60) == 0

    def sizes(self, url: str) -> dict[str, int]:
        """Return how many entries of each log are promised, by the log's short name."""
        status = self.command("ledger", "status", "--json", url=url)
        assert status.returncode == 0, status.stderr
        logs = json.loads(status.stdout)["logs"]
        return {log["short"]: int(log["tree_size"]) for log in logs}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """The ledger, its roles stopped."""
    folder = tmp_path_factory.mktemp("elsewhere")
    servers = OwnServers(folder)
    try:
        servers.start()
        yield Elsewhere(folder, servers)
    finally:
        servers.stop()


def said(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the one sentence that a command ended with."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "recover"),
        ("ledger", "recover", "--database", "embedded"),
        ("ledger", "create"),
        ("up",),
    ],
    ids=" ".join,
)
def test_no_database_is_made_for_a_ledger_that_has_one(
    elsewhere: Elsewhere, words: tuple[str, ...]
) -> None:
    """Not said where it is: refused with what to give, and nothing is called tampered."""
    assert "--database URL" in said(elsewhere.command(*words), 2)
    assert not (elsewhere.data / "postgres").exists()
    assert not (elsewhere.data / "keys" / "postgres-superuser.txt").exists()


def test_a_database_without_a_ledger_is_refused_and_left_empty(elsewhere: Elsewhere) -> None:
    """A mistyped name is no evidence against anybody; no tables are made there."""
    empty = elsewhere.servers.create_database("empty")
    for _ in range(2):
        assert "holds no ledger" in said(elsewhere.command("ledger", "recover", url=empty), 2)


@pytest.mark.parametrize("words", ["ledger status", "ledger check", "view list"])
def test_a_command_on_a_database_without_a_ledger_says_so(elsewhere: Elsewhere, words: str) -> None:
    """A sentence, not a trace."""
    url = elsewhere.servers.create_database("empty_for_" + words.replace(" ", "_"))
    assert "LEDGER_DATABASE_URL" in said(elsewhere.command(*words.split(), url=url), 2)


def test_another_ledgers_database_is_refused(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """It is sound, and not this ledger's."""
    url = elsewhere.servers.create_database("another")
    words = ("ledger", "create", "--name", "another.example", "--data", str(tmp_path / "another"))
    assert elsewhere.command(*words, url=url).returncode == 0
    refused = said(elsewhere.command("ledger", "recover", url=url), 2)
    assert "another.example" in refused
    assert NAME in refused


@pytest.mark.parametrize("how", ["option", "setting"])
def test_an_older_database_is_completed_where_it_is(elsewhere: Elsewhere, how: str) -> None:
    """Named by option or by setting."""
    older = elsewhere.servers.create_database(f"older_by_{how}", template="older")
    option = ("--database", older) if how == "option" else ()
    setting = older if how == "setting" else ""

    done = elsewhere.command("ledger", "recover", *option, "--json", url=setting)

    assert done.returncode == 0, done.stderr
    recovered = {log["origin"]: log["recovered"] for log in json.loads(done.stdout)["logs"]}
    grown = elsewhere.sizes(elsewhere.servers.owner_url)
    assert recovered[f"{NAME}/control"] == grown["control"] - 1 > 0
    assert elsewhere.command("ledger", "check", url=older).returncode == 0


def test_a_recovery_that_is_not_this_ledgers_past_is_still_tampering(elsewhere: Elsewhere) -> None:
    """A head that somebody took out is no mistake of the question."""
    url = elsewhere.servers.create_database("robbed", template="older")
    theft = "SET session_replication_role = replica; DELETE FROM ledger.heads WHERE log = '0'"
    elsewhere.servers.execute(theft, "robbed")
    assert "log 0 has no head" in said(elsewhere.command("ledger", "recover", url=url), 10)
