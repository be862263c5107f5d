"""What a look at a stopped ledger's database does where there is none, or somebody is at it."""

from __future__ import annotations

import fcntl
import json

import pytest

from ledger.errors import RejectedError, UnavailableError
from portal.programs.at_rest import readable_database
from portal.programs.owner import given_database

OPTIONS = dict.fromkeys(("operator", "profile", "synthetic", "sim_start")) | {
    "name": "rest.example",
    "logs": 1,
}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder as a ledger leaves it, without its database."""
    monkeypatch.delenv("LEDGER_DATABASE_URL", raising=False)
    (tmp_path / "ledger.json").write_text(json.dumps(OPTIONS))
    return tmp_path


def look(data) -> str:
    """Return the connection string that is lent."""
    with readable_database(data, "audit") as url:
        return url


def test_a_database_that_is_elsewhere_has_to_be_named_and_none_is_made(data):
    """A new one in its place would look as if all entries had been taken away."""
    with pytest.raises(UnavailableError, match="LEDGER_DATABASE_URL"):
        look(data)
    assert [path.name for path in data.iterdir()] == ["ledger.json"]


def test_a_database_that_is_named_is_the_one(data, monkeypatch):
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").touch()
    monkeypatch.setenv("LEDGER_DATABASE_URL", "postgresql://lz_audit@db.example/evidence")
    assert look(data) == given_database() == "postgresql://lz_audit@db.example/evidence"


def test_a_ledger_that_is_being_started_is_left_alone(data):
    """Two servers on one cluster, or a start that finds its port taken, help nobody."""
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").touch()
    with (data / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(RejectedError, match="already runs the ledger"):
            look(data)
