"""A PDF of sheets (ISO 32000-1) whose bytes follow from their cells alone.

Read before: ``sheets``. Read next: ``files``.

For reading and printing; the cells are those of the spreadsheet. The font is named, not embedded:
``STSong-Light`` with the predefined character map ``UniGB-UTF16-H``, which every reader of Chinese
documents has or replaces (9.7.5.2). Nothing is compressed, and nothing says when it was made.
Lengths are points; one is 1/72 inch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from portal.statistics.workbook import Sheet

_WIDTH: Final = 842  # A4, the long side across.
_HEIGHT: Final = 595
_MARGIN: Final = 36
_SIZE: Final = 8  # Of the text.
_LINE: Final = 11
_GAP: Final = 6  # Between columns.
_CELL_MAX: Final = 300
_CELL_MIN: Final = 24
_TITLE_SIZE: Final = 13
_TOP: Final = _HEIGHT - _MARGIN - 2 * _TITLE_SIZE
_BOTTOM: Final = _MARGIN + 2 * _LINE
_ASCII_MAX: Final = 0x7F  # Up to here a character is half as wide as high.
_FONT: Final = "/F1"
_FONT_OBJECTS: Final = (
    (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H"
        " /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>"
    ),
    (
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500]"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
        " /FontDescriptor 5 0 R >>"
    ),
    (
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]"
        " /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
    ),
)


class _Row(NamedTuple):
    """One row of a table, each cell broken into lines."""

    cells: list[list[str]]

    @property
    def height(self) -> int:
        return max(len(lines) for lines in self.cells) * _LINE + 4


def pages_bytes(title: str, footer: str, sheets: Sequence[Sheet]) -> bytes:
    """Return the file: every sheet begins a page.

    Args:
        title: Of the document.
        footer: Stands at the foot of every page, with the page's number.
        sheets: The sheets.
    """
    drawn = [page for sheet in sheets for page in _sheet_pages(sheet)]
    pages = []
    for number, lines in enumerate(drawn, start=1):
        foot = f"{footer}    {number} / {len(drawn)}"
        pages.append("\n".join([*lines, _text(_MARGIN, _MARGIN, _SIZE, foot)]))
    return _document(title, pages)


def _sheet_pages(sheet: Sheet) -> Iterator[list[str]]:
    """Yield the drawing of each page of a sheet; the titles of the columns stand on each."""
    texts = [[str(cell) for cell in row] for row in sheet.rows]
    columns = max(map(len, texts))
    texts = [[*row, *[""] * (columns - len(row))] for row in texts]
    widths = _widths(texts)
    head, *rows = [
        _Row([_broken(cell, width) for cell, width in zip(row, widths, strict=True)])
        for row in texts
    ]
    lines, y = _page_head(sheet.name, head, widths)
    for row in rows:
        if y - row.height < _BOTTOM:
            yield lines
            lines, y = _page_head(sheet.name, head, widths)
        lines += _row(row, widths, y)
        y -= row.height
    yield lines


def _page_head(name: str, head: _Row, widths: Sequence[int]) -> tuple[list[str], int]:
    title = _text(_MARGIN, _HEIGHT - _MARGIN - _TITLE_SIZE, _TITLE_SIZE, name)
    y = _TOP - head.height
    rule = f"{_MARGIN} {y} m {_WIDTH - _MARGIN} {y} l S"
    return [title, *_row(head, widths, _TOP), rule], y


def _row(row: _Row, widths: Sequence[int], y: int) -> list[str]:
    lines, x = [], _MARGIN
    for cell, width in zip(row.cells, widths, strict=True):
        for place, text in enumerate(cell, start=1):
            if text:
                lines.append(_text(x, y - place * _LINE, _SIZE, text))
        x += width + _GAP
    return lines


def _widths(texts: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column: of its longest cell, less if the page is too narrow."""
    wanted = [
        min(max(map(_length, column), default=0), _CELL_MAX) for column in zip(*texts, strict=True)
    ]
    wanted = [max(width, _CELL_MIN) for width in wanted]
    room = _WIDTH - 2 * _MARGIN - _GAP * len(wanted)
    if sum(wanted) <= room:
        return wanted
    return [max(width * room // sum(wanted), 2 * _SIZE) for width in wanted]


def _broken(text: str, width: int) -> list[str]:
    """Return a text in lines that are no wider than a column."""
    lines = [""]
    for char in text:
        if _length(lines[-1] + char) > width and lines[-1]:
            lines.append("")
        lines[-1] += char
    return lines


def _length(text: str) -> int:
    halves = sum(1 if ord(char) <= _ASCII_MAX else 2 for char in text)
    return halves * _SIZE // 2


def _text(x: int, y: int, size: int, text: str) -> str:
    """Return the drawing of one line of text."""
    shown = "".join(max(char, " ") for char in text)
    return f"BT {_FONT} {size} Tf {x} {y} Td <{shown.encode('utf-16-be').hex()}> Tj ET"


def _document(title: str, pages: Sequence[str]) -> bytes:
    first = 3 + len(_FONT_OBJECTS)  # Catalogue and list of pages come before the fonts.
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        (
            f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}]"
            f" /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Resources << /Font << {_FONT} 3 0 R >> >> >>"
        ),
        *_FONT_OBJECTS,
    ]
    for n, drawing in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {first + 2 * n + 1} 0 R >>")
        objects.append(f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream")
    objects.append(f"<< /Title <feff{title.encode('utf-16-be').hex()}> >>")
    return _file(objects)


def _file(objects: Sequence[str]) -> bytes:
    """Return the file of numbered objects, the first of them the catalogue, the last the title."""
    parts, places = ["%PDF-1.5\n"], []
    size = len(parts[0])
    for number, text in enumerate(objects, start=1):
        places.append(size)
        parts.append(f"{number} 0 obj\n{text}\nendobj\n")
        size += len(parts[-1])
    name = hashlib.sha256("".join(parts).encode("ascii")).hexdigest()[:32]
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    parts.append(f"xref\n0 {count}\n0000000000 65535 f \n{table}")
    parts.append(
        f"trailer\n<< /Size {count} /Root 1 0 R /Info {len(objects)} 0 R"
        f" /ID [<{name}> <{name}>] >>\nstartxref\n{size}\n%%EOF\n"
    )
    return "".join(parts).encode("ascii")
