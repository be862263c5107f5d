"""Every rule about the installed event types that this package can judge by itself.

What the ledger's own reader of schemas refuses comes on top: ``ledger/domain/installed_types.py``.

Read before: ``schemas/class_rules.py``. Read next: ``schemas/compatibility.py``.
Trusts: nothing; each fault is one sentence that begins with its file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.catalogue import FILE, catalogue_document
from schemas.catalogue_rules import column_faults, row_faults, rows_twice
from schemas.class_rules import faults, named_types, public_faults
from schemas.compatibility import check_all
from schemas.loader import (
    ENVELOPE_FILES,
    FaultyFileError,
    event_schema_files,
    file_json,
    rule_set_text,
    schema_files,
    schema_text,
    symbol_words,
)
from schemas.machine_tables import machine_faults

NAMESPACE = "lianzheng"


def all_faults() -> list[str]:
    """Return every fault of the installed event types; files that are no JSON are named first."""
    found, schemas = read_schemas()
    for (event_type, version), file in event_schema_files().items():
        if (event_type, version) in schemas:
            found += [f"{file}: {fault}" for fault in _file_faults(event_type, file)]
    return [
        *found,
        *_other_files(),
        *_catalogue_faults(schemas),
        *_symbols(),
        *_machines(),
        *check_all(schemas),
    ]


def read_schemas() -> tuple[list[str], dict[tuple[str, int], str]]:
    """Return the faults of the files that are no JSON object, and the texts of the others."""
    found, texts = [], {}
    for pair, file in event_schema_files().items():
        try:
            schema = file_json(file)
        except FaultyFileError as error:
            found.append(str(error))
            continue
        if isinstance(schema, dict) and schema.get("type") == "record":
            texts[pair] = schema_text(file)
        else:
            found.append(f"{file}: not a record")
    return found, texts


def _file_faults(event_type: str, file: str) -> Iterator[str]:
    schema = file_json(file)
    if schema.get("name") != event_type:
        yield f"name is {schema.get('name')}, not that of the file"
    if schema.get("namespace") != NAMESPACE:
        yield f"namespace is not {NAMESPACE}"
    yield from faults(schema_text(file))


def _other_files() -> Iterator[str]:
    """Yield files that nothing would ever publish, and published ones that were edited."""
    names, events = schema_files(), set(event_schema_files().values())
    for file in names:
        if file not in events and file not in ENVELOPE_FILES:
            yield f"{file}: the name of an event type's file is Type.v1.avsc"
    for file, digest in file_json("fingerprints.json").items():
        if file not in names:
            yield f"{file}: published, and gone"
        elif hashlib.sha256(schema_text(file).encode()).hexdigest() != digest:
            yield f"{file}: published, and edited since; a change is a new version (v2)"


def _catalogue_faults(schemas: Mapping[tuple[str, int], str]) -> list[str]:
    try:
        document = catalogue_document()
        gates = json.loads(rule_set_text())["gates"]
    except FaultyFileError as error:
        return [str(error)]
    found = [f"{name} has two rows" for name in rows_twice(schema_text(FILE))]
    if not _is_day(document["effective_from"]):
        found.append("effective_from is not a day, YYYY-MM-DD")
    typed = {event_type for event_type, _ in event_schema_files()}
    rows: Mapping[Any, Any] = document["types"]
    found += [f"no row for {name}" for name in sorted(typed - set(rows))]
    for name, columns in rows.items():
        if name not in typed:
            found.append(f"{name}: a row without a schema")
        faulty = column_faults(columns) or row_faults(columns, gates)
        found += [f"{name}: {fault}" for fault in faulty]
        if not column_faults(columns):
            found += [f"{name}: {fault}" for fault in _against_schemas(name, columns, schemas)]
    return [f"{FILE}: {fault}" for fault in found]


def _against_schemas(
    name: str, columns: Mapping[str, Any], schemas: Mapping[tuple[str, int], str]
) -> Iterator[str]:
    """Yield where a row says something else than the schemas of its type."""
    for (event_type, version), text in schemas.items():
        if event_type != name:
            continue
        term = json.loads(text).get("cn")
        if term != columns["cn"]:
            yield f"cn is {columns['cn']}, in {name}.v{version}.avsc it is {term}"
        if columns.get("public"):
            yield from (f"public: v{version}, {fault}" for fault in public_faults(text))


def _machines() -> list[str]:
    try:
        rules, types = json.loads(rule_set_text())["violations"], catalogue_document()["types"]
    except FaultyFileError:
        return []  # Said already.
    return machine_faults(types, rules)


def _is_day(value: object) -> bool:
    try:
        dt.date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _symbols() -> list[str]:
    try:
        words: Any = symbol_words()
    except FaultyFileError as error:
        return [str(error)]
    if not isinstance(words, dict) or not all(isinstance(it, dict) for it in words.values()):
        return ['symbols.json: each enum has its words, {"Enum": {"SYMBOL": "字"}}']
    return symbol_faults(words)


def symbol_faults(words: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return each symbol of an installed enum that pages have no Chinese word for."""
    texts = [*read_schemas()[1].values(), *map(schema_text, ENVELOPE_FILES)]
    enums = {
        (str(named["name"]), str(symbol))
        for text in texts
        for named in named_types(json.loads(text))
        for symbol in _symbols_of(named)
    }
    return [
        f"symbols.json: {name}: no word for {symbol}"
        for name, symbol in sorted(enums)
        if not words.get(name, {}).get(symbol)
    ]


def _symbols_of(named: Mapping[str, Any]) -> list[Any]:
    symbols = named.get("symbols")
    return symbols if isinstance(symbols, list) else []
