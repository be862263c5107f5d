"""Lists as CSV for spreadsheets: UTF-8 with BOM, and safe against formulas.

Read before: ``portal/api/disclosures.py``. Read next: nothing.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV
injection); the JSON of the same list has the value as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.responses import Response

BOM: Final = "\ufeff"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_response(heads: Sequence[str], rows: Iterable[Sequence[str]], file_name: str) -> Response:
    """Return a table as a file to save.

    Args:
        heads: Column titles.
        rows: Cells as text, one sequence a row.
        file_name: ASCII name of the file.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return Response(
        (BOM + out.getvalue()).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{file_name}"'},
    )


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
