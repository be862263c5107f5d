"""The 24 rows of the task table, and which event types, rules and deadlines carry each.

Read before: ``schemas/rows/rows.yaml``. Read next: ``portal/programs/rows.py``.
Trusts: the installed package. Every id is held against the catalogue and the default rule set.

Source: 湖南省全面推行“三项制度”任务分解表, 24 rows with 59 items.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.catalogue import load_catalogue
from schemas.loader import FaultyFileError, rule_set_text, schema_text

FILE: Final = "rows/rows.yaml"
ROWS: Final = 24
ITEMS: Final = 59
LEVELS: Final = ("省", "市", "县")
_COLUMNS: Final = frozenset({"title", "items", "lead", "due", "works_when", "types"})
_LINKS: Final = ("types", "gates", "rules", "deadlines")
_OPTIONAL: Final = frozenset({*_LINKS, "views", "indicators"})
_INDICATOR: Final = re.compile(r"K-[0-9]{2}")


class Due(NamedTuple):
    """By when a row is due, where the table names a day."""

    until: dt.date
    levels: tuple[str, ...]
    """Levels of government, of ``LEVELS``; empty for all."""
    items: tuple[str, ...]
    """Items it is for; empty for the whole row."""


class TaskRow(NamedTuple):
    """One row of the task table."""

    number: int
    title: str
    items: Mapping[str, str]
    """Text of each item by its number, such as ``11.2``."""
    lead: tuple[str, ...]
    """Who leads; empty where every agency does it by itself."""
    due: tuple[Due, ...]
    """Empty where it goes on for ever (持续推进)."""
    works_when: str
    """How one sees that the row works, one sentence."""
    types: tuple[str, ...]
    """Event types that carry it."""
    gates: tuple[str, ...]
    rules: tuple[str, ...]
    deadlines: tuple[str, ...]
    views: tuple[str, ...]
    indicators: tuple[str, ...]


class TaskTable(NamedTuple):
    """The whole table."""

    version: str
    source: str
    carried_out_by: str
    rows: Mapping[int, TaskRow]
    """Rows by number, ascending."""


@cache
def load_task_table() -> TaskTable:
    """Read ``rows/rows.yaml``.

    Raises:
        FaultyFileError: It is no such file, or a row has a fault; the first is named.
    """
    document = _document()
    for fault in task_table_faults(document):
        raise FaultyFileError(f"{FILE}: {fault}")
    rows = {number: _row(number, columns) for number, columns in document["rows"].items()}
    return TaskTable(
        document["version"],
        document["source"],
        document["carried_out_by"],
        dict(sorted(rows.items())),
    )


def task_table_faults(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a table: rows, items, columns, and ids that do not exist."""
    rows = document["rows"]
    if sorted(rows) != list(range(1, ROWS + 1)):
        yield f"the rows are 1 to {ROWS}"
        return
    known = _known_ids()
    for number, columns in rows.items():
        yield from (f"row {number}: {fault}" for fault in _row_faults(number, columns, known))
    if (items := sum(len(columns.get("items", ())) for columns in rows.values())) != ITEMS:
        yield f"{ITEMS} items, not {items}"


def _row_faults(
    number: int, columns: Mapping[str, Any], known: Mapping[str, Collection[str]]
) -> Iterator[str]:
    if missing := _COLUMNS - set(columns):
        yield f"lacks {', '.join(sorted(missing))}"
        return
    if unknown := set(columns) - _COLUMNS - _OPTIONAL:
        yield f"has no column {', '.join(sorted(unknown))}"
    items = list(columns["items"])
    if items != [f"{number}.{place}" for place in range(1, len(items) + 1)]:
        yield f"items are {number}.1 and so on"
    for link in _LINKS:
        for one in columns.get(link, ()):
            if one not in known[link]:
                yield f"{link}: there is no {one}"
    for one in columns.get("indicators", ()):
        if _INDICATOR.fullmatch(one) is None:
            yield f"indicators: {one} is no id of one"
    for due in columns["due"]:
        yield from _due_faults(due, items)


def _due_faults(due: Mapping[str, Any], items: Collection[str]) -> Iterator[str]:
    if not isinstance(due.get("until"), dt.date):
        yield "due: until is a day, YYYY-MM-DD"
    if not set(due.get("levels", ())) <= set(LEVELS):
        yield f"due: levels are {', '.join(LEVELS)}"
    if not set(due.get("items", ())) <= set(items):
        yield "due: an item is none of the row's"


def _known_ids() -> dict[str, Collection[str]]:
    rules = json.loads(rule_set_text())
    return {
        "types": load_catalogue().rows,
        "gates": rules["gates"],
        "rules": rules["violations"],
        "deadlines": {row["id"] for row in rules["deadlines"]["rows"]},
    }


def _document() -> dict[str, Any]:
    # The verifier is installed without it, and needs no rows.
    import yaml

    try:
        document: dict[str, Any] = yaml.safe_load(schema_text(FILE))
    except (yaml.YAMLError, ValueError) as error:
        raise FaultyFileError(f"{FILE}: not YAML in UTF-8") from error
    if set(document) != {"version", "source", "carried_out_by", "rows"}:
        raise FaultyFileError(f"{FILE}: its parts are version, source, carried_out_by and rows")
    return document


def _row(number: int, columns: Mapping[str, Any]) -> TaskRow:
    due = [
        Due(one["until"], tuple(one.get("levels", ())), tuple(one.get("items", ())))
        for one in columns["due"]
    ]
    links = (
        tuple(columns.get(name, ()))
        for name in ("types", "gates", "rules", "deadlines", "views", "indicators")
    )
    return TaskRow(
        number,
        columns["title"],
        dict(columns["items"]),
        tuple(columns["lead"]),
        tuple(due),
        columns["works_when"],
        *links,
    )
