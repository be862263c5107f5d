"""The rows of the task table are whole, and name nothing that does not exist."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from portal.programs.views import VIEWS
from projections.indicators.definitions import indicators
from projections.organisation.fact_rules import fact_rules, hours_rules
from schemas.loader import schema_text
from schemas.task_rows import FILE, load_task_table, task_table_faults


@pytest.fixture
def document():
    import yaml

    return copy.deepcopy(yaml.safe_load(schema_text(FILE)))


def test_there_are_24_rows_with_59_items():
    """Numbered through, each with a title, a sentence and at least one event type."""
    table = load_task_table()

    assert list(table.rows) == list(range(1, 25))
    assert sum(len(row.items) for row in table.rows.values()) == 59
    assert all(row.title and row.works_when and row.types for row in table.rows.values())


def test_days_are_those_of_the_table():
    """By level, for the whole row, for one item, or never."""
    rows = load_task_table().rows

    first = [(due.until.isoformat(), due.levels) for due in rows[1].due]
    assert first == [("2019-08-31", ("省",)), ("2019-09-30", ("市", "县"))]
    assert [due.until for due in rows[17].due] == [dt.date(2020, 12, 31)]
    assert rows[20].due[0].items == ("20.1",)
    assert rows[10].due == ()


def test_every_view_named_is_one_of_the_program():
    """As `lianzheng view list` has them."""
    named = {view for row in load_task_table().rows.values() for view in row.views}

    assert named <= set(VIEWS)


def test_a_view_is_named_by_every_row_that_it_serves():
    """Deadlines, indicators, and what organisations declare."""
    kept = {*fact_rules(), *hours_rules()}
    for row in load_task_table().rows.values():
        assert bool(row.deadlines) == ("deadlines" in row.views), row.number
        assert bool(row.indicators) == ("indicators" in row.views), row.number
        assert bool(kept & set(row.types)) == ("organisation" in row.views), row.number


def test_every_indicator_named_is_computed():
    """As `lianzheng indicator list` has them."""
    named = {one for row in load_task_table().rows.values() for one in row.indicators}

    assert named <= set(indicators())


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("types", ["NoSuchThing"], "row 3: types: there is no NoSuchThing"),
        ("rules", ["V-LR-99"], "row 3: rules: there is no V-LR-99"),
        ("deadlines", ["D-LR-99"], "row 3: deadlines: there is no D-LR-99"),
        ("gates", ["heaven"], "row 3: gates: there is no heaven"),
        ("indicators", ["K1"], "row 3: indicators: K1 is no id of one"),
        ("more", 1, "row 3: has no column more"),
        ("items", {"3.2": "x"}, "row 3: items are 3.1 and so on"),
        ("due", [{"until": "soon"}], "row 3: due: until is a day, YYYY-MM-DD"),
        ("due", [{"until": dt.date(2020, 1, 1), "levels": ["乡"]}], "row 3: due: levels are 省, 市, 县"),
        ("due", [{"until": dt.date(2020, 1, 1), "items": ["4.1"]}], "row 3: due: an item is none of the row's"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_row(document, column, value, fault):
    """Whatever is changed in one row."""
    document["rows"][3][column] = value

    assert fault in list(task_table_faults(document))


def test_a_missing_column_or_row_is_a_fault(document):
    """Both are named."""
    del document["rows"][5]["lead"]
    assert list(task_table_faults(document)) == ["row 5: lacks lead"]
    del document["rows"][6]
    assert list(task_table_faults(document)) == ["the rows are 1 to 24"]
