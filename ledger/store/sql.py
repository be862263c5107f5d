"""SQL texts from ``.sql`` files: each statement has a name and lies beside its user.

Read before: ``ledger/application.py``. Read next: ``ledger/store/migrations.py``.

A file is a series of blocks that start with ``-- name: select_head``. Names of tables are
filled in where a log's own tables are meant (``{events}``); values are always parameters.
Trusts the installed package: whoever can change its files changes what the program does anyway.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from psycopg.sql import SQL, Composable, Composed

_NAME = re.compile(r"^-- name: ([a-z0-9_]+)$", re.MULTILINE)


@cache
def load(package: str, file: str) -> dict[str, str]:
    """Return the statements of a package's ``.sql`` file by name.

    Args:
        package: Dotted name of the package that holds the file.
        file: File name, ``queries.sql``.

    Raises:
        ValueError: The file names no statement, or one name twice.
    """
    parts = _NAME.split(read_text(package, file))
    names, texts = parts[1::2], parts[2::2]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{package}/{file}: statements must have names, each once")
    return {name: text.strip().rstrip(";") for name, text in zip(names, texts, strict=True)}


def read_text(package: str, file: str) -> str:
    """Return the text of a package's file."""
    return files(package).joinpath(file).read_text(encoding="utf-8")


def compose(text: str, **names: Composable) -> Composed:
    """Return a statement with identifiers filled in; parameters stay parameters."""
    return SQL(text).format(**names)
