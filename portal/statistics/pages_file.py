"""A PDF of sheets (ISO 32000-1) whose bytes follow from their cells alone.

Read before: ``sheets``. Read next: ``files``.

For reading and printing; the cells are those of the spreadsheet. The font is named, not embedded:
``STSong-Light`` with the predefined character map ``UniGB-UTF16-H``, which every reader of Chinese
documents has or replaces (9.7.5.2). Nothing is compressed, and nothing says when it was made.
Lengths are points; one is 1/72 inch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from portal.statistics.workbook import Sheet

_WIDTH: Final = 842  # A4, the long side across.
_HEIGHT: Final = 595
_MARGIN: Final = 36
_SIZE: Final = 8  # Of the text at the foot of a page.
_SIZES: Final = (8, 7, 6, 5)  # Of the text of a table: the first in which its numbers stay whole.
_LEADING: Final = 3  # Between the lines of a cell.
_GAP: Final = 6  # Between columns.
_CELL_MAX: Final = 300
_CELL_MIN: Final = 24
_TITLE_SIZE: Final = 13
_TOP: Final = _HEIGHT - _MARGIN - 2 * _TITLE_SIZE
_BOTTOM: Final = _MARGIN + 22
_ROW_GAP: Final = 4
_HEAD_LINES_MAX: Final = 12  # Of the titles of the columns.
# What is not broken: a number, a word or a digest, and a character with the marks that belong to it
# (no line begins with a closing mark or ends with an opening one: GB/T 15834).
_PIECE: Final = re.compile(r"[（《〈“‘〔【]*(?:[!-~]+|[^\s!-~])[，。、；：）》〉”’〕】！？]*|\s+")
_NUMBER: Final = re.compile(r"-?[0-9][0-9,.]*%?")
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
    """One row of a table, or what of it fits on a page, each cell broken into lines."""

    cells: list[list[str]]

    @property
    def lines(self) -> int:
        return max(len(lines) for lines in self.cells)

    def split(self, lines: int) -> tuple[_Row, _Row]:
        """Return its first lines, and the others."""
        return (
            _Row([cell[:lines] for cell in self.cells]),
            _Row([cell[lines:] for cell in self.cells]),
        )


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


class _Page:
    """One page of a sheet while it is drawn; the titles of the columns stand on each."""

    def __init__(self, name: str, head: _Row, widths: Sequence[int], size: int) -> None:
        self._widths = widths
        self._size = size
        self._y = _TOP
        self.lines = [_text(_MARGIN, _HEIGHT - _MARGIN - _TITLE_SIZE, _TITLE_SIZE, name)]
        self.draw(head)
        self.lines.append(f"{_MARGIN} {self._y} m {_WIDTH - _MARGIN} {self._y} l S")

    @property
    def room(self) -> int:
        """How many lines of a row there is room for."""
        return (self._y - _BOTTOM - _ROW_GAP) // (self._size + _LEADING)

    def draw(self, row: _Row) -> None:
        """Draw a row below what is there."""
        x, step = _MARGIN, self._size + _LEADING
        for cell, width in zip(row.cells, self._widths, strict=True):
            for place, text in enumerate(cell, start=1):
                if text:
                    self.lines.append(_text(x, self._y - place * step, self._size, text))
            x += width + _GAP
        self._y -= row.lines * step + _ROW_GAP


def _sheet_pages(sheet: Sheet) -> Iterator[list[str]]:
    """Yield the drawing of each page of a sheet; a row that is too high goes on on the next."""
    texts = [[str(cell) for cell in row] for row in sheet.rows]
    columns = max(map(len, texts))
    texts = [[*row, *[""] * (columns - len(row))] for row in texts]
    size, widths = _widths(texts)
    head, *rows = [
        _Row([_broken(cell, width, size) for cell, width in zip(row, widths, strict=True)])
        for row in texts
    ]
    head = head.split(_HEAD_LINES_MAX)[0]
    page = _Page(sheet.name, head, widths, size)
    whole = page.room
    for row in rows:
        rest = row
        if rest.lines > page.room and page.room < whole:
            yield page.lines
            page = _Page(sheet.name, head, widths, size)
        while rest.lines > page.room:
            part, rest = rest.split(page.room)
            page.draw(part)
            yield page.lines
            page = _Page(sheet.name, head, widths, size)
        page.draw(rest)
    yield page.lines


def _widths(texts: Sequence[Sequence[str]]) -> tuple[int, list[int]]:
    """Return the size of the text, and the width of each column: of its longest cell if it fits.

    Where it does not, a column is as wide as its longest number, and what room is left goes to
    those that need more.
    """
    columns = list(zip(*texts, strict=True))
    room = _WIDTH - 2 * _MARGIN - _GAP * len(columns)
    for size in _SIZES:
        wanted = [_bounded(max(_length(cell, size) for cell in column)) for column in columns]
        if sum(wanted) <= room:
            return size, wanted
        needed = [max(_needed(cell, size) for cell in column) for column in columns]
        if sum(needed) <= room:
            return size, _shared(needed, wanted, room - sum(needed))
    return size, [max(width * room // sum(needed), 2 * size) for width in needed]


def _shared(needed: Sequence[int], wanted: Sequence[int], spare: int) -> list[int]:
    """Return the widths with what is spare shared out by what each column lacks."""
    lacks = [max(want - need, 0) for need, want in zip(needed, wanted, strict=True)]
    whole = max(sum(lacks), 1)
    return [need + lack * spare // whole for need, lack in zip(needed, lacks, strict=True)]


def _bounded(width: int) -> int:
    return max(min(width, _CELL_MAX), _CELL_MIN)


def _needed(text: str, size: int) -> int:
    """Return the least width in which a cell's numbers stay whole."""
    least = _length(text, size) if _NUMBER.fullmatch(text) else 3 * size
    return max(min(least, _CELL_MAX), 3 * size)


def _broken(text: str, width: int, size: int) -> list[str]:
    """Return a text in lines that are no wider than a column; words and numbers stay whole."""
    lines = [""]
    for piece in _PIECE.findall(text):
        part = " " if piece.isspace() else piece
        if _length(lines[-1] + part, size) <= width:
            lines[-1] += part
        elif part != " ":
            lines = [*lines, ""] if lines[-1] else lines
            for char in part:  # A piece that is wider than a line is broken where it must be.
                if _length(lines[-1] + char, size) > width and lines[-1]:
                    lines.append("")
                lines[-1] += char
    return lines


def _length(text: str, size: int = _SIZE) -> int:
    halves = sum(1 if ord(char) <= _ASCII_MAX else 2 for char in text)
    return -(-halves * size // 2)


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
