"""The database layout comes from numbered files, each once, in whatever way programs start."""

from __future__ import annotations

import threading

import psycopg
import pytest

from ledger.errors import MalformedError, UnavailableError, VerificationError
from ledger.store.log_tables import create_log_tables, log_of, origin_of, table_prefix
from ledger.store.migrations import migrate, migrations
from ledger.store.sql import load


def test_programs_that_start_at_once_migrate_once(postgres_server):
    """Four migrate the same empty database; each file is applied one time."""
    name = postgres_server.create("template0")
    url, results = postgres_server.url(name), []
    programs = [threading.Thread(target=lambda: results.append(migrate(url))) for _ in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert results == [len(migrations())] * 4
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT name, sha256 FROM ledger.migrations ORDER BY number")
        assert rows.fetchall() == [(item.name, item.sha256) for item in migrations()]
    postgres_server.drop(name)


def test_a_file_that_was_edited_after_it_was_applied_is_refused(database_url):
    """Its checksum is kept."""
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE ledger.migrations SET sha256 = 'other' WHERE number = 1")
    with pytest.raises(VerificationError, match="0001_pre_ledger"):
        migrate(database_url)


def test_a_database_of_a_newer_program_is_refused(database_url):
    """An older program must not guess; nobody tampered with anything."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO ledger.migrations VALUES (9999, 'future', 'x')")
    with pytest.raises(MalformedError, match="newer") as caught:
        migrate(database_url)
    assert caught.value.exit_code == 2


def test_a_database_that_is_away_is_unavailable(database_url):
    """No error of the driver passes."""
    with pytest.raises(UnavailableError):
        migrate(database_url.replace("127.0.0.1", "127.0.0.2"))


def test_log_tables_can_be_made_again_but_not_for_another_log(database_url):
    """The birth of a ledger is repeatable; a second origin under one name is not."""
    with psycopg.connect(database_url) as connection:
        for _ in range(2):
            create_log_tables(connection, "3", "one.example/log/3", "guomi")
        for origin, profile in (
            ("two.example/log/3", "guomi"),
            ("one.example/log/3", "international"),
        ):
            with pytest.raises(VerificationError):
                create_log_tables(connection, "3", origin, profile)


def test_only_names_of_logs_become_names_of_tables():
    """Nothing from outside can become an identifier."""
    assert table_prefix("control") == "control"
    assert table_prefix("15") == "log_15"
    assert log_of("log_15") == "15"
    assert origin_of("one.example", "7") == "one.example/log/7"
    for name in ("16", "00", "log_0", "x; DROP TABLE y", ""):
        with pytest.raises(ValueError):
            table_prefix(name)
    for prefix in ("log_control", "0", "log_16", "log_"):
        with pytest.raises(ValueError):
            log_of(prefix)


def test_every_statement_has_a_name():
    """Loading finds all of them; there is none without a user in this package."""
    names = load("ledger.store", "queries.sql")
    assert "lock_head" in names
    assert all("--" not in text.split("\n")[-1] for text in names.values())
