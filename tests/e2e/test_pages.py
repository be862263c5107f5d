"""Every page in a real browser, on a desk and on a telephone: Chinese, whole, and all our own.

On a ledger on which generated cases were emitted and published. No request may leave 127.0.0.1, no
script may fail (tests/support/browser.py), nothing may stand out to the right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from portal.permissions import LOGIN_ROLES
from tests.support.browser import DESKTOP, PHONE, log_in, opened_page
from tests.support.running import RunningLedger, fetch

pytestmark = pytest.mark.browser

SIZES = {"desktop": DESKTOP, "phone": PHONE}
PUBLIC_PAGES = {
    "/": "行政执法公示信息",
    "/disclosures?doc_no=没有这个文号": "没有符合条件的公示信息",
    "/disclosures/withdrawn": "公示撤下说明",
    "/registers/agencies": "行政执法主体",
    "/registers/officers": "行政执法人员",
    "/registers/review-catalogues/11430100FCT000022L": "重大执法决定法制审核目录",
    "/audit": "账本状态",
    "/audit/verify": "怎样独立核验",
    "/audit/schemas": "已发布的模式",
    "/audit/emitters": "接入系统",
    "/docs": "行为提交",
    "/problems": "接口问题代码",
    "/console/login": "登录监督台",
    "/nowhere": "没有找到",
}
CONSOLE_PAGES = {
    "/console/cases": "最近有变动的在前",
    "/console/cases?number=没有": "没有符合条件的案件",
    "/console/retrievals": "调阅记录",
    "/console/retrievals?unapproved=true": "未经批准的",
    "/console/retrievals/requests": "调阅申请",
    "/console/alerts": "监督预警",
    "/console/alerts?severity=LOW&state=RESOLVED": "没有符合条件的预警",
    "/console/indicators": "公示及时率",
    "/console/indicators/K-13": "背后的行为",
    "/console/indicators/K-13?outcome=PENDING&period=1999": "没有符合条件的行为",
    "/console/deadlines": "逾期的在前",
    "/console/deadlines?all=true": "下载电子表格",
    "/console/deadlines?agency=none": "没有符合条件的期限",
    "/console/reconciliation": "没有回执的推送",
    "/console/reconciliation?day=2026-11-26&agency=11430100FCT000022L": "信用平台",
    "/console/reconciliation?day=1999-01-01": "当日应推送的记录都有同一摘要的回执",
    "/console/discretion": "按公布的裁量基准给出罚款幅度",
    "/console/discretion?agency=11430100FCT000022L&item=HN-SJ-03": "不能建议",
    "/console/correlation": "这里是线索，不是结论",
    "/console/correlation?agency=none&kind=OUTLIER": "没有发现值得过问的情形",
    "/console/organisation": "装备文件，按主体类别",
    "/console/organisation?agency=11430100FCT000022L": "监督意见与整改",
    "/console/organisation/completeness": "十一类内容",
    "/console/organisation/completeness?agency=11430100FCT000022L": "救济渠道",
    "/console/organisation/tasks": "按任务分解表的顺序",
    "/console/disclosures": "公示办理",
    "/console/disclosures?state=PUBLISHED": "公示页",
}


@pytest.fixture(params=SIZES)
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of the browser at each of the two sizes."""
    with opened_page(browser, SIZES[request.param]) as page:
        yield page


def show(page: Page, ledger: RunningLedger, path: str) -> str:
    """Go to a page, wait until it is ready, check what holds for every page; return its text."""
    page.goto(ledger.url(path))
    page.wait_for_selector('body[data-ready="1"]')
    text = page.inner_text("body")
    width = page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is too wide"
    assert "模拟数据" in page.inner_text(".synthetic")
    assert re.search(r"数据截至叶序号 [\d,—]+，检查点树大小 [\d,—]+，检查点时间", text), path
    assert "\ufffd" not in text
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    return text


def first_disclosure(ledger: RunningLedger, party_types: set[str]) -> dict[str, str]:
    rows = ledger.json("/v1/disclosures?limit=100")["items"]
    return next(row for row in rows if row["party_type"] in party_types)


def test_public_pages(screen: Page, seeded: RunningLedger) -> None:
    """Each has its title, its banner and its freshness, and fits the screen."""
    for path, words in PUBLIC_PAGES.items():
        assert words in show(screen, seeded, path), path


