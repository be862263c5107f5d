"""What a page is found by: text without spaces and signs, and its two-character pieces.

Read before: ``view``. Read next: ``queries.sql``.

Chinese is written without spaces and no dictionary is the same everywhere, so every pair of
neighbouring characters is a term. A query's terms narrow the rows down by index; then the query
itself is looked for in its field's line, since pairs may stand apart or in another field.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

QUERY_CHARS_MIN: Final = 2  # One character would find nearly everything.
QUERY_CHARS_MAX: Final = 64


class Field(StrEnum):
    """Which field a line of the searched text is; its first character."""

    DOC_NO = "d"
    AGENCY = "a"
    ORGANISATION = "o"
    VIOLATION = "v"


def search_text(fields: Iterable[tuple[Field, str | None]]) -> str:
    """Return the fields as they are searched in, one a line, each after its letter."""
    return "\n".join(field + normalised(text) for field, text in fields if text)


def search_terms(text: str) -> str:
    """Return the two-character pieces of every line, each once, separated by spaces."""
    lines = (line[1:] for line in text.split("\n"))
    return " ".join(sorted({line[i : i + 2] for line in lines for i in range(len(line) - 1)}))


def normalised(text: str) -> str:
    """Return letters and digits only, half width, lower case.

    Brackets vary from office to office, so ``〔2026〕``, ``[2026]`` and ``2026`` are found alike.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum())


def query_text(query: str) -> str | None:
    """Return a query as it is looked for; None if it is too short to search by."""
    text = normalised(query)[:QUERY_CHARS_MAX]
    return text if len(text) >= QUERY_CHARS_MIN else None


def pattern(field: Field | None, text: str) -> str:
    """Return a regular expression, ``^`` matching at lines, for a normalised query in a field.

    Letters and digits only, so there is nothing to escape.
    """
    return f"^{field or '.'}.*{text}"


def tsquery(texts: Iterable[str]) -> str:
    """Return the text of a tsquery for all pieces of normalised queries of two or more."""
    pieces = {text[i : i + 2] for text in texts for i in range(len(text) - 1)}
    return " & ".join(f"'{piece}'" for piece in sorted(pieces))
