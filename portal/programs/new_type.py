"""Write a new event type into the folder of the schemas, once nothing speaks against it.

Read before: ``schemas/new_type.py``. Read next: ``ledger/domain/installed_types.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import schemas
from ledger.domain.installed_types import refusals
from ledger.errors import MalformedError
from schemas.catalogue_rules import column_faults, row_faults
from schemas.class_rules import faults
from schemas.loader import rule_set_text
from schemas.new_type import NewRow, new_row, new_schema, with_row

CATALOGUE: Final = "catalogue.yaml"


def write_new_type(
    folder: Path | None, event_type: str, fields: Sequence[str], row: NewRow, version: str
) -> list[Path]:
    """Write schema and row; return the files written.

    Args:
        folder: Folder of the schemas; None for the installed one.
        event_type: Such as ``NoiseMeasured``.
        fields: As ``new_schema`` takes them.
        row: Its row in the catalogue.
        version: The catalogue's new version.

    Raises:
        MalformedError: Something is faulty, the type is there, or the folder cannot be written.
    """
    place = Path(schemas.__file__).parent if folder is None else folder
    try:
        text, line = new_schema(event_type, row.cn, fields), new_row(event_type, row)
    except ValueError as error:
        raise MalformedError(str(error)) from error
    if found := list(_faults(text, row)):
        raise MalformedError("nothing is written:" + "".join(f"\n  {it}" for it in found))
    schema, catalogue = place / f"{event_type}.v1.avsc", place / CATALOGUE
    try:
        held = catalogue.read_text(encoding="utf-8")
        if schema.exists() or f"\n  {event_type}:" in held:
            raise MalformedError(f"{event_type} is there already; a change is a version, v2")
        _replace(catalogue, with_row(held, line, version))
        _replace(schema, text)
    except OSError as error:
        raise MalformedError(f"{error.filename}: {error.strerror}") from error
    return [schema, catalogue]


def _faults(text: str, row: NewRow) -> Iterator[str]:
    yield from refusals(json.loads(text))
    yield from faults(text)
    columns: dict[str, Any] = {**row._asdict(), "emitters": list(row.emitters)}
    gates = json.loads(rule_set_text())["gates"]
    yield from column_faults(columns) or row_faults(columns, gates)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
