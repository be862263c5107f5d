"""What pages answer: after a button, of a view that stands still, of a moment, on paper.

On a ledger of its own, because it is changed. Each of its cases went wrong in another way; in one a
retrieval was reported afterwards.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from tests.support.api import ask, post_form
from tests.support.browser import DESKTOP, PHONE, log_in, opened_page
from tests.support.running import RunningLedger, children_of, program, wait_for
from tests.support.settled import NOTHING_BY_ITSELF, wait_until_settled

pytestmark = pytest.mark.browser
ID_CARD = "11010519491231002X"
UNTIL = "2026-11-20T18:00:00+08:00"
PUBLISHED = "/console/disclosures?state=PUBLISHED"


@pytest.fixture(scope="module")
def ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningLedger]:
    """A ledger with cases that went wrong in every way, for this module alone."""
    folder = tmp_path_factory.mktemp("answers")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    file = folder / "cases.avro"
    words = ("--cases", 28, "--seed", 1, "--violations", 1, "--until", UNTIL, "-o", file)
    made = program("generate", *words)
    assert made.returncode == 0, made.stderr
    broker = request.config.getoption("--broker")
    start = "2025-12-01T09:00:00+08:00"
    running = RunningLedger(
        folder / "data", "--synthetic", "--sim-start", start, "--broker", broker
    )
    running.settings = NOTHING_BY_ITSELF
    running.start()
    try:
        done = program("emit", file, "--data", running.data, "--json")
        assert done.returncode == 0, done.stderr + running.words()
        wait_until_settled(running)
        yield running
    finally:
        running.stop()


def is_behind(ledger: RunningLedger, path: str) -> bool:
    """Tell whether a page says that it is behind the ledger."""
    return "本页落后账本".encode() in ask(ledger, path, accept="text/html").body


@contextmanager
def standing_still(ledger: RunningLedger, role: str) -> Iterator[None]:
    """Stop a role's processes for a while, as if they hung."""
    assert ledger.process is not None
    pids = [
        pid for pid, words in children_of(ledger.process.pid).items() if f"main {role} " in words
    ]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def show(page: Page, ledger: RunningLedger, path: str) -> str:
    """Go to a page; return its text."""
    page.goto(ledger.url(path))
    page.wait_for_selector('body[data-ready="1"]')
    return page.inner_text("main")


def withdraw(page: Page, basis: str, reason: str) -> str:
    """Fill in the form of a withdrawal and press its button; return the answer's text."""
    page.select_option("#basis", basis)
    page.fill("#reason", reason)
    page.check("[name=confirmed]")
    page.click("main form button")
    page.wait_for_selector('body[data-ready="1"]')
    return page.inner_text("main")


def test_a_refused_withdrawal_says_why_and_keeps_what_was_typed(
    browser: Browser, ledger: RunningLedger
) -> None:
    """An identity number in the public reason, in words for an approver."""
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "approver")
        show(page, ledger, PUBLISHED)
        page.click("text=撤下… >> nth=0")

        text = withdraw(page, "WRONGLY_PUBLISHED", f"身份证号 {ID_CARD} 有误")

        assert "公开理由中有像身份证号" in text
        assert page.input_value("#reason") == f"身份证号 {ID_CARD} 有误"
        assert page.input_value("#basis") == "WRONGLY_PUBLISHED"
        assert page.locator(f'a[href="{PUBLISHED}"]').count() > 0


def test_a_ground_that_stands_on_no_act_is_refused_with_the_rules_sentence(
    browser: Browser, ledger: RunningLedger
) -> None:
    """Whoever sends what the form does not offer is told what the rule says, and by which law."""
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "approver")
        show(page, ledger, PUBLISHED)
        page.click("text=撤下… >> nth=0")
        assert page.locator("#basis option").count() == 3
        assert "本案没有变更、撤销" in page.inner_text("main")
        basis = "REVOKED 00000000-0000-7000-8000-000000000000"
        page.evaluate("value => document.querySelector('#basis').options[1].value = value", basis)

        text = withdraw(page, basis, "决定已被撤销")

        assert "本案没有作为撤下起因的行为" in text
        assert "行政处罚法第四十八条第二款" in text
        assert page.input_value("#reason") == "决定已被撤销"


