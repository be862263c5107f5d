"""No act stops a view or a question to it, whatever values it has that a schema allows."""

from __future__ import annotations

import random
import string

import psycopg
import pytest

from projections.discretion.projection import DiscretionProjection
from projections.indicators.projection import IndicatorsProjection
from projections.sharing.memory import MemorySharingReader
from projections.sharing.postgres import PostgresSharingReader
from projections.sharing.projection import SharingProjection
from projections.sharing.view import Day
from schemas.sample import sample
from tests.support.ledger_copy import AGENCY, LedgerCopy, MemorySource
from tests.support.views import drain, empty_view, memory_view

TYPES = ("CaseFiled", "PenaltyDecisionMade", "DocumentServed", "DiscretionAdviceGiven")
LONG = "".join(random.Random(1).choices(string.ascii_letters, k=9_000))


@pytest.fixture(scope="module")
def logs():
    """Decisions that are served, under numbers and items that no index and no column takes."""
    ledger = LedgerCopy(1, schemas=TYPES)
    for stream, words in (("case:1", LONG), ("case:2", "2026\0 1")):
        for event_type in TYPES:
            payload = sample(event_type)
            if "doc" in payload:
                payload["doc"]["docNo"] = words
            ledger.add(event_type, payload, stream=stream, log="0", item_code=words)
    return ledger.logs


def test_views_take_in_words_that_postgresql_does_not(postgres_server, logs):
    """It refuses index entries of more than 2,704 bytes, and texts with U+0000."""
    served = "SELECT bool_or(is_met) FROM views.indicator_fact WHERE indicator_id = 'K-13'"
    served += " GROUP BY stream_id"
    decided = "SELECT item_code IS NULL FROM views.discretion_decision"
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        for definition in (IndicatorsProjection, DiscretionProjection):
            drain(empty_view(definition(), connection), MemorySource(logs), entries_max=1)
        found = [connection.execute(question).fetchall() for question in (served, decided)]
        assert found == [[(True,), (True,)], [(False,), (False,)]]
    postgres_server.drop(name)


def test_an_emitter_may_number_from_the_least_to_the_greatest(postgres_server):
    ledger, least, greatest = LedgerCopy(1, schemas=("CaseFiled",)), -(2**63), 2**63 - 1
    for seq in (least, least + 1, -2, greatest):
        ledger.add(
            "CaseFiled",
            sample("CaseFiled"),
            stream=f"case:{seq - least}",
            log="0",
            emitter_id="case.example",
            emitter_seq=seq,
        )
    source, ever = MemorySource(ledger.logs), Day(-(2**63), 2**63 - 1)
    memory = MemorySharingReader(memory_view(SharingProjection(), source).rows)
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        drain(empty_view(SharingProjection(), connection), source)
        stored = PostgresSharingReader(connection)
        gaps = stored.sequence_gaps(ever, [AGENCY], 10)
        assert [gap[1:3] for gap in gaps] == [(least + 2, -3), (-1, greatest - 1)]
        assert gaps == memory.sequence_gaps(ever, [AGENCY], 10)
        (missing,) = stored.missing(ever, [AGENCY])
        assert [missing] == memory.missing(ever, [AGENCY])
        assert missing.numbers == greatest
    postgres_server.drop(name)
