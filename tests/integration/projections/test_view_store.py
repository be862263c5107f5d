"""Views in PostgreSQL: one transaction a batch, one writer, rebuilt and compared as a whole."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from consumers.entry_source import DatabaseEntrySource, PromiseListener, Share
from consumers.project import FactsFollower, Projector
from consumers.rebuild import Replayer, compare_view, rebuild_shared, rebuild_view
from ledger.domain.projection import ControlReader, EntryRange, EntryView
from ledger.errors import IncompleteError, UnavailableError
from projections import fresh_tables, named_sql
from projections.case_replay.projection import CaseReplayProjection
from projections.disclosure.projection import DisclosureProjection
from projections.disclosure.search import tsquery
from projections.postgres_rows import PostgresRows
from projections.rows import Rows
from projections.tracking import list_views, read_sizes
from projections.view_store import PostgresView
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import LedgerCopy, MemorySource
from tests.support.promised import open_trees, promise_all
from tests.support.views import (
    DEFINITIONS,
    drain,
    empty_view,
    memory_view,
    stored_digest,
)


def story(cases: int = 6) -> LedgerCopy:
    """Return a ledger with some cases in each stage, over two logs."""
    ledger = LedgerCopy(2, schemas=TYPES)
    register_agencies(ledger)
    for number in range(1, cases + 1):
        case = Case(ledger, number, str(number % 2))
        case.filed()
        case.decided()
        if number % 3:
            case.published()
        if number % 3 == 1:
            case.withdrawn()
        case.retrieved(approved=number % 2 == 0)
    return ledger


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def rebuilt(
    definition: Any, connection: psycopg.Connection[Any], ledger: LedgerCopy
) -> PostgresView:
    view = PostgresView(definition, connection)
    source = MemorySource(ledger.logs)
    rebuild_view(view, source, FactsFollower(source))
    return view


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_live_batches_and_a_rebuild_give_the_digest_of_the_twin_in_memory(definition, connection):
    """The digest that is kept row by row is the one of all rows."""
    ledger = story()
    source = MemorySource(ledger.logs)
    expected = memory_view(definition(), source).digest
    drain(empty_view(definition(), connection), source, entries_max=5)
    assert stored_digest(connection, definition.name) == expected
    view = rebuilt(definition(), connection, ledger)
    assert stored_digest(connection, definition.name) == expected
    comparison = compare_view(view, source, FactsFollower(source))
    assert comparison.is_equal
    assert comparison.recomputed == expected
    assert comparison.sizes == {log: len(entries) for log, entries in ledger.logs.items()}
    assert not comparison.differences


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_tables_are_those_of_the_row_types(definition, connection):
    """Same columns, same order, same types, same nulls as the NamedTuples say."""
    empty_view(definition(), connection)
    for table in definition.tables:
        found = connection.execute(
            "SELECT attname, format_type(atttypid, NULL), NOT attnotnull FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (f"views.{table.name}",),
        ).fetchall()
        names = {"bigint": "int8", "boolean": "bool"}
        columns = [(name, names.get(kind, kind), nullable) for name, kind, nullable in found]
        assert columns == [(c.name, c.pg_type, c.is_nullable) for c in table.columns]
        key = connection.execute(
            "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
            " AND attnum = ANY (indkey) WHERE indrelid = %s::regclass AND indisprimary",
            (f"views.{table.name}",),
        ).fetchall()
        assert {name for (name,) in key} == set(table.key_names)


TAMPERING = {
    "changed": "UPDATE views.disclosure_page SET org_name = '别人' WHERE disclosure_id = 'disclosure:2'",
    "missing": "DELETE FROM views.disclosure_page WHERE disclosure_id = 'disclosure:2'",
    "surplus": "INSERT INTO views.disclosure_page SELECT (jsonb_populate_record(page,"
    ' \'{"disclosure_id": "disclosure:2x"}\')).* FROM views.disclosure_page AS page'
    " WHERE disclosure_id = 'disclosure:2'",
}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_row_that_somebody_touched_is_named(what: str, connection):
    """Table and key, and whether it is changed, missing or surplus; nothing stays of the look."""
    ledger = story()
    view = rebuilt(DisclosureProjection(), connection, ledger)
    connection.execute(TAMPERING[what])
    source = MemorySource(ledger.logs)
    comparison = compare_view(view, source, FactsFollower(source))
    assert not comparison.is_equal
    assert comparison.stored == comparison.replayed != comparison.recomputed
    suffix = "x" if what == "surplus" else ""
    stream = "case:00000002-0000-4000-8000-000000000000"
    assert comparison.differences == [f"disclosure_page 0 {stream} disclosure:2{suffix}: {what}"]
    left = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'views_fresh'")
    assert left.fetchone() == (0,)


def test_a_digest_that_somebody_adjusted_does_not_help(connection):
    """Rows and stored digest agree with each other and not with the ledger."""
    ledger = story()
    view = rebuilt(DisclosureProjection(), connection, ledger)
    connection.execute(TAMPERING["missing"])
    source = MemorySource(ledger.logs)
    forged = compare_view(view, source, FactsFollower(source)).recomputed
    connection.execute("UPDATE views.digests SET digest = %s", (forged,))
    comparison = compare_view(view, source, FactsFollower(source))
    assert comparison.stored == comparison.recomputed != comparison.replayed
    assert not comparison.is_equal


def test_a_rebuild_mends_what_somebody_touched_and_keeps_the_rights(connection):
    """Rights given on the old table are given on the new one."""
    ledger = story()
    rebuilt(DisclosureProjection(), connection, ledger)
    connection.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'view_reader') THEN"
        " CREATE ROLE view_reader; END IF; END $$"
    )
    connection.execute("GRANT SELECT ON views.disclosure_page TO view_reader")
    before = connection.execute("SELECT count(*) FROM views.disclosure_page").fetchone()
    connection.execute("DELETE FROM views.disclosure_page")
    view = rebuilt(DisclosureProjection(), connection, ledger)
    assert connection.execute("SELECT count(*) FROM views.disclosure_page").fetchone() == before
    source = MemorySource(ledger.logs)
    assert compare_view(view, source, FactsFollower(source)).is_equal
    rights = "SELECT has_table_privilege('view_reader', 'views.disclosure_page', 'SELECT')"
    assert connection.execute(rights).fetchone() == (True,)
    connection.execute("REVOKE ALL ON views.disclosure_page FROM view_reader")


class Stumbling(DisclosureProjection):
    """Fails at the second publication."""

    def __init__(self) -> None:
        super().__init__()
        self.publications = 0
        self.is_lame = True

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Stumble once."""
        if self.is_lame and entry.event_type == "DisclosurePublished":
            self.publications += 1
            if self.publications == 2:
                raise IncompleteError("stumbled")
        super().process(entry, facts, rows)


