"""The lists of organisations as tables for spreadsheets: titles, and cells of a document.

Read before: ``declared``, ``due``. Read next: ``portal/api/organisation.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from portal.words import word

Item = Mapping[str, Any]


class SheetTable(NamedTuple):
    """One list: its column titles, and how a document becomes a row."""

    heads: tuple[str, ...]
    cells: Callable[[Item], list[str]]


def _staffing(item: Item) -> list[str]:
    found = item["declared"] or {}
    names = ("as_of", "officers", "reviewers", "ratio_percent", "required")
    numbers = [_text(found.get(name)) for name in names]
    return [item["agency_id"], item["name"], *numbers, item["flag"] or ""]


def _rule(item: Item) -> list[str]:
    kind = word(item["kind"], "policy_kind")
    names = ("doc_no", "in_force_from", "file_hash", "event_id")
    return [item["agency_id"], _text(item["name"]), kind, *(item[name] for name in names)]


def _task(item: Item) -> list[str]:
    lead, state = "、".join(item["lead"]), word(item["state"], "task_state")
    done = _text(item["done_on"])
    return [item["seed_item"], item["level_name"], lead, item["due"], done, state]


def _opinion(item: Item) -> list[str]:
    paper, state = item["document"], word(item["state"], "task_state")
    names = [item["agency_id"], _text(item["name"]), _text(paper["doc_no"])]
    return [*names, item["due"], _text(item["reported_on"]), state, item["event_id"]]


def _text(value: object) -> str:
    return "" if value is None else str(value)


_AGENCY: Final = ("代码", "名称")
TABLES: Final[Mapping[str, SheetTable]] = {
    "staffing": SheetTable(
        (*_AGENCY, "截止日期", "执法人员", "法制审核人员", "占比（%）", "应有", "未达标"), _staffing
    ),
    "rules-in-force": SheetTable(
        (*_AGENCY, "类别", "文号", "施行日期", "文件摘要", "行为标识"), _rule
    ),
    "reform-tasks": SheetTable(("任务项", "层级", "牵头单位", "期限", "完成日期", "状态"), _task),
    "supervision-opinions": SheetTable(
        (*_AGENCY, "文号", "期限", "整改报告日期", "状态", "行为标识"), _opinion
    ),
}