def test_a_withdrawal_needs_its_confirmation(ledger: RunningLedger) -> None:
    """The server asks for it too: a form without the tick changes nothing."""
    password = Path(ledger.run["logins"]["approver"]["password_file"]).read_text().strip()
    answer = post_form(ledger, "/console/login", f"user=approver&password={password}")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    row = ledger.json("/v1/disclosures?limit=1")["items"][0]
    path = f"/console/disclosures/withdraw?disclosure_id={row['disclosure_id']}"
    body = ask(ledger, path, cookie=cookie, accept="text/html").body.decode()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', body)[-1]
    form = f"csrf_token={token}&disclosure_id={row['disclosure_id']}&basis=SEALED&reason=x"

    reply = post_form(ledger, "/console/disclosures/withdraw", form, cookie)

    assert reply.status == 422
    assert "勾选确认".encode() in reply.body
    assert ask(ledger, f"/v1/disclosures/{row['disclosure_id']}").status == 200


def test_after_a_button_the_entry_is_named_and_the_list_waits_for_it(
    browser: Browser, ledger: RunningLedger
) -> None:
    """With the views standing still the withdrawn record is marked; nothing can be pressed again.

    Then the page says how far it is behind, and no longer once the views go on.
    """
    with opened_page(browser, DESKTOP) as page, standing_still(ledger, "project"):
        log_in(page, ledger, "approver")
        show(page, ledger, PUBLISHED)
        rows = page.locator("text=撤下…").count()
        page.click("text=撤下… >> nth=0")

        text = withdraw(page, "WRONGLY_PUBLISHED", "公示有误")

        assert re.search(r"公示撤下已记入账本，叶序号 \d+", text)
        assert "请勿重复办理" in text
        assert text.count("已办理，等待列表更新") == 1
        assert page.locator("text=撤下…").count() == rows - 1
        wait_for(lambda: is_behind(ledger, "/"), 30, "the notice")
        told = ask(ledger, "/", accept="text/html").body.decode()
        assert re.search(r"本页落后账本 \d+ 条，最近的公示或撤下可能尚未显示。", told)
    wait_until_settled(ledger)
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "approver")
        text = show(page, ledger, f"{PUBLISHED}&done=00000000-0000-7000-8000-000000000000")
        assert "已记入账本" not in text
        made_up = "/console/discretion?case=case:1&done=00000000-0000-7000-8000-000000000000"
        assert "已记入账本" not in show(page, ledger, made_up)


def test_a_moment_shows_nothing_that_came_later(browser: Browser, ledger: RunningLedger) -> None:
    """After its first entry a case has no number, no document, no party; today stands apart."""
    items = ask(ledger, "/v1/cases?limit=100", role="supervisor").document["items"]
    case = next(row for row in items if row["doc_no"] and row["organisation"])
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "supervisor")

        whole = show(page, ledger, f"/console/cases/{case['case_id']}")
        first = show(page, ledger, f"/console/cases/{case['case_id']}?version=1")

        for later in ("case_no", "doc_no", "organisation"):
            assert case[later] in whole
            assert case[later] not in first
        assert f"本链共 {case['entries']} 条" in page.inner_text(".notice")
        assert f"本链共 {case['entries']} 条" not in page.inner_text("dl.facts >> nth=0")
        assert "预警 0" not in whole


def test_a_replay_is_in_chinese(browser: Browser, ledger: RunningLedger) -> None:
    """No symbol of an enum and no id of a registered official or item is left among the values."""
    items = ask(ledger, "/v1/cases?limit=100", role="supervisor").document["items"]
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "supervisor")
        for case in items[:6]:
            show(page, ledger, f"/console/cases/{case['case_id']}")
            page.click("button[data-expand]")
            values = page.locator(".timeline dd:not(.mono)").all_inner_texts()
            left = [one for one in values if re.fullmatch(r"[A-Z][A-Z_]{2,}|officer:.*|HN-.*", one)]
            assert left == []


def test_a_retrieval_reported_afterwards_is_called_so(
    browser: Browser, ledger: RunningLedger
) -> None:
    """No row of dashes for a request that never was; a usual one names its scope in words."""
    items = ask(ledger, "/v1/retrievals?limit=100", role="auditor").document["items"]
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "auditor")
        texts = {
            one["retrieval_id"]: show(
                page, ledger, f"/console/retrievals/requests/{one['retrieval_id']}"
            )
            for one in items
        }
    afterwards = [texts[one["retrieval_id"]] for one in items if one["state"] == "NONE"]
    closed = [texts[one["retrieval_id"]] for one in items if one["state"] == "CLOSED"]
    assert afterwards
    assert closed
    assert all("事后补录，无申请和批准。" in text for text in afterwards)
    assert all("申请人" not in text and "未终结" not in text for text in afterwards)
    assert all("查阅完毕" in text and "音像记录（" in text for text in closed)
    assert not any('{"' in text or "COMPLETED" in text for text in texts.values())


