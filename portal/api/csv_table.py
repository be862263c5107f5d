"""Lists as CSV for spreadsheets: UTF-8 with BOM, and safe against formulas.

Read before: ``portal/api/disclosures.py``. Read next: nothing.

A cell that a spreadsheet would take for a formula, and that is no plain number, gets an apostrophe
in front (OWASP, CSV injection); the JSON of the same list has the value as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from starlette.responses import Response

BOM: Final = "\ufeff"
_NUMBER: Final = re.compile(r"-[0-9]{1,19}(\.[0-9]{1,19})?")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_response(heads: Sequence[str], rows: Iterable[Sequence[str]], file_name: str) -> Response:
    """Return a small table as a file to save.

    Args:
        heads: Column titles.
        rows: Cells as text, one sequence a row.
        file_name: ASCII name of the file.
    """
    return Response(
        b"".join(csv_chunks(heads, [rows])),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{file_name}"'},
    )


def csv_chunks(heads: Sequence[str], pages: Iterable[Iterable[Sequence[str]]]) -> Iterator[bytes]:
    """Yield a table page by page, the titles with the first page; arguments as above."""
    yield (BOM + _lines([heads])).encode()
    for rows in pages:
        yield _lines([safe_cell(cell) for cell in row] for row in rows).encode()


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs; a number, also a negative one, stays a number."""
    is_harmless = not text.startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(text) is not None
    return text if is_harmless else "'" + text


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()
