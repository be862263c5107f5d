"""Would the control log take the installed event types? Asked before they are published.

What it refuses would be refused again at every start, and every time an entry would say so; and
nobody could send the type. So ``lianzheng schema check`` and the start ask here first.

Read before: ``schemas/type_rules.py``. Read next: ``consumers/append/bootstrap.py``.
Trusts: nothing; the rules of a schema are those that an act of the control log is judged by
(``ledger/chain/avro_schema.py``, ``control_changes``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.chain.avro_schema import parse_schema
from ledger.chain.own_acts import OWN_TYPES
from ledger.chain.schema_text import fingerprint
from ledger.errors import MalformedError
from ledger.limits import ACT_SIZE_BYTES_MAX
from schemas.catalogue import FILE, catalogue_document, catalogue_json, load_catalogue
from schemas.class_rules import is_record
from schemas.loader import FaultyFileError, event_schema_files
from schemas.type_rules import all_faults, read_schemas

TEXT_SIZE_BYTES_MAX: Final = ACT_SIZE_BYTES_MAX - 2_048  # The act's other fields need room too.
_SHOWN_MAX: Final = 60
_REFUSED: Final = "schema refused: "

Refusal = Callable[[Sequence[object]], str | None]


def require_installed_types() -> None:
    """Check the installed event types before a ledger is started with them.

    Raises:
        MalformedError: One has a fault; the message holds the sentences of ``schema check``.
    """
    if found := installed_faults():
        lines = "".join(f"\n  {fault}" for fault in found)
        raise MalformedError(
            f"event types with faults are not published:{lines}", code="SCHEMA_REFUSED"
        )


def installed_faults() -> list[str]:
    """Return every fault of the installed event types, each a sentence with its file."""
    found = all_faults()
    prints: dict[bytes, str] = {}
    files = event_schema_files()
    for pair, text in read_schemas()[1].items():
        refused = list(refusals(json.loads(text)))
        found += [f"{files[pair]}: {fault}" for fault in refused]
        if len(text.encode()) > TEXT_SIZE_BYTES_MAX:
            found.append(f"{files[pair]}: more than {TEXT_SIZE_BYTES_MAX:,} bytes")
        if refused:
            continue
        other = prints.setdefault(fingerprint(text), files[pair])
        if other != files[pair]:
            found.append(f"{files[pair]}: the fingerprint of {other}, no field differs")
    return [*found, *_catalogue_faults()]


def refusals(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the ledger's reader of schemas refuses in a record, field by field.

    A field that is refused is left out for those after it, so the type that it defines is
    unknown to them.
    """
    why = _refusal(schema)
    if why is None:
        return
    rows = schema.get("fields")
    found = []
    if isinstance(rows, list):
        found = list(_field_refusals(rows, lambda kept: _refusal({**schema, "fields": kept})))
    for field, path, fault in found:
        yield f"field {path}: {fault}{_shown(field)}"
    if not found:
        yield why


def _field_refusals(rows: Sequence[object], refusal: Refusal) -> Iterator[tuple[object, str, str]]:
    """Yield (field, path of names, why) for each field that the ones before it cannot stand."""
    kept: list[object] = []
    for number, row in enumerate(rows, start=1):
        why = refusal([*kept, row])
        if why is None:
            kept.append(row)
            continue
        name = str(row.get("name", number)) if isinstance(row, dict) else str(number)
        inner = _inner_record(row)
        deeper = (
            []
            if inner is None
            else list(_field_refusals(inner["fields"], _inside(refusal, tuple(kept), row)))
        )
        for field, path, fault in deeper:
            yield field, f"{name}/{path}", fault
        if not deeper:
            yield row, name, why


def _inside(refusal: Refusal, before: Sequence[object], row: object) -> Refusal:
    """Return the judgement of the fields of the record that ``row`` defines."""
    return lambda part: refusal([*before, _with_rows(row, part)])


def _inner_record(node: Any) -> dict[str, Any] | None:
    """Return the record that a field, union or array defines, None if it defines none."""
    if isinstance(node, list):
        return next((it for it in map(_inner_record, node) if it is not None), None)
    if not isinstance(node, dict):
        return None
    if is_record(node):
        return node if isinstance(node.get("fields"), list) else None
    return _inner_record(node.get("items") or node.get("type"))


def _with_rows(node: Any, rows: Sequence[object]) -> Any:
    """Return a field, union or array with other fields in the record that it defines."""
    inner = _inner_record(node)
    if inner is not None and node is inner:
        return {**inner, "fields": list(rows)}
    if isinstance(node, list):
        return [_with_rows(it, rows) if _inner_record(it) is inner else it for it in node]
    part = "items" if node.get("items") else "type"
    return {**node, part: _with_rows(node[part], rows)}


def _refusal(schema: Mapping[str, Any]) -> str | None:
    try:
        parse_schema(schema)
    except MalformedError as error:
        return str(error).removeprefix(_REFUSED)
    return None


def _shown(field: object) -> str:
    """Return the type of a field where it is short enough to be shown."""
    node = field.get("type") if isinstance(field, dict) else None
    text = json.dumps(node, ensure_ascii=False)
    return f": {text}" if node is not None and len(text) <= _SHOWN_MAX else ""


def _catalogue_faults() -> Iterator[str]:
    """Yield what the ledger knows better: its own types, and how large a published text may be."""
    try:
        rows = catalogue_document()["types"]
    except FaultyFileError:
        return  # Said already.
    for name, columns in rows.items():
        made = isinstance(columns, dict) and columns.get("made_by_ledger") is True
        if made and name not in OWN_TYPES:
            yield f"{FILE}: {name}: made_by_ledger, but the ledger makes no such act"
        if not made and name in OWN_TYPES:
            yield f"{FILE}: {name}: not made_by_ledger, but nobody else makes such an act"
    try:
        size = len(catalogue_json(load_catalogue()).encode())
    except FaultyFileError:
        return
    if size > TEXT_SIZE_BYTES_MAX:
        yield f"{FILE}: more than {TEXT_SIZE_BYTES_MAX:,} bytes when published"
