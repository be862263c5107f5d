"""A spreadsheet file (Office Open XML, ECMA-376) whose bytes follow from its cells alone.

Read before: ``sheets``. Read next: ``files``.

The usual libraries write the time of making and compress by whatever zlib is there, and so give
other bytes each time. Here every member has the same date and is stored as it is; text stands in
the cells. A cell is text or a number, shown in one of a few formats; nothing in it is a formula.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr


class NumberFormat(IntEnum):
    """How a number is shown: its place in the formats of the file (18.8.10, ``cellXfs``)."""

    PLAIN = 0
    COUNT = 1  # 1,234
    MONEY = 2  # 1,234.00
    RATE = 3  # 12.3%


class Number(NamedTuple):
    """A number in a cell; elsewhere, in CSV and on paper, it stands as ``text``."""

    text: str
    value: str  # Decimal digits, of at most fifteen significant ones.
    format: NumberFormat

    def __str__(self) -> str:
        return self.text


Cell = str | int | Number
_DATE: Final = (1980, 1, 1, 0, 0, 0)  # The first that a ZIP file can say.
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NAME_MAX: Final = 31  # Characters of a sheet's name.
_EXACT_MAX: Final = 10**15  # Larger numbers lose digits in a spreadsheet; they are text.
_DIGITS_MAX: Final = 15
_RATE_ID: Final = 164  # The first number of a format that is not built in (18.8.30).
_BUILT_IN: Final = (0, 3, 4)  # General, #,##0 and #,##0.00.


class Sheet(NamedTuple):
    """One sheet: its name and its rows, the titles among them."""

    name: str
    rows: Sequence[Sequence[Cell]]


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """Return the file of these sheets, in their order."""
    assert all(0 < len(sheet.name) <= _NAME_MAX for sheet in sheets)
    members = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(sheets),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)),
                ("styles", "styles.xml"),
            ]
        ),
        "xl/styles.xml": _styles(),
    }
    for number, sheet in enumerate(sheets, start=1):
        members[f"xl/worksheets/sheet{number}.xml"] = _sheet(sheet)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 0  # Else it says on what system it was made.
            file.writestr(info, (_XML + text).encode())
    return out.getvalue()


def _content_types(count: int) -> str:
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    parts += [(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in range(1, count + 1)]
    lines = "".join(
        f'<Override PartName="{name}" ContentType="{_KIND}.{kind}+xml"/>' for name, kind in parts
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    lines = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, start=1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{lines}</sheets></workbook>'


def _sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{n}">{"".join(_cell(n, k, cell) for k, cell in enumerate(row))}</row>'
        for n, row in enumerate(sheet.rows, start=1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def _styles() -> str:
    """Return the formats of numbers, in the order of ``NumberFormat``."""
    ids = (*_BUILT_IN, _RATE_ID)
    assert len(ids) == len(NumberFormat)
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"'
        f' applyNumberFormat="1"/>'
        for number in ids
    )
    return (
        f'<styleSheet xmlns="{_MAIN}">'
        f'<numFmts count="1"><numFmt numFmtId="{_RATE_ID}" formatCode="0.0%"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="SimSun"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(ids)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _cell(row: int, column: int, value: Cell) -> str:
    place = f"{_letters(column)}{row}"
    if isinstance(value, Number) and len(value.value.strip("-").replace(".", "")) <= _DIGITS_MAX:
        return f'<c r="{place}" s="{int(value.format)}"><v>{value.value}</v></c>'
    if isinstance(value, int) and abs(value) < _EXACT_MAX:
        return f'<c r="{place}"><v>{value}</v></c>'
    text = escape("".join(char for char in str(value) if char >= " " or char in "\n\t"))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(column: int) -> str:
    """Return the name of a column: A to Z, then AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
