"""The whole register as a file: every record, in pages of their own, with what was searched for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.clock import SystemClock
from ledger.errors import UnavailableError
from portal.api.disclosures import page_query
from portal.api.downloads import CSV_HEADS, csv_file, json_file
from portal.api.problem import ProblemError
from projections.disclosure.view import PageQuery, PageRow
from projections.reading import PAGE_ROWS_MAX, Cursor, Listing, listing_of
from tests.support.apart import run_apart

COUNT = 2 * PAGE_ROWS_MAX + 50
MASKED = {"fields": {"CF_XDR_MC": "王某某"}}


def row(number: int) -> PageRow:
    """Return a published record; every second one is of a natural person."""
    org_name = None if number % 2 else f"单位{number}"
    return PageRow(
        log="0", stream_id=f"case:{number}", disclosure_id=f"disclosure:{number:04}",
        view="PENALTY", channel="PORTAL", agency_id="A", agency_name="机关", doc_no=f"=文{number}",
        doc_date=20_000, org_name=org_name, uscc=None, party_type=None, violation_type="违法",
        penalty_kinds="FINE,WARNING", content_hash="hash", version=1, url=None, published_at=number,
        updated_at=number, until=None, event_id="e", leaf_index=number, received_at=number,
        search_text="", search_terms="",
    )  # fmt: skip


class Portal:
    """What a download needs of the portal's resources."""

    def __init__(self, *, breaks_at: int | None = None) -> None:
        self.clock = SystemClock()
        self.objects = self
        self.rows = [row(number) for number in range(COUNT)]
        self.asked: list[PageQuery] = []
        self.lent = 0
        self._breaks_at = breaks_at

    def get(self, _name: str) -> bytes:
        return json.dumps(MASKED).encode()

    @contextmanager
    def disclosures(self) -> Iterator[Portal]:
        self.lent += 1
        try:
            yield self
        finally:
            self.lent -= 1

    def search(
        self, query: PageQuery, _now: int, limit: int, after: Cursor | None
    ) -> Listing[PageRow]:
        if self._breaks_at == len(self.asked):
            raise UnavailableError("away")
        self.asked.append(query)
        return listing_of(
            self.rows, limit, after, lambda one: Cursor(one.published_at, one.disclosure_id)
        )


def body_of(response) -> bytes:
    """Return the whole body of a streaming response."""

    async def read() -> bytes:
        return b"".join([part async for part in response.body_iterator])

    return run_apart(read())


def test_the_spreadsheet_has_every_record_with_its_party_and_kinds() -> None:
    portal = Portal()

    text = body_of(csv_file(portal, PageQuery(agency="机关"))).decode("utf-8-sig")

    heads, *lines = csv.reader(io.StringIO(text, newline=""))
    assert tuple(heads) == CSV_HEADS
    assert [line[0] for line in lines] == [one.disclosure_id for one in reversed(portal.rows)]
    person = dict(zip(heads, lines[0], strict=True))
    assert (person["行政相对人"], person["单位名称"]) == ("王某某", "")
    assert person["处罚种类"] == "罚款、警告"
    assert person["决定书文号"].startswith("'=")
    assert portal.asked == [PageQuery(agency="机关")] * 3


def test_the_json_file_has_every_record() -> None:
    document = json.loads(body_of(json_file(Portal(), PageQuery())))

    assert len(document["items"]) == COUNT
    assert document["next_cursor"] is None


def test_an_empty_register_is_a_file_too() -> None:
    portal = Portal()
    portal.rows = []

    assert json.loads(body_of(json_file(portal, PageQuery())))["items"] == []


def test_no_connection_is_held_between_pages() -> None:
    """A reader that stops in the middle keeps nothing of the pool."""
    portal = Portal()

    async def read_one(response) -> None:
        async for _part in response.body_iterator:
            assert portal.lent == 0
            return

    run_apart(read_one(csv_file(portal, PageQuery())))
    assert len(portal.asked) == 1


def test_a_store_that_is_away_is_said_before_the_file_begins() -> None:
    with pytest.raises(UnavailableError):
        csv_file(Portal(breaks_at=0), PageQuery())


def test_a_store_that_fails_in_the_middle_breaks_the_file_off() -> None:
    response = json_file(Portal(breaks_at=1), PageQuery())

    with pytest.raises(UnavailableError):
        body_of(response)


@pytest.mark.parametrize("text", ["5", "湘", "〔〕", "—", "5-"])
def test_a_text_too_short_to_search_by_is_named(text: str) -> None:
    """It is never left out: that would answer another question."""
    with pytest.raises(ProblemError) as refused:
        page_query({"doc_no": text, "agency": "机关"}, "query")

    (fault,) = refused.value.problem.errors
    assert (fault.pointer, fault.kind.code, fault.limits) == (
        "/query/doc_no",
        "TOO_SHORT",
        {"min_length": 2},
    )
