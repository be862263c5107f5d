"""The files of an annual report, all of them functions of the report.

Read before: ``sheets``, ``workbook``. Read next: ``portal/programs/statistics.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from portal.api.csv_table import csv_chunks
from portal.statistics.pages_file import pages_bytes
from portal.statistics.sheets import report_sheets
from portal.statistics.workbook import workbook_bytes
from projections.statistics.layout import Layout

TABLES: Final = "tables.json"
WORKBOOK: Final = "report.xlsx"
PAGES: Final = "report.pdf"
SUMS: Final = "SHA256SUMS"


def report_files(report: Mapping[str, Any], layout: Layout) -> dict[str, bytes]:
    """Return the files of a report by name."""
    text = json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1)
    files = {TABLES: (text + "\n").encode()}
    sheets = report_sheets(report, layout, tables_hash(files[TABLES]))
    for number, sheet in enumerate(sheets):
        heads, *rows = [[str(cell) for cell in row] for row in sheet.rows]
        files[f"{number:02}-{sheet.name.split()[0]}.csv"] = b"".join(csv_chunks(heads, [rows]))
    files[WORKBOOK] = workbook_bytes(sheets)
    title = f"{report['year']} 年度行政执法统计年报"
    files[PAGES] = pages_bytes(title, f"{title}  {tables_hash(files[TABLES])}", sheets)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return {**files, SUMS: "".join(sums).encode()}


def tables_hash(tables: bytes) -> str:
    """Return the ``tablesHash`` of ``StatisticsReportGenerated``: of the tables' bytes."""
    return f"sha256:{hashlib.sha256(tables).hexdigest()}"
