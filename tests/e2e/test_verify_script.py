"""The script that checks a record in the visitor's browser, against the golden vectors.

The vectors come from another implementation, so the script's tree, path, entry and note reading
are held against it; forged ones must be refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from portal.pages import STATIC
from tests.support.browser import DESKTOP, opened_page
from tests.support.vectors import load

pytestmark = pytest.mark.browser

CHECK = """
async ({receipt, entry, vkey}) => {
  try {
    const bytes = Uint8Array.from(entry.match(/../g), (pair) => parseInt(pair, 16));
    const parsed = parseEntry(bytes);
    const taken = parseReceipt(receipt);
    const note = parseNote(taken.note);
    if (taken.index !== parsed.leafIndex) throw new Error("index");
    const leaf = await sha256(Uint8Array.of(0), bytes);
    const root = await rootOfPath(leaf, taken.index, note.size, taken.path);
    if (!same(root, note.root)) throw new Error("root");
    const signed = await checkSignature(note, vkey);
    return {signed, type: parsed.eventType, version: parsed.streamVersion, size: note.size};
  } catch (error) {
    return {fault: error.message};
  }
}
"""


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    """A page of a loopback address (where the browser's cryptography works) with the script."""
    with opened_page(browser, DESKTOP) as page:
        page.route("**/*", lambda route: route.fulfill(body="<!doctype html><body></body>"))
        page.goto("http://127.0.0.1:9/")
        page.add_script_tag(path=STATIC / "verify.js")
        yield page


def check(page: Page, valid: dict[str, Any], **changed: str) -> dict[str, Any]:
    given = {
        "receipt": valid["receipt"],
        "entry": valid["extra"] + valid["act"],
        "vkey": valid["log_vkey"],
    }
    answer: dict[str, Any] = page.evaluate(CHECK, {**given, **changed})
    return answer


VALID = load("receipts")["valid"]


@pytest.mark.parametrize("valid", VALID, ids=[one["name"] for one in VALID])
def test_every_valid_receipt_is_proved(script: Page, valid: dict[str, Any]) -> None:
    answer = check(script, valid)

    assert answer.get("fault") is None
    assert answer["signed"] is True
    assert answer["size"] == valid["size"]


def test_a_changed_entry_is_refused(script: Page) -> None:
    """Any changed byte of an entry breaks its reading or its leaf."""
    valid = VALID[0]
    whole = valid["extra"] + valid["act"]
    for at in range(0, len(whole), 97):
        changed = whole[:at] + format(int(whole[at], 16) ^ 1, "x") + whole[at + 1 :]
        assert "fault" in check(script, valid, entry=changed)


def test_a_changed_receipt_is_refused(script: Page) -> None:
    """A changed path, index, size, root or signature breaks the proof."""
    valid = next(one for one in VALID if one["size"] > 2)
    lines = valid["receipt"].split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("index "))
    for number in range(start, len(lines) - 1):
        line = lines[number]
        if not line:
            continue
        at = len(line) // 2
        other = "A" if line[at] != "A" else "B"
        forged = [*lines[:number], line[:at] + other + line[at + 1 :], *lines[number + 1 :]]
        assert "fault" in check(script, valid, receipt="\n".join(forged)), f"line {number}"


def test_another_logs_key_is_refused(script: Page) -> None:
    valid = VALID[0]

    assert "fault" in check(script, valid, vkey=valid["emitter_vkey"])


def test_a_longer_or_shorter_path_is_refused(script: Page) -> None:
    valid = next(one for one in VALID if one["size"] > 2)
    lines = valid["receipt"].split("\n")
    first = next(n for n, line in enumerate(lines) if line.startswith("index ")) + 1
    longer = [*lines[:first], lines[first], *lines[first:]]
    shorter = [*lines[:first], *lines[first + 1 :]]

    assert "fault" in check(script, valid, receipt="\n".join(longer))
    assert "fault" in check(script, valid, receipt="\n".join(shorter))
