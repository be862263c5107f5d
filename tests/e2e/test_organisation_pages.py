"""Pages of organisations: every link asks as of the moment, and by the clock, of the page."""

from __future__ import annotations

import re

import pytest

from tests.support.api import ask
from tests.support.running import RunningLedger

AGENCY = "11430100FCT000022L"
_LINKS = re.compile(r'href="((?:/console|/v1)/organisation[^"]*)"')


@pytest.mark.parametrize(
    "path", ["", "/completeness", f"/completeness?agency={AGENCY}", f"?agency={AGENCY}", "/tasks"]
)
def test_links_keep_the_moment_and_the_clock(seeded: RunningLedger, path: str) -> None:
    """Those of the content; the navigation leads to the present."""
    when = "at=2026-11-20&clock=occurred"
    whole = f"/console/organisation{path}{'&' if '?' in path else '?'}{when}"
    page = ask(seeded, whole, role="supervisor")
    assert page.status == 200
    content = page.body.decode().partition("<h1>")[2]
    links = _LINKS.findall(content)

    assert links
    assert all(link.endswith(when.replace("&", "&amp;")) for link in links)
    assert '<option value="occurred" selected>' in content