def test_console_pages(screen: Page, seeded: RunningLedger) -> None:
    """The same behind the login, as a supervisor."""
    log_in(screen, seeded, "supervisor")
    for path, words in CONSOLE_PAGES.items():
        assert words in show(screen, seeded, path), path


def test_a_decision_is_proved_in_the_browser(screen: Page, seeded: RunningLedger) -> None:
    """Page, record, entry, tree and signature are checked by the visitor's own browser."""
    row = first_disclosure(seeded, {"LEGAL", "SOLE_PROPRIETOR", "UNINCORPORATED"})

    text = show(screen, seeded, row["page"])

    assert row["doc_no"] in text
    assert row["organisation"] in text
    assert "已在您的浏览器中验证" in screen.inner_text("#verdict")
    assert screen.locator("#proof li.good").count() == 4


@pytest.mark.parametrize(
    ("step", "path", "change"),
    [
        (
            "record",
            "/v1/disclosures/*",
            lambda body: body.replace(b'"version":"1"', b'"version":"2"'),
        ),
        ("entry", "/v1/entries/**", lambda body: body[:-40] + bytes([body[-40] ^ 1]) + body[-39:]),
        ("tree", "/v1/receipts/*", lambda body: body.replace(b"\nindex ", b"\nindex 1", 1)),
    ],
)
def test_a_changed_copy_is_named(
    browser: Browser, seeded: RunningLedger, step: str, path: str, change: object
) -> None:
    """A server that hands out other bytes is found by the visitor, with the step that failed."""
    row = first_disclosure(seeded, {"LEGAL"})
    with opened_page(browser, DESKTOP) as page:

        def forge(route: object) -> None:
            answer = route.fetch()  # type: ignore[attr-defined]
            route.fulfill(response=answer, body=change(answer.body()))  # type: ignore[attr-defined, operator]

        page.route(f"**{path}", forge)
        page.goto(seeded.url(row["page"]))
        page.wait_for_selector('body[data-ready="1"]')

        assert "验证未通过" in page.inner_text("#verdict")
        assert page.locator("#proof li.bad").get_attribute("data-step") == step


def test_a_page_that_shows_something_else_than_the_record_is_named(
    browser: Browser, seeded: RunningLedger
) -> None:
    """One field changed on the page alone: the record is as it was, the page is not."""
    row = first_disclosure(seeded, {"LEGAL"})
    with opened_page(browser, DESKTOP) as page:

        def forge(route: object) -> None:
            answer = route.fetch()  # type: ignore[attr-defined]
            shown = answer.text().replace(row["violation_type"], "其他行为")
            route.fulfill(response=answer, body=shown)  # type: ignore[attr-defined]

        page.route(seeded.url(row["page"]), forge)
        page.goto(seeded.url(row["page"]))
        page.wait_for_selector('body[data-ready="1"]')

        assert "违法行为类型" in page.inner_text("#proof li.bad")


def test_pages_work_without_a_script(browser: Browser, seeded: RunningLedger) -> None:
    """Search and page are there without JavaScript; the page says what it could not check."""
    row = first_disclosure(seeded, {"LEGAL"})
    with opened_page(browser, DESKTOP, script=False) as page:
        page.goto(seeded.url("/"))
        page.fill("#doc_no", row["doc_no"])
        page.click("form.search button >> nth=0")
        page.click(f"a:has-text('{row['doc_no']}')")
        assert "核验需要浏览器脚本" in page.inner_text("#verdict")


def test_a_free_search_leaves_no_trace_in_the_address(
    browser: Browser, seeded: RunningLedger
) -> None:
    """What may be a person's name is posted."""
    row = first_disclosure(seeded, {"LEGAL"})
    with opened_page(browser, DESKTOP) as page:
        page.goto(seeded.url("/"))
        page.click("summary")
        page.fill("#text", row["violation_type"])
        page.click("details form button")
        page.wait_for_selector('body[data-ready="1"]')
        assert page.url == seeded.url("/disclosures/search")
        assert row["doc_no"] in page.inner_text("main")


