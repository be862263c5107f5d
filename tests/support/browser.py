"""Debian's Chromium for tests of pages; no request may leave this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.running import RunningLedger

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole session."""
    path = shutil.which("chromium")
    assert path is not None, "install Debian's chromium"
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=True)
    assert fonts.stdout, "install fonts-noto-cjk: Chinese would be boxes"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield chromium
        chromium.close()


@contextmanager
def opened_page(browser: Browser, size: dict[str, int], *, script: bool = True) -> Iterator[Page]:
    """Open an empty page; afterwards nothing may have left 127.0.0.1 and no script have failed."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=size,  # type: ignore[arg-type]
        java_script_enabled=script,
    )
    strangers: list[str] = []
    faults: list[str] = []
    page = context.new_page()
    page.on(
        "request",
        lambda request: strangers.append(request.url) if _is_outside(request.url) else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        yield page
        assert strangers == []
        assert faults == []
    finally:
        context.close()


def log_in(page: Page, ledger: RunningLedger, role: str) -> None:
    """Log in as a role by the form."""
    login = ledger.run["logins"][role]
    page.goto(ledger.url("/console/login"))
    page.fill("#user", login["user"])
    page.fill("#password", Path(login["password_file"]).read_text().strip())
    page.click("main button")
    page.wait_for_selector('body[data-ready="1"]')


def _is_outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "data:", "about:"))
