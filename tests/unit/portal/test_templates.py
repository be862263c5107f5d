"""Templates: all compile, none marks text as safe, none loads anything from elsewhere."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from jinja2 import StrictUndefined

from ledger.domain.control_records import SEVERITIES
from portal.pages import STATIC, TEMPLATES, compiled_template
from portal.words import WORDS
from projections.supervision.view import MARKS, STATES

FILES = sorted(path.name for path in TEMPLATES.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_every_template_compiles(name: str) -> None:
    assert compiled_template(name).name == name


@pytest.mark.parametrize("name", FILES)
def test_no_template_turns_escaping_off_or_holds_a_script(name: str) -> None:
    text = (TEMPLATES / name).read_text()

    assert "|safe" not in text
    assert "autoescape" not in text
    assert not re.search(r"<script(?![^>]*src=)", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert "style=" not in text


@pytest.mark.parametrize("name", FILES)
def test_no_template_loads_anything_from_elsewhere(name: str) -> None:
    text = (TEMPLATES / name).read_text()

    for address in re.findall(r'(?:src|href|action)="([^"]*)"', text):
        assert address.startswith(("/", "#", "{{"))
        assert not address.startswith("//")


def test_alerts_are_chosen_by_codes_that_have_their_word_elsewhere() -> None:
    text = (TEMPLATES / "alerts.html").read_text()

    for kind, codes in (("severity", SEVERITIES), ("alert_state", STATES), ("alert_mark", MARKS)):
        assert [word for word in WORDS[kind].values() if f'"{word}"' in text] == []
        assert set(codes) == set(WORDS[kind])


def test_no_static_file_loads_anything_from_elsewhere() -> None:
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


@pytest.mark.parametrize(
    "name",
    [
        *("alerts.html", "cases.html", "correlation.html"),
        *("deadlines.html", "indicator.html", "reconciliation.html"),
    ],
)
def test_the_way_back_to_the_first_page_keeps_what_was_asked_for(name: str) -> None:
    text = (TEMPLATES / name).read_text()

    (first,) = re.findall(r"pager\(None if is_first else (.*), next_link\)", text)
    assert first.endswith(("filters|urlencode", "kept([])"))


@pytest.mark.parametrize(
    ("stream", "link", "text"),
    [
        ("case:1", "/console/cases/case:1", "查看案件"),
        ("supervision:1", "/console/cases/supervision:1", "查看案件"),
        ("agency:A1", "/console/organisation?agency=A1", "甲局"),
        ("agency:A2", None, "agency:A2"),
        ("emitter:agy.a", "/console/reconciliation?agency=A1", "agy.a"),
        ("officer:1", None, "officer:1"),
    ],
)
def test_an_alert_leads_to_what_it_is_about(stream, link, text) -> None:
    """An alert of the day's end may lie in the stream of an agency or a system: no case."""
    row = SimpleNamespace(stream_id=stream, agency_id="A1")
    shown = str(compiled_template("parts.html").module.place(row, {"A1": "甲局"}, "查看案件"))

    assert re.findall('href="([^"]*)"', shown) == ([] if link is None else [link])
    assert text in shown
    for name in ("alert.html", "alerts.html"):
        assert "/console/cases" not in (TEMPLATES / name).read_text()


def test_an_indicator_without_a_part_has_its_page() -> None:
    """A document leaves out the parts that an indicator is not counted by (``detail``)."""
    part = compiled_template("indicator.html")
    text = (TEMPLATES / "indicator.html").read_text()

    assert part.environment.undefined is StrictUndefined
    assert re.findall(r"indicator\.by_[a-z]+", text) == []
    assert set(re.findall(r'indicator\.get\("(by_[a-z]+)"\)', text)) == {
        *("by_agency", "by_month", "by_detail", "by_outcome"),
    }
