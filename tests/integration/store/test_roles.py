"""Each database role has just its rights, and entries are append-only whatever it is granted."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from ledger.store.roles import ROLES, apply_roles

EVENTS, NODES, REFUSALS = "ledger.log_0_events", "ledger.log_0_nodes", "ledger.log_0_refusals"
HEADS, PROMISES = "ledger.heads", "ledger.promises"
TRACKING = "ledger.log_0_tracking"
OPENINGS, INDEX, QUARANTINE = "vault.openings", "vault.blind_index", "vault.quarantine"
JUDGED, AGENDA = "supervision.tracking", "supervision.agenda"
CLOSED, DAY_ROWS = "supervision.closed_days", "supervision.day_rows"
TABLES = (
    EVENTS,
    NODES,
    REFUSALS,
    HEADS,
    PROMISES,
    TRACKING,
    OPENINGS,
    INDEX,
    QUARANTINE,
    JUDGED,
    AGENDA,
    CLOSED,
    DAY_ROWS,
)

# What each role may do to whole tables; everything else must be refused.
ALLOWED = {
    "lz_append": {
        "SELECT": {EVENTS, NODES, REFUSALS, HEADS, PROMISES, TRACKING},
        "INSERT": {EVENTS, NODES, REFUSALS, TRACKING, OPENINGS, INDEX, QUARANTINE},
        "UPDATE": {TRACKING},
    },
    "lz_project": {"SELECT": {EVENTS, HEADS, PROMISES}},
    "lz_relay": {"SELECT": {EVENTS, HEADS, PROMISES}},
    "lz_supervise": {
        "SELECT": {EVENTS, HEADS, PROMISES, INDEX, JUDGED, AGENDA, CLOSED, DAY_ROWS},
        "INSERT": {JUDGED, AGENDA, CLOSED, DAY_ROWS},
        "UPDATE": {JUDGED, AGENDA, CLOSED, DAY_ROWS},
        "DELETE": {AGENDA, DAY_ROWS},
    },
    "lz_portal": {"SELECT": {EVENTS, NODES, REFUSALS, HEADS, PROMISES, OPENINGS, INDEX}},
    "lz_audit": {
        "SELECT": {EVENTS, NODES, REFUSALS, HEADS, PROMISES, INDEX, JUDGED, AGENDA, CLOSED}
    },
}
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@pytest.fixture
def role_urls(postgres_server, database, stored):
    """URLs of all roles on a log with entries."""
    stored.grow(3)
    stored.commit()
    passwords = {role: f"password-of-{role}" for role in ROLES}
    with psycopg.connect(stored.url, autocommit=True) as connection:
        apply_roles(connection, passwords)
        apply_roles(connection, passwords)
    return {role: postgres_server.url(database, role, passwords[role]) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_rights_of_its_program_and_no_other(role_urls, role):
    """The whole matrix of roles, tables and privileges is compared."""
    with psycopg.connect(role_urls[role]) as connection:
        for table in TABLES:
            for privilege in PRIVILEGES:
                query = "SELECT has_schema_privilege(%s, 'USAGE') AND has_table_privilege(%s, %s)"
                row = connection.execute(query, (table.split(".")[0], table, privilege)).fetchone()
                expected = table in ALLOWED[role].get(privilege, set())
                assert row == (expected,), f"{role} {privilege} {table}"


@pytest.mark.parametrize("role", ROLES)
def test_no_role_makes_tables_of_its_own(role_urls, role):
    """Temporary ones neither: they fill the disk and are in nobody's view."""
    with psycopg.connect(role_urls[role]) as connection:
        with pytest.raises(InsufficientPrivilege):
            connection.execute("CREATE TEMPORARY TABLE mine (a int)")
        connection.rollback()
        with pytest.raises(InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (a int)")


def test_the_appender_moves_heads_but_not_what_a_log_is(role_urls):
    """Rights of single columns; of the vault it sees places, never values."""
    with psycopg.connect(role_urls["lz_append"], autocommit=True) as connection:
        connection.execute("UPDATE ledger.heads SET control_size = control_size")
        connection.execute("SELECT log, event_id, path FROM vault.openings")
        for statement in (
            "UPDATE ledger.heads SET origin = 'another'",
            "UPDATE ledger.heads SET hash_profile = 'guomi'",
            "INSERT INTO ledger.heads VALUES ('1', 'x', 'guomi', 0, sha256(''), 0, 0)",
            "SELECT sealed FROM vault.openings",
            "SELECT subject_id FROM vault.openings",
            "SELECT blinded FROM vault.blind_index",
        ):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


def test_the_auditor_sees_whose_openings_there_are_and_no_value(role_urls):
    """So `ledger check` can look for each one's key."""
    with psycopg.connect(role_urls["lz_audit"], autocommit=True) as connection:
        connection.execute("SELECT log, stream_id, subject_id FROM vault.openings")
        for statement in ("SELECT sealed FROM vault.openings", "SELECT path FROM vault.openings"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("table", [EVENTS, NODES, REFUSALS])
def test_entries_are_append_only_even_if_a_right_was_granted_by_mistake(role_urls, stored, table):
    """The trigger refuses what the grant would allow, to everyone but the owner."""
    column = {EVENTS: "topic", NODES: "hash", REFUSALS: "leaf_index"}[table]
    with psycopg.connect(stored.url) as owner:
        owner.execute(f"GRANT ALL ON {table} TO lz_append")
    with psycopg.connect(role_urls["lz_append"], autocommit=True) as connection:
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            with pytest.raises(InsufficientPrivilege, match="append-only"):
                connection.execute(statement)


def test_a_head_only_grows(role_urls, stored):
    """Forgetting entries is refused to the writer, although it may write the column."""
    with psycopg.connect(role_urls["lz_append"], autocommit=True) as connection:
        for change in ("tree_size = tree_size - 1", "received_at = 0", "control_size = 0"):
            with pytest.raises(InsufficientPrivilege, match="only grows"):
                connection.execute(f"UPDATE ledger.heads SET {change}")


def test_the_appender_appends_with_its_own_role(role_urls, postgres_server, stored, key_store):
    """Everything that an append needs is granted, openings and refusals included."""
    from ledger.chain.entry import Source
    from ledger.domain.rows import QuarantineItem, VaultOpening
    from ledger.store.environment import open_recorder

    stored.grow(2)
    stored.recorder.datastore.close()
    stored.recorder = open_recorder(role_urls["lz_append"], "0", key_store)
    row = stored.row(4)
    source = Source("5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b", "t", 0, 1, 0)
    stored.commit(
        tracking={"kafka:x:t:0": 1},
        refusals={bytes(16): 5},
        openings=[VaultOpening("s", "p", row.event_id, "/name", bytes(32), b'"x"', "ID_CARD")],
        quarantine=[QuarantineItem(source, bytes(32), b"raw", bytes(32), "R1_MALFORMED")],
    )
    assert stored.recorder.head().tree_size == 6
    with stored.recorder.transaction() as tx:
        assert tx.opened_events([row.event_id]) == {row.event_id}
        assert tx.opened_events([bytes(16)]) == set()
    stored.recorder.set_promised(6)
    assert stored.recorder.promised_sizes() == {"0": 6}


def test_tables_that_a_projection_makes_are_readable_by_portal_and_auditor(role_urls):
    """A rebuilt view needs no administrator."""
    with psycopg.connect(role_urls["lz_project"]) as connection:
        connection.execute("CREATE TABLE views.fresh (a int)")
    for role in ("lz_portal", "lz_audit"):
        with psycopg.connect(role_urls[role]) as connection:
            connection.execute("SELECT * FROM views.fresh")
            with pytest.raises(InsufficientPrivilege):
                connection.execute("DELETE FROM views.fresh")