def test_a_batch_that_fails_leaves_nothing_and_is_taken_in_whole_later(connection):
    """Rows, tracking and digest change together or not at all."""
    ledger = story()
    source = MemorySource(ledger.logs)
    definition = Stumbling()
    view = empty_view(definition, connection)
    empty = stored_digest(connection, "disclosure")
    projector = Projector(view, source, FactsFollower(source))
    with pytest.raises(IncompleteError):
        projector.project_batch(10_000)
    assert stored_digest(connection, "disclosure") == empty
    assert read_sizes(connection, "disclosure") == {}
    assert connection.execute("SELECT count(*) FROM views.disclosure").fetchone() == (0,)
    definition.is_lame = False
    drain(view, source)
    expected = memory_view(DisclosureProjection(), source).digest
    assert stored_digest(connection, "disclosure") == expected


def test_a_rebuild_that_fails_leaves_the_live_view_as_it_was(connection):
    """The old tables stay, whole and readable."""
    ledger = story()
    rebuilt(DisclosureProjection(), connection, ledger)
    before = stored_digest(connection, "disclosure")
    with pytest.raises(IncompleteError):
        rebuilt(Stumbling(), connection, ledger)
    assert stored_digest(connection, "disclosure") == before
    source = MemorySource(ledger.logs)
    view = PostgresView(DisclosureProjection(), connection)
    assert compare_view(view, source, FactsFollower(source)).is_equal


def test_two_writers_of_one_view_take_every_entry_in_once(connection, database_url: str):
    """They take turns; who finds that somebody else wrote forgets what it remembers."""
    ledger = story()
    source = MemorySource(ledger.logs)
    first = empty_view(DisclosureProjection(), connection)
    with psycopg.connect(database_url, autocommit=True) as other:
        second = PostgresView(DisclosureProjection(), other)
        writers = [Projector(view, source, FactsFollower(source)) for view in (first, second)]
        while any([writer.project_batch(9).moved for writer in writers]):
            pass
    expected = memory_view(DisclosureProjection(), source).digest
    assert stored_digest(connection, "disclosure") == expected


