"""The annual report as a document: tables, checks, and what came after an earlier report.

Read before: ``counting``, ``registers_at``. Read next: ``portal/programs/statistics.py``.

A pure function of what was counted: the same entries give the same document, and so the same hash.
Cells are whole numbers; money is in fen; a rate is computed where it is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from projections.statistics.counting import Counted
from projections.statistics.layout import Layout, TableLayout
from projections.statistics.registers_at import ControlCounting

_EPOCH: Final = dt.date(1970, 1, 1)
_TOTAL: Final = "TOTAL"


class Head(NamedTuple):
    """Up to where a log was read."""

    log: str
    origin: str
    tree_size: int
    root: str  # Hex digits.


def annual_report(
    year: int,
    layout: Layout,
    heads: Sequence[Head],
    control: ControlCounting,
    counted: Sequence[Counted],
    indicators: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the report of a year.

    Args:
        year: The year.
        layout: Of the tables.
        heads: Of all logs, as far as they were read.
        control: What the control log says.
        counted: What the case logs gave.
        indicators: Rows of the table of indicators.
    """
    lines = [one for one in counted if _year(one.day) == year]
    tables = [_table(layout_of, control, lines, year) for layout_of in layout.tables]
    seventh = layout.indicator_table
    return {
        "year": year,
        "version": 1 + sum(report.year == year for report in control.reports),
        "layout": layout.version,
        "as_of": [
            {"origin": head.origin, "tree_size": str(head.tree_size), "root": head.root}
            for head in heads
        ],
        "tables": tables,
        "indicators": {"id": seventh.id, "cn": seventh.cn, "rows": list(indicators)},
        "checks": _checks(layout, tables, lines),
        "late": _late(year, heads, control, counted),
    }


def year_days(year: int) -> tuple[int, int]:
    """Return the first and the last day of a year, as days since 1970-01-01."""
    return (dt.date(year, 1, 1) - _EPOCH).days, (dt.date(year, 12, 31) - _EPOCH).days


def _year(day: int) -> int | None:
    """Return the year of a day; None of one that no calendar has."""
    try:
        return (_EPOCH + dt.timedelta(days=day)).year
    except OverflowError:
        return None


def _table(
    table: TableLayout, control: ControlCounting, lines: Sequence[Counted], year: int
) -> dict[str, Any]:
    cells: dict[str, dict[str, int]] = {}
    for one in lines:
        if one.table == table.id:
            row = cells.setdefault(one.agency_id, {})
            row[one.column] = row.get(one.column, 0) + one.amount
    if table.id == "T5":
        cells = _staff(control, year)
    names = [column.id for column in table.columns if column.rate_of is None]
    agencies = sorted(control.agencies.keys() | cells.keys())
    rows = [
        {
            "agency_id": agency,
            "agency": control.agencies.get(agency),
            "cells": {name: cells.get(agency, {}).get(name, 0) for name in names},
        }
        for agency in agencies
    ]
    total = {name: sum(row.get(name, 0) for row in cells.values()) for name in names}
    return {"id": table.id, "cn": table.cn, "rows": rows, "total": total}


def _staff(control: ControlCounting, year: int) -> dict[str, dict[str, int]]:
    last_day = year_days(year)[1]
    cells: dict[str, dict[str, int]] = {}
    for agency, one in control.staffing_at(last_day).items():
        cells[agency] = {"OFFICERS": one.officers, "WITH_CREDENTIAL": one.with_credential}
    for agency, count in control.officers_with_credential(last_day).items():
        cells.setdefault(agency, {})["CREDENTIALS"] = count
    return cells


def _checks(
    layout: Layout, tables: Sequence[Mapping[str, Any]], lines: Sequence[Counted]
) -> list[dict[str, Any]]:
    """Return the sums that must agree, each with both sides."""
    kinds = [column for column, _ in layout.penalty_columns] + [layout.penalty_other]
    first = next(table for table in tables if table["id"] == "T1")
    checks = [
        _check(
            f"T1 各种类之和等于合计：{row['agency_id']}", _sum(row["cells"], kinds), row["cells"]
        )
        for row in first["rows"]
    ]
    checks.append(_check("T1 各种类之和等于合计", _sum(first["total"], kinds), first["total"]))
    for table in tables:
        expected = sum(one.amount for one in lines if one.table == table["id"])
        found = sum(table["total"].values())
        if table["id"] != "T5":
            name = f"{table['id']} 各行之和等于逐件计数"
            checks.append(
                {"name": name, "left": found, "right": expected, "holds": found == expected}
            )
    return checks


def _check(name: str, found: int, cells: Mapping[str, int]) -> dict[str, Any]:
    return {"name": name, "left": found, "right": cells[_TOTAL], "holds": found == cells[_TOTAL]}


def _sum(cells: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(cells[name] for name in names)


def _late(
    year: int, heads: Sequence[Head], control: ControlCounting, counted: Sequence[Counted]
) -> list[dict[str, Any]]:
    """Return what an earlier report of this or an earlier year did not have yet, act by act."""
    newest = {report.year: report.sizes for report in control.reports if report.year <= year}
    origins = {head.log: head.origin for head in heads}
    late = [
        (of_year, one)
        for one in counted
        if (of_year := _year(one.day)) in newest
        and one.leaf_index >= newest[of_year].get(origins[one.log], 0)
    ]
    ordered = sorted(late, key=lambda it: (it[0], it[1].table, it[1].log, it[1].leaf_index, it[1]))
    return [
        {
            "year": of_year,
            "table": one.table,
            "column": one.column,
            "agency_id": one.agency_id,
            "amount": one.amount,
            "date": (_EPOCH + dt.timedelta(days=one.day)).isoformat(),
            "log": one.log,
            "leaf_index": str(one.leaf_index),
            "event_id": one.event_id,
        }
        for of_year, one in ordered
    ]
