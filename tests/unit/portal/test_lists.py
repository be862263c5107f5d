"""Cursors and CSV: what lists hand out."""

from __future__ import annotations

import csv
import io

import pytest

from portal.api.csv_table import csv_response, safe_cell
from portal.api.cursor import Cursors
from portal.api.problem import ProblemError

CURSORS = Cursors(b"k" * 32)


def test_a_cursor_gives_back_its_position() -> None:
    cursor = CURSORS.write("disclosures:长沙", [20_000, "case:1", "某"])

    assert CURSORS.read("disclosures:长沙", cursor) == [20_000, "case:1", "某"]
    assert CURSORS.read("disclosures:长沙", None) is None


@pytest.mark.parametrize("cursor", ["", "a", "%%%", "AAAA", "é", "x" * 5_000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ProblemError):
        CURSORS.read("list", cursor)


def test_a_cursor_of_another_search_or_key_is_refused() -> None:
    with pytest.raises(ProblemError):
        CURSORS.read("agency=2", CURSORS.write("agency=1", ["a"]))
    with pytest.raises(ProblemError):
        CURSORS.read("agency=1", Cursors(b"j" * 32).write("agency=1", ["a"]))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+1", "-x", "-", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-158", "-0.5", "12", ""])
def test_a_number_stays_a_number(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_a_table_reads_back_with_its_chinese() -> None:
    response = csv_response(
        ["文号", "名称"], [["长市监〔2026〕1号", '某"公司",\n分公司']], "list.csv"
    )

    text = bytes(response.body).decode("utf-8-sig")
    assert bytes(response.body).startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["文号", "名称"],
        ["长市监〔2026〕1号", '某"公司",\n分公司'],
    ]
