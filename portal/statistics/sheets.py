"""The annual report as rows of text and numbers: what spreadsheet and CSV show alike.

Read before: ``projections/statistics/report.py``. Read next: ``workbook``, ``files``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.indicators import NOTHING, percent
from portal.statistics.workbook import Cell, Number, NumberFormat, Sheet
from projections.statistics.layout import Column, Layout, TableLayout

LATE: Final = "补报"
CHECKS: Final = "核对"
ABOUT: Final = "说明"


def report_sheets(report: Mapping[str, Any], layout: Layout, tables_hash: str) -> list[Sheet]:
    """Return the sheets of a report: about it, its tables, what is late, the checks."""
    tables = {table["id"]: table for table in report["tables"]}
    sheets = [_about(report, layout, tables_hash)]
    sheets += [_table(layout, one, tables[one.id]) for one in layout.tables]
    sheets += [_indicators(report), _late(report, layout), _checks(report)]
    return sheets


def _about(report: Mapping[str, Any], layout: Layout, tables_hash: str) -> Sheet:
    rows: list[list[Cell]] = [
        [f"{report['year']} 年度行政执法统计年报"],
        ["版本", report["version"]],
        ["报表摘要", tables_hash],
        ["表式", f"{layout.version}：{layout.source}"],
        ["金额单位", layout.money_unit],
        ["日志", "树长度", "树根"],
    ]
    rows += [[head["origin"], head["tree_size"], head["root"]] for head in report["as_of"]]
    rows += [[f"{one.id} {one.cn}", one.note] for one in layout.tables if one.note]
    return Sheet(ABOUT, rows)


def _table(layout: Layout, one: TableLayout, table: Mapping[str, Any]) -> Sheet:
    heads: list[Cell] = ["机关代码", "机关"]
    heads += [
        f"{column.cn}（{layout.money_unit}）" if column.is_money else column.cn
        for column in one.columns
    ]
    rows = [heads]
    for row in table["rows"]:
        cells = [_cell(layout, column, row["cells"]) for column in one.columns]
        rows.append([row["agency_id"], row["agency"] or "", *cells])
    rows.append(["合计", "", *(_cell(layout, column, table["total"]) for column in one.columns)])
    return Sheet(f"{one.id} {one.cn}", rows)


def _cell(layout: Layout, column: Column, cells: Mapping[str, int]) -> Cell:
    if column.rate_of is not None:
        numerator, denominator = column.rate_of
        return _rate(percent(cells[numerator], cells[denominator]))
    return _amount(layout, column, cells[column.id])


def _amount(layout: Layout, column: Column, value: int) -> Cell:
    """Return a count, or money in the layout's unit; money is exact to the last digit."""
    if column.is_money:
        text = layout.money(value)
        return Number(text, text, NumberFormat.MONEY)
    return _count(value)


def _count(value: int) -> Cell:
    return Number(str(value), str(value), NumberFormat.COUNT)


def _rate(text: str) -> Cell:
    """Return a rate as a number; a dash where there is nothing to divide by stays one."""
    if text == NOTHING:
        return text
    whole, _, tenth = text.removesuffix("%").partition(".")
    thousandths = int(whole) * 10 + int(tenth)
    return Number(text, f"{thousandths // 1000}.{thousandths % 1000:03}", NumberFormat.RATE)


def _indicators(report: Mapping[str, Any]) -> Sheet:
    table = report["indicators"]
    rows: list[list[Cell]] = [["指标", "名称", "分子", "分母", "比率", "尚未到期", "公式"]]
    for row in table["rows"]:
        counts = [_count(row["numerator"]), _count(row["denominator"]), _rate(row["rate"])]
        pending = _count(row["pending"])
        rows.append([row["indicator_id"], row["cn"], *counts, pending, row["formula"]])
    return Sheet(f"{table['id']} {table['cn']}", rows)


def _late(report: Mapping[str, Any], layout: Layout) -> Sheet:
    """Return what earlier reports did not have yet, act by act."""
    columns = {(one.id, column.id): column for one in layout.tables for column in one.columns}
    rows: list[list[Cell]] = [
        ["年度", "表", "栏目", "机关代码", "数量或者金额", "日期", "日志", "叶序号", "行为编号"]
    ]
    for one in report["late"]:
        column = columns[one["table"], one["column"]]
        amount = _amount(layout, column, one["amount"])
        place = [one["date"], one["log"], one["leaf_index"], one["event_id"]]
        rows.append([one["year"], one["table"], column.cn, one["agency_id"], amount, *place])
    return Sheet(LATE, rows)


def _checks(report: Mapping[str, Any]) -> Sheet:
    rows: list[list[Cell]] = [["核对", "左", "右", "是否一致"]]
    rows += [
        [one["name"], _count(one["left"]), _count(one["right"]), _agreed(one["holds"])]
        for one in report["checks"]
    ]
    return Sheet(CHECKS, rows)


def _agreed(holds: bool) -> str:
    return "一致" if holds else "不一致"
