"""A role refuses a database of another layout in a sentence, and may look with its own rights."""

from __future__ import annotations

import psycopg
import pytest

from ledger.errors import MalformedError, UnavailableError
from ledger.store import migrations as applied_by
from ledger.store.layout import require_layout
from ledger.store.migrations import migrate, migrations
from ledger.store.roles import ROLES, apply_roles


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_see_the_layout_of_its_own_version(postgres_server, database, stored, role):
    """And would see that it is another one."""
    with psycopg.connect(stored.url, autocommit=True) as connection:
        apply_roles(connection, {role: "password"})
        url = postgres_server.url(database, role, "password")
        require_layout(url)
        connection.execute("INSERT INTO ledger.migrations VALUES (9999, 'future', 'x')")
    with pytest.raises(MalformedError, match="newer than"):
        require_layout(url)


def test_an_older_layout_names_what_is_to_be_run_and_a_migration_mends_it(
    postgres_server, monkeypatch
):
    """The layout of the version before: as the owner's command left it then."""
    name = postgres_server.create("template0")
    url, newest = postgres_server.url(name), len(migrations())
    with monkeypatch.context() as before:
        before.setattr(applied_by, "migrations", lambda: migrations()[:-1])
        assert migrate(url) == newest - 1

    with pytest.raises(MalformedError, match=f"lacks migration {newest} .*ledger create") as caught:
        require_layout(url)

    assert caught.value.exit_code == 2
    migrate(url)
    require_layout(url)
    postgres_server.drop(name)


def test_a_newer_layout_is_refused(database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO ledger.migrations VALUES (9999, 'future', 'x')")
    with pytest.raises(MalformedError, match="it is 9999, newer than"):
        require_layout(database_url)


def test_a_layout_with_another_text_is_refused(database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE ledger.migrations SET sha256 = 'other' WHERE number = 2")
    with pytest.raises(MalformedError, match="migration 2 is not the one"):
        require_layout(database_url)


def test_an_empty_database_has_none(postgres_server):
    name = postgres_server.create("template0")
    with pytest.raises(MalformedError, match="there is none; as its owner"):
        require_layout(postgres_server.url(name))
    postgres_server.drop(name)


def test_a_role_that_was_given_no_right_says_so(postgres_server, database, stored):
    with psycopg.connect(stored.url, autocommit=True) as connection:
        apply_roles(connection, {"lz_relay": "password"})
        connection.execute("REVOKE SELECT ON ledger.migrations FROM lz_relay")
    with pytest.raises(MalformedError, match="may not see it; as its owner"):
        require_layout(postgres_server.url(database, "lz_relay", "password"))


def test_a_database_that_is_away_is_unavailable(database_url):
    with pytest.raises(UnavailableError):
        require_layout(database_url.replace("127.0.0.1", "127.0.0.2"))


@pytest.mark.parametrize("url", ["notaurl", "postgresql://a:secret@[::1/x", "host=x nosuch=secret"])
def test_what_is_no_connection_string_is_named_by_its_setting(url):
    """A mistake of the environment, exit 2; a password in it is not said."""
    with pytest.raises(MalformedError, match="LEDGER_DATABASE_URL") as caught:
        require_layout(url)
    assert "secret" not in str(caught.value)