def test_a_replay_as_of_a_moment_shows_less(screen: Page, seeded: RunningLedger) -> None:
    """By the received clock a case before its decision has no decision yet."""
    log_in(screen, seeded, "supervisor")
    show(screen, seeded, "/console/cases")
    closed = screen.locator("tbody tr").filter(has_text=re.compile("已结案|已归档"))
    href = closed.locator("th a").first.get_attribute("href")
    assert href is not None
    whole = show(screen, seeded, href)
    assert "行政处罚决定" in whole
    moment = screen.locator(".timeline > li time").nth(5).get_attribute("datetime")
    assert moment is not None

    for clock in ("received", "occurred"):
        text = show(screen, seeded, f"{href}?at={moment[:19]}&clock={clock}")
        assert "不是案件现状" in text
        assert screen.locator(".timeline > li").count() < 8
        assert "行政处罚决定\n" not in screen.inner_text(".timeline")


def test_a_case_holds_no_sealed_value(browser: Browser, seeded: RunningLedger) -> None:
    """Everything unfolded, a supervisor sees that values were given, not what they are."""
    with opened_page(browser, DESKTOP) as page:
        log_in(page, seeded, "supervisor")
        show(page, seeded, "/console/cases")
        page.click("tbody th a >> nth=0")
        page.wait_for_selector('body[data-ready="1"]')
        page.click("button[data-expand]")
        assert page.locator("main details:not([open])").count() == 0
        assert "已密封（承诺" in page.inner_text("main")


def test_who_may_not_is_sent_to_the_login_or_told(browser: Browser, seeded: RunningLedger) -> None:
    """Without a login the login comes first and leads back; without the role a reason."""
    with opened_page(browser, DESKTOP) as page:
        page.goto(seeded.url("/console/retrievals"))
        assert "/console/login?next=" in page.url
        login = seeded.run["logins"]["auditor"]
        page.fill("#user", login["user"])
        page.fill("#password", Path(login["password_file"]).read_text().strip())
        page.click("main button")
        assert page.url == seeded.url("/console/retrievals")
        page.goto(seeded.url("/console/disclosures"))
        assert "没有权限" in page.inner_text("h1")


def test_a_wrong_password_says_so_and_no_more(browser: Browser, seeded: RunningLedger) -> None:
    with opened_page(browser, DESKTOP) as page:
        for user in ("archivist", "nobody"):
            page.goto(seeded.url("/console/login"))
            page.fill("#user", user)
            page.fill("#password", "wrong")
            page.click("main button")
            assert page.inner_text(".notice.bad") == "用户名或口令不正确，请检查后重试。"


def test_every_role_can_log_in_and_out(browser: Browser, seeded: RunningLedger) -> None:
    with opened_page(browser, DESKTOP) as page:
        for role in LOGIN_ROLES:
            log_in(page, seeded, role)
            assert role in page.inner_text(".who")
            page.click(".who button")
            page.wait_for_selector('body[data-ready="1"]')
            assert page.locator(".who span").count() == 0


def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    browser: Browser, seeded: RunningLedger
) -> None:
    """The first stop skips to the text; each stop has a visible outline."""
    with opened_page(browser, DESKTOP) as page:
        page.goto(seeded.url("/"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        names = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # Past the last stop.
            names.add(
                page.evaluate("document.activeElement.id || document.activeElement.textContent")
            )
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
        assert {"doc_no", "agency", "organisation", "检索"} <= names


def test_a_print_has_the_record_and_no_navigation(browser: Browser, seeded: RunningLedger) -> None:
    row = first_disclosure(seeded, {"LEGAL"})
    with opened_page(browser, DESKTOP) as page:
        page.goto(seeded.url(row["page"]))
        page.emulate_media(media="print")
        assert page.locator(".nav").is_hidden()
        assert page.locator("#record").is_visible()
        assert page.locator(".synthetic").is_visible()


def test_pages_send_nothing_inline(seeded: RunningLedger) -> None:
    """The policy forbids inline scripts and styles; every page of the list has the header."""
    for path in ("/", "/audit", "/nowhere"):
        status, body = fetch(seeded.url(path))
        assert status in {200, 404}
        assert b" style=" not in body
        assert b"<script>" not in body


def test_machine_addresses_answer_machines(seeded: RunningLedger) -> None:
    """A browser that opens an API address gets the API's answer, not a page."""
    status, body = fetch(seeded.url("/v1/disclosures/disclosure:none"))
    assert status == 404
    assert json.loads(body)["code"] == "NOT_FOUND"
