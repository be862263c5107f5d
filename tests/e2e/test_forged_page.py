"""A page that shows what the ledger did not publish: refused by the server, and by the browser.

First whoever can write to the views, then a server that hands out other pages, each in real
Chromium on a running ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Route

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_text
from portal.programs.owner import owner_url
from tests.support.browser import DESKTOP, opened_page
from tests.support.running import RunningLedger

pytestmark = pytest.mark.browser

FORGED = "撤销决定〔2026〕9号"
GREEN = "已在您的浏览器中验证"


@pytest.fixture
def rows(seeded: RunningLedger) -> list[dict[str, Any]]:
    """Two published records of legal persons."""
    items = seeded.json("/v1/disclosures?limit=100")["items"]
    return [row for row in items if row["party_type"] == "LEGAL"][:2]


@contextmanager
def edited_row(ledger: RunningLedger, disclosure: str, **columns: Any) -> Iterator[None]:
    """Change columns of a row of the view as a superuser can, and back again."""
    names = list(columns)
    sets = ", ".join(f"{name} = %s" for name in names)
    change = f"UPDATE views.disclosure_page SET {sets} WHERE disclosure_id = %s"
    with psycopg.connect(owner_url(ledger.data), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        before = connection.execute(
            f"SELECT {', '.join(names)} FROM views.disclosure_page WHERE disclosure_id = %s",
            [disclosure],
        ).fetchone()
        assert before is not None
        connection.execute(change, [*columns.values(), disclosure])
        try:
            yield
        finally:
            connection.execute(change, [*before, disclosure])


def draft_of(ledger: RunningLedger, row: dict[str, Any]) -> tuple[int, str, bytes]:
    """Return index, event id and bytes of the draft of a disclosure."""
    query = (
        f"SELECT state FROM ledger.log_{row['log']}_events "
        "WHERE topic = 'DisclosureDrafted.v1' ORDER BY notification_id"
    )
    with psycopg.connect(owner_url(ledger.data)) as connection:
        for (data,) in connection.execute(query):
            entry = decode_entry(data)
            act = decode_act(entry.act)
            if act.aggregate_id == row["disclosure_id"]:
                return entry.leaf_index, uuid_text(act.event_id), data
    raise AssertionError("no draft")


def visit(
    browser: Browser, url: str, change: Callable[[str], str] | None = None
) -> tuple[str, str, list[str], str]:
    """Return heading, verdict, failed steps and what they say of a page, changed on its way."""
    with opened_page(browser, DESKTOP) as page:

        def forge(route: Route) -> None:
            answer = route.fetch()
            assert change is not None
            text = answer.text()
            assert change(text) != text, "nothing was forged"
            route.fulfill(response=answer, body=change(text))

        if change is not None:
            page.route(url, forge)
        page.goto(url)
        page.wait_for_selector('body[data-ready="1"]')
        verdict = page.locator("#verdict")
        bad = page.locator("#proof li.bad")
        return (
            page.inner_text("h1"),
            verdict.inner_text() if verdict.count() else "",
            [item.get_attribute("data-step") or "" for item in bad.all()],
            bad.first.inner_text() if bad.count() else "",
        )


def test_an_edited_row_of_the_view_changes_nothing_that_is_shown(browser, seeded, rows):
    """Heading, agency and dates are the record's and the entry's, whatever the view says."""
    row = rows[0]
    forged = {"doc_no": FORGED, "agency_name": "别的局", "published_at": 1, "updated_at": 1}
    with edited_row(seeded, row["disclosure_id"], **forged):
        heading, verdict, bad, _ = visit(browser, seeded.url(row["page"]))
        _, page = seeded.get(row["page"])
    assert (heading, bad) == (row["doc_no"], [])
    assert GREEN in verdict
    assert FORGED not in page.decode()
    assert "别的局" not in page.decode()


def test_a_row_with_another_end_is_refused(seeded, rows):
    with edited_row(seeded, rows[0]["disclosure_id"], until=99_999):
        status, body = seeded.get(rows[0]["page"])
    assert status == 500
    assert "NOT_PROVEN" in body.decode()


def test_another_disclosures_record_is_not_shown_under_this_address(browser, seeded, rows):
    one, other = rows
    event_id = seeded.json(other["record"] + "/proof")["event_id"]
    moved = {"content_hash": other["content_hash"], "event_id": event_id}
    with edited_row(seeded, one["disclosure_id"], leaf_index=int(other["leaf_index"]), **moved):
        for path in (one["page"], one["record"], one["record"] + "/proof"):
            status, body = seeded.get(path)
            assert status == 500, path
            assert "NOT_PROVEN" in body.decode()
        heading, verdict, _, _ = visit(browser, seeded.url(one["page"]))
        finding = seeded.get(one["record"])[1].decode()
    assert "账本未能自证" in heading
    assert verdict == ""
    assert f"entry {other['leaf_index']} " in finding
    assert f"is not the publication of {one['disclosure_id']}" in finding


def test_a_draft_is_not_a_publication(seeded, rows):
    row = rows[0]
    index, event_id, _ = draft_of(seeded, row)
    with edited_row(seeded, row["disclosure_id"], leaf_index=index, event_id=event_id):
        status, body = seeded.get(row["record"])
    assert status == 500
    assert f"entry {index} " in body.decode()


@pytest.mark.parametrize(
    ("change", "step", "words"),
    [
        (lambda html: re.sub(r"(<h1><span[^>]*>)[^<]*", r"\g<1>" + FORGED, html), "record", "标题"),
        (
            lambda html: re.sub(r'(<span data-field="CF_CFJG"[^>]*>)[^<]*', r"\g<1>别的局", html),
            "record",
            "机关",
        ),
        (
            lambda html: re.sub(r'(data-act="at"><time[^>]*>)\d{4}', r"\g<1>2031", html),
            "entry",
            "2031",
        ),
        (
            lambda html: re.sub(r'(data-act="until">)\d{4}', r"\g<1>2099", html),
            "entry",
            "2099",
        ),
        (
            lambda html: re.sub(r"(?s)<dt>违法事实</dt>\s*<dd.*?</dd>", "", html),
            "record",
            "CF_SY",
        ),
        (lambda html: re.sub(r"(data-origin>)[^<]*", r"\g<1>other/log/0", html), "tree", "日志"),
    ],
    ids=["heading", "agency", "time", "until", "hidden-field", "origin"],
)
def test_a_page_that_says_other_things_is_found_by_the_visitor(
    browser, seeded, rows, change, step, words
):
    _, verdict, bad, says = visit(browser, seeded.url(rows[0]["page"]), change)
    assert "验证未通过" in verdict
    assert bad == [step]
    assert words in says


def test_the_page_of_another_disclosure_is_found_by_the_visitor(browser, seeded, rows):
    one, other = rows
    _, page = seeded.get(other["page"])
    url = seeded.url(one["page"])
    _, verdict, bad, says = visit(browser, url, lambda _: page.decode())
    assert ("验证未通过" in verdict, bad) == (True, ["entry"])
    assert "另一份公示" in says
    named = page.decode().replace(
        f'data-disclosure="{other["disclosure_id"]}"', f'data-disclosure="{one["disclosure_id"]}"'
    )
    _, verdict, bad, says = visit(browser, url, lambda _: named)
    assert ("验证未通过" in verdict, bad) == (True, ["entry"])
    assert "账本条目是另一份公示的" in says


def test_a_draft_in_the_place_of_the_publication_is_found_by_the_visitor(browser, seeded, rows):
    row = rows[0]
    _, event_id, data = draft_of(seeded, row)
    _, page = seeded.get(row["page"])
    forged = re.sub(
        r'data-receipt="[^"]*"', f'data-receipt="/v1/receipts/{event_id}"', page.decode()
    )
    with opened_page(browser, DESKTOP) as visitor:
        visitor.route(
            seeded.url(row["page"]),
            lambda route: route.fulfill(body=forged, content_type="text/html; charset=utf-8"),
        )
        visitor.route("**/v1/entries/**", lambda route: route.fulfill(body=data))
        visitor.goto(seeded.url(row["page"]))
        visitor.wait_for_selector('body[data-ready="1"]')
        assert "验证未通过" in visitor.inner_text("#verdict")
        bad = visitor.locator("#proof li.bad")
        assert bad.get_attribute("data-step") == "entry"
        assert "不是公示行为（DisclosureDrafted）" in bad.inner_text()