def test_a_printed_replay_has_its_contents(browser: Browser, ledger: RunningLedger) -> None:
    """Everything folded is on paper, where it came from and when; what asks for a click is not."""
    case = ask(ledger, "/v1/cases?limit=1", role="supervisor").document["items"][0]
    path = f"/console/cases/{case['case_id']}"
    for script in (True, False):
        with opened_page(browser, DESKTOP, script=script) as page:
            page.goto(ledger.url("/console/login"))
            login = ledger.run["logins"]["supervisor"]
            page.fill("#user", login["user"])
            page.fill("#password", Path(login["password_file"]).read_text().strip())
            page.click("main button")
            page.goto(ledger.url(path))
            page.emulate_media(media="print")
            inside = page.locator(".timeline details dl.facts")
            assert inside.count() > 1
            assert all(one.bounding_box()["height"] > 50 for one in inside.all())  # type: ignore[index]
            assert ledger.url(path) in page.inner_text(".printed")
            assert page.locator("form.search").is_hidden()
            pages = re.findall(rb"/Type\s*/Page[^s]", page.pdf())
            assert len(pages) > 4


def test_the_first_result_is_on_the_first_screen_of_a_telephone(
    browser: Browser, ledger: RunningLedger
) -> None:
    with opened_page(browser, PHONE) as page:
        show(page, ledger, "/")
        box = page.locator("tbody tr").first.bounding_box()
        assert box is not None
        assert box["y"] < 560


def test_the_console_marks_where_one_is(browser: Browser, ledger: RunningLedger) -> None:
    """Each of its pages is in the navigation, and the current one is marked."""
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "supervisor")
        for label in ("案件", "公示办理", "调阅记录", "调阅申请"):
            page.click(f".subnav a:text-is('{label}')")
            page.wait_for_selector('body[data-ready="1"]')
            assert page.inner_text('.subnav a[aria-current="page"]') == label
        assert "/v1/commands/request_retrieval" in page.inner_text("main")


def test_an_operator_is_led_to_where_an_operator_may_be(
    browser: Browser, ledger: RunningLedger
) -> None:
    with opened_page(browser, DESKTOP) as page:
        log_in(page, ledger, "operator")
        assert page.url == ledger.url("/audit")
        assert "监督台" not in page.inner_text(".nav")


def test_too_many_wrong_passwords_say_how_long_to_wait(ledger: RunningLedger) -> None:
    """The form comes again, with the name and the seconds that Retry-After says."""
    form = "user=who-knows&password=wrong"
    replies = [post_form(ledger, "/console/login", form) for _ in range(6)]
    last = replies[-1]
    assert [one.status for one in replies] == [401] * 5 + [429]
    assert f"请等 {last.headers['retry-after']} 秒".encode() in last.body
    assert b'value="who-knows"' in last.body


def test_an_officer_is_found_by_name_and_by_credential(ledger: RunningLedger) -> None:
    """The list says how many there are, and which standing the credential has."""
    one = ledger.json("/v1/registers/officers?limit=1")["items"][0]
    for who in (one["name"], one["credentials"][0]["credential_no"]):
        path = f"/registers/officers?{urlencode({'who': who})}"
        page = ask(ledger, path, accept="text/html").body.decode()
        assert one["name"] in page
        assert one["credentials"][0]["credential_no"] in page
        assert re.search(r"共 \d+ 人。", page)
        assert re.search(r'<span class="tag (good|bad)">(有效|无效（)', page)


def test_lists_for_auditors_name_whose_they_are(ledger: RunningLedger) -> None:
    """A catalogue has its agency, an emitter its agency and its types, a list its total."""
    audit = ask(ledger, "/audit", accept="text/html").body.decode()
    rows = re.findall(r"<tr>\s*<th[^>]*>法制审核目录.*?</tr>", audit, re.DOTALL)
    assert rows
    assert all('data-label="机关">' in row and "局" in row for row in rows)
    emitters = ask(ledger, "/audit/emitters", accept="text/html").body.decode()
    count = len(ledger.json("/v1/registers/emitters")["items"])
    assert f"共 {count} 个系统" in emitters
    assert "立案" in emitters
    verify = ask(ledger, "/audit/verify", accept="text/html").body.decode()
    assert "lianzheng-verify" in verify
    assert "<dt>2</dt>" in verify