def test_a_writer_forgets_a_row_that_another_one_changed(connection, database_url: str):
    """One holds the published page, the other changes it, then the first takes it down."""
    ledger = LedgerCopy(1, schemas=TYPES)
    register_agencies(ledger)
    case = Case(ledger, 1)
    case.decided()
    first = empty_view(DisclosureProjection(), connection)
    with psycopg.connect(database_url, autocommit=True) as other:
        second = PostgresView(DisclosureProjection(), other)
        for view, act in ((first, case.published), (second, case.updated), (first, case.withdrawn)):
            act()
            drain(view, MemorySource(ledger.logs))
    source = MemorySource(ledger.logs)
    assert compare_view(first, source, FactsFollower(source)).is_equal
    expected = memory_view(DisclosureProjection(), source).digest
    assert stored_digest(connection, "disclosure") == expected


def test_a_view_goes_on_where_a_rebuild_left_it(connection):
    """What was promised after the rebuild follows live."""
    ledger = story()
    source = MemorySource(ledger.logs)
    source.visible = {log: len(entries) // 2 for log, entries in ledger.logs.items()}
    source.visible["control"] = len(ledger.logs["control"])
    view = PostgresView(DisclosureProjection(), connection)
    rebuild_view(view, source, FactsFollower(source))
    source.visible = None
    drain(view, source)
    assert (
        stored_digest(connection, "disclosure")
        == memory_view(DisclosureProjection(), source).digest
    )


def test_a_rebuild_does_not_fall_behind_the_live_view(connection):
    """A source that is behind is refused: the public would see a record come back."""
    ledger = story()
    rebuilt(DisclosureProjection(), connection, ledger)
    source = MemorySource(ledger.logs)
    source.visible = {log: len(entries) - 1 for log, entries in ledger.logs.items()}
    view = PostgresView(DisclosureProjection(), connection)
    with pytest.raises(IncompleteError):
        rebuild_view(view, source, FactsFollower(source))
    with pytest.raises(IncompleteError):
        compare_view(view, source, FactsFollower(source))


class Overtaken(MemorySource):
    """Lets the live view take in everything while a rebuild reads what was there before."""

    def __init__(self, logs, live: PostgresView) -> None:
        super().__init__(logs)
        self.live = live

    def read(self, log: str, start: int, limit: int, event_types) -> EntryRange:
        """Show everything to the live view at the first read."""
        if self.visible is not None:
            self.visible = None
            drain(self.live, MemorySource(self.logs))
        return super().read(log, start, limit, event_types)


def test_a_rebuild_catches_up_with_what_went_on_meanwhile(connection, database_url: str):
    """The live view moved on between the replay and the swap; nothing of it is lost."""
    ledger = story()
    with psycopg.connect(database_url, autocommit=True) as other:
        live = empty_view(DisclosureProjection(), other)
        source = Overtaken(ledger.logs, live)
        source.visible = {log: len(entries) // 2 for log, entries in ledger.logs.items()}
        source.visible["control"] = len(ledger.logs["control"])
        view = PostgresView(DisclosureProjection(), connection)
        sizes = rebuild_view(view, source, FactsFollower(MemorySource(ledger.logs)))
        assert sizes == {log: len(entries) for log, entries in ledger.logs.items()}
        expected = memory_view(DisclosureProjection(), source).digest
        assert stored_digest(connection, "disclosure") == expected
        assert not Projector(live, source, FactsFollower(source)).project_batch().moved


def test_a_search_by_two_characters_uses_its_index(connection):
    """In a table of some size; the planner does not read it all."""
    ledger = story()
    rebuilt(DisclosureProjection(), connection, ledger)
    connection.execute(
        "INSERT INTO views.disclosure_page SELECT (jsonb_populate_record(page, jsonb_build_object("
        "'disclosure_id', page.disclosure_id || '-' || n, 'search_terms', '甲乙 乙' || n,"
        " 'search_text', 'o甲乙' || n))).* FROM views.disclosure_page AS page,"
        " generate_series(1, 4000) AS n"
    )
    connection.execute("ANALYZE views.disclosure_page")
    terms = tsquery(["示范"])
    values = {"terms": terms, "patterns": ["(?n)^o.*示范"], "view": None, "agency_id": None}
    values |= {"at": 2**63 - 1, "id": "", "limit": 20, "today": 0}
    query = named_sql.load("projections.disclosure")["search_pages"]
    plan = connection.execute("EXPLAIN " + query, values).fetchall()
    assert any("disclosure_page_terms" in line for (line,) in plan)


def test_other_code_has_to_rebuild_first(connection):
    """A view made by another version is not current, and is not written into."""
    ledger = story()
    rebuilt(DisclosureProjection(), connection, ledger)
    newer = DisclosureProjection()
    newer.code_version = "another"
    view = PostgresView(newer, connection)
    assert not view.is_current
    with pytest.raises(UnavailableError), view.batch():
        pass
    rebuilt(newer, connection, ledger)
    assert view.is_current
    assert list_views(connection) == ["disclosure"]


def test_a_nul_in_a_public_text_stops_nobody(connection):
    """PostgreSQL cannot hold it; it becomes U+FFFD, in row and digest alike, and later acts go on."""
    ledger = LedgerCopy(1, schemas=TYPES)
    register_agencies(ledger)
    case = Case(ledger, 1, doc={"docNo": "长\0号", "docDate": 1})
    case.filed()
    case.decided()
    case.published()
    case.updated()
    case.withdrawn()
    source = MemorySource(ledger.logs)
    view = empty_view(DisclosureProjection(), connection)
    drain(view, source, entries_max=1)
    assert compare_view(view, source, FactsFollower(source)).is_equal
    row = connection.execute("SELECT doc_no FROM views.disclosure_decision").fetchone()
    assert row == ("长\ufffd号",)


def test_a_rebuild_that_outgrows_its_memory_gives_the_same_digest(connection, monkeypatch):
    """With room for two streams the rest is written and read again."""
    monkeypatch.setattr(fresh_tables, "FRESH_STREAMS_MAX", 2)
    monkeypatch.setattr("consumers.rebuild.REBUILD_ENTRIES_MAX", 7)
    monkeypatch.setattr(PostgresRows.evict, "__defaults__", (2,))
    ledger = story(9)
    for definition in DEFINITIONS:
        rebuilt(definition(), connection, ledger)
        expected = memory_view(definition(), MemorySource(ledger.logs)).digest
        assert stored_digest(connection, definition.name) == expected


@contextmanager
def open_replayer(
    url: str, tiles: Path, definition: Any, number: int, count: int
) -> Iterator[Replayer]:
    """Open what replays a share of the streams in a process of its own."""
    trees = open_trees(tiles, ["control", "0", "1"])
    with (
        psycopg.connect(url, autocommit=True) as writing,
        psycopg.connect(url, autocommit=True) as reading,
    ):
        yield Replayer(
            PostgresView(definition(), writing),
            DatabaseEntrySource(reading, trees, Share(number, count)),
            FactsFollower(DatabaseEntrySource(reading, trees)),
        )


class EveryDisclosureEntry(DisclosureProjection):
    """The disclosure view, shown every entry, so that its streams are shared out."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted, self.event_types = self.event_types, None

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Pass over what the view does not take in."""
        if entry.event_type in self.wanted:
            super().process(entry, facts, rows)


def test_shares_of_the_streams_add_up_to_the_whole(
    connection, database_url: str, monkeypatch, tmp_path
):
    """Two processes rebuild from the event store what one does; leftovers of a crash do not hurt."""
    monkeypatch.setattr("consumers.rebuild.SHARED_ENTRIES_MIN", 0)
    ledger = story(9)
    ledger.store(database_url)
    with psycopg.connect(database_url, autocommit=True) as reading:
        source = DatabaseEntrySource(reading, promise_all(ledger, tmp_path))
        for definition in (EveryDisclosureEntry, CaseReplayProjection):
            view = PostgresView(definition(), connection)
            with view.prepared():
                pass  # A rebuild that ended here.
            opened = functools.partial(open_replayer, database_url, tmp_path, definition)
            sizes = rebuild_shared(view, source, FactsFollower(source), opened, 2)
            expected = memory_view(definition(), MemorySource(ledger.logs)).digest
            assert stored_digest(connection, definition.name) == expected
            assert sizes == {log: len(entries) for log, entries in ledger.logs.items()}
            assert compare_view(view, source, FactsFollower(source)).is_equal


def test_the_event_store_hands_out_promised_entries_only(connection, database_url: str, tmp_path):
    """What is committed and not promised does not exist yet for anybody."""
    ledger = story(2)
    ledger.store(database_url)
    connection.execute("UPDATE ledger.promises SET size = 3 WHERE log = '0'")
    source = DatabaseEntrySource(connection, promise_all(ledger, tmp_path))
    assert source.sizes()["0"] == 3
    found = source.read("0", 1, 100, None)
    assert [entry.data for entry in found.entries] == ledger.logs["0"][1:3]
    assert found.end == 3
    some = source.read("0", 0, 100, {"CaseFiled"})
    assert [entry.leaf_index for entry in some.entries] == [2]
    assert some.end == 3
    assert source.read("0", 3, 100, None).end == 3


def test_a_listener_hears_of_a_new_promise(connection, database_url: str):
    """A notification ends the wait long before its time is up."""
    with psycopg.connect(database_url, autocommit=True) as other:
        listener = PromiseListener(connection)
        other.execute("SELECT pg_notify('ledger_promised', '0:1')")
        begun = time.monotonic()
        listener.wait(60.0)
        assert time.monotonic() - begun < 30
        listener.wait(0.01)
