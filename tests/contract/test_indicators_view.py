"""The indicators' view answers alike from memory and from PostgreSQL, and as of any moment.

A generated history with planted violations, judged, its alerts among its entries.
"""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_text
from ledger.errors import TooCostlyError
from portal.api.problem import problem_of_error
from portal.indicators import how_of
from projections.indicators.definitions import indicators
from projections.indicators.memory import MemoryIndicatorReader
from projections.indicators.postgres import PostgresIndicatorReader
from projections.indicators.projection import IndicatorsProjection
from projections.indicators.view import NEVER, OUTCOMES, PARTS, FactQuery, Total
from projections.reading import PAGE_ROWS_MAX, select
from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import judged
from tests.support.ledger_copy import AGENCY, MemorySource, sample
from tests.support.platform import LOG
from tests.support.views import MemoryView, drain, empty_view, memory_view, stored_digest

EVER = NEVER - 1


@pytest.fixture(scope="module")
def history():
    made = HistoryCopy(25, 21, violations=0.8)
    made.annulled = set()
    for act in [it.act.value for its in judged(made) for it in its]:
        made.ledger.append(act, LOG)
    for entry in [decode_entry(data) for data in made.ledger.logs[LOG]][::41]:
        act = decode_act(entry.act)
        if entry.submission and act.event_type != "SupervisionAlertRaised":
            annulment = sample("EventAnnulled", targetEventId=act.event_id)
            made.ledger.add(
                "EventAnnulled",
                annulment,
                stream=entry.stream_id,
                log=LOG,
                agency_id=act.agency_id,
            )
            made.annulled.add(uuid_text(act.event_id))
    return made


@pytest.fixture(scope="module")
def memory(history):
    return memory_view(IndicatorsProjection(), MemorySource(history.ledger.logs))


def counts(view: MemoryView, query: FactQuery):
    """Everything that is asked of an indicator."""
    reader, how = MemoryIndicatorReader(view.rows), how_of(indicators()[query.indicator_id])
    parts = ("ALL", "AGENCY") if how == "LATEST" else PARTS
    return [reader.totals(query, part, how) for part in parts]


def test_both_kinds_of_view_hold_the_same_and_answer_alike(postgres_server, history, memory):
    """In small batches, in PostgreSQL; the digest and every question."""
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        view = empty_view(IndicatorsProjection(), connection)
        drain(view, MemorySource(history.ledger.logs), entries_max=97)
        assert stored_digest(connection, "indicators") == memory.digest
        stored, held = PostgresIndicatorReader(connection), MemoryIndicatorReader(memory.rows)
        entries = history.ledger.logs[LOG]
        middle = decode_entry(entries[len(entries) // 2]).received_at
        for indicator in indicators().values():
            for as_of in (middle, EVER):
                query = FactQuery(indicator.id, as_of, None, 20_000, 30_000, 30_000)
                for part in ("ALL", "AGENCY") if indicator.is_latest else PARTS:
                    asked = (query, part)
                    found = stored.totals(*asked, how_of(indicator))
                    assert found == held.totals(*asked, how_of(indicator)), asked
            query = FactQuery(indicator.id, middle)
            for outcome in (None, *OUTCOMES):
                page = stored.facts(query, outcome, 5, None, how_of(indicator))
                same = held.facts(query, outcome, 5, None, how_of(indicator))
                assert page == same, (indicator.id, outcome)
                if page.next_cursor is not None:
                    asked = (query, outcome, 5, page.next_cursor, how_of(indicator))
                    assert stored.facts(*asked) == held.facts(*asked)
            nobody = FactQuery(indicator.id, EVER, AGENCY)
            assert stored.totals(nobody) == held.totals(nobody)
        listed = [(row.event_id, row.fact_key) for row in pages(stored, FactQuery("K-25", EVER))]
        assert len(listed) == len(set(listed)) == stored.totals(FactQuery("K-25", EVER))[0].facts
    postgres_server.drop(name)


def pages(reader, query: FactQuery):
    """Yield all facts, page by page."""
    after = None
    while True:
        page = reader.facts(query, None, PAGE_ROWS_MAX, after)
        yield from page.rows
        after = page.next_cursor
        if after is None:
            return


def test_a_question_that_takes_too_long_is_given_up(postgres_server):
    """The connection is free again, and who asked is told to ask for less."""
    name = postgres_server.create()
    url, options = postgres_server.url(name), "-c statement_timeout=20ms"
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        with pytest.raises(TooCostlyError) as raised:
            select(connection, Total, "SELECT pg_sleep(3600)", {})
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert problem_of_error(raised.value).code == "QUESTION_TOO_COSTLY"
    assert problem_of_error(raised.value).status == 503
    postgres_server.drop(name)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_an_earlier_moment_is_the_view_of_that_moment(history, memory, share):
    """As of a time, the view of today answers as the view did that had no more."""
    entries = history.ledger.logs[LOG]
    as_of = decode_entry(entries[int(len(entries) * share)]).received_at
    logs = {
        log: [data for data in held if decode_entry(data).received_at <= as_of]
        for log, held in history.ledger.logs.items()
    }
    then = memory_view(IndicatorsProjection(), MemorySource(logs))

    for name in indicators():
        query = FactQuery(name, as_of)
        assert counts(memory, query) == counts(then, query), name


@pytest.mark.parametrize(
    ("indicator_id", "rule_id"), [("K-10", "V-CRED-01"), ("K-11", "V-CRED-02")]
)
def test_what_is_planted_is_out_of_the_numerator(history, memory, indicator_id, rule_id):
    """Each act that a rule was broken by is counted against, and no other is."""
    reader = MemoryIndicatorReader(memory.rows)
    out = reader.facts(FactQuery(indicator_id, EVER), "OUT", 200).rows
    planted = {it["trigger_event_id"] for it in history.planted if it["rule_id"] == rule_id}
    planted -= history.annulled

    assert {row.event_id for row in out} == planted
    assert planted
    total = reader.totals(FactQuery(indicator_id, EVER))[0]
    assert total.denominator - total.numerator == len(planted)
