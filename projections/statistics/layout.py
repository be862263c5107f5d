"""How the annual tables look: columns and the order of penalties, read from ``schemas/statistics``.

Read before: docs/spec/statistics.md. Read next: ``counting``.

No form of the province was published, so the layout is data; another form is another file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.loader import file_json

FILE: Final = "statistics/tables-1.json"


class Column(NamedTuple):
    """One column of a table."""

    id: str
    cn: str
    is_money: bool
    rate_of: tuple[str, str] | None  # Columns that are divided; such a cell is never counted.


class TableLayout(NamedTuple):
    """One table."""

    id: str
    cn: str
    note: str
    columns: tuple[Column, ...]


class Layout(NamedTuple):
    """All tables, and what counting needs to know of them."""

    version: str
    source: str
    money_unit: str
    money_fen: int
    money_decimals: int
    penalty_columns: tuple[tuple[str, frozenset[str]], ...]  # From light to heavy.
    penalty_other: str
    tables: tuple[TableLayout, ...]
    lost_results: frozenset[str]
    indicator_table: TableLayout
    indicators: tuple[str, ...]

    def heaviest(self, kinds: Collection[str]) -> str:
        """Return the column of the heaviest kind; ``OTHER`` only where no named kind is there."""
        for column, named in reversed(self.penalty_columns):
            if named & set(kinds):
                return column
        return self.penalty_other

    def money(self, fen: int) -> str:
        """Return an amount in the layout's unit, exactly."""
        sign, whole = ("-" if fen < 0 else ""), abs(fen)
        units, rest = divmod(whole * 10**self.money_decimals, self.money_fen)
        assert rest == 0
        text = str(units).rjust(self.money_decimals + 1, "0")
        return f"{sign}{text[: -self.money_decimals]}.{text[-self.money_decimals :]}"


@cache
def layout() -> Layout:
    """Return the layout of the file."""
    document = file_json(FILE)
    money, seventh = document["money"], document["indicator_table"]
    return Layout(
        version=document["version"],
        source=document["source"],
        money_unit=money["unit"],
        money_fen=money["fen"],
        money_decimals=money["decimals"],
        penalty_columns=tuple(
            (row["column"], frozenset(row["kinds"])) for row in document["penalty_kinds"]
        ),
        penalty_other=document["penalty_other"],
        tables=tuple(_table(row) for row in document["tables"]),
        lost_results=frozenset(document["lost_results"]),
        indicator_table=_table({**seventh, "columns": []}),
        indicators=tuple(seventh["indicators"]),
    )


def _table(row: Mapping[str, Any]) -> TableLayout:
    return TableLayout(
        row["id"], row["cn"], row.get("note", ""), tuple(_column(it) for it in row["columns"])
    )


def _column(row: Mapping[str, Any]) -> Column:
    rate = row.get("rate_of")
    return Column(
        row["id"], row["cn"], row.get("is_money", False), None if rate is None else tuple(rate)
    )
