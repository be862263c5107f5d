"""Statements out of ``.sql`` files, by name.

Read before: docs/ARCHITECTURE.md. Read next: ``view_store``. A statement begins at its
``-- name: open_view`` line and ends before the next one; what it does is said in the file.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


@cache
def load(package: str, file: str = "queries.sql") -> dict[str, LiteralString]:
    """Return the statements of a file beside the modules of ``package``, by name."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    # A file of ours is as good as a literal in our code.
    return {
        name: cast("LiteralString", body.strip())
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
