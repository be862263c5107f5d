"""A copy of ``schemas`` with a handful of event types, for tests that break one of its files."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import schemas
from schemas import loader

KEPT = (
    "CaseClosed.v1.avsc",
    "CalendarVersionPublished.v1.avsc",
    "CatalogueVersionPublished.v1.avsc",
    "LedgerCreated.v1.avsc",
    "RuleSetPublished.v1.avsc",
    "SchemaPublished.v1.avsc",
)
COMMITMENT = {"type": "fixed", "name": "Commitment", "size": 32}
NOISE: dict[str, Any] = {
    "type": "record",
    "name": "NoiseMeasured",
    "namespace": "lianzheng",
    "cn": "噪声监测",
    "fields": [
        {"name": "decibelTenths", "cn": "分贝（十分之一）", "class": "P", "type": "int"},
        {"name": "place", "cn": "地点", "class": "I", "pattern": "^[A-Z]{2}$", "type": "string"},
        {"name": "note", "cn": "说明", "class": "S", "type": ["null", COMMITMENT]},
    ],
}
NOISE_ROW = "{cn: 噪声监测, aggregate: Case, stream: matter, log: case, emitters: [AGY], tier: 1}"


class SmallPackage:
    """The folder that ``schemas.loader`` reads instead of the installed one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, file: str, text: str) -> None:
        """Replace a file."""
        (self.folder / file).write_text(text, encoding="utf-8")
        loader.schema_text.cache_clear()
        loader.symbol_words.cache_clear()

    def read(self, file: str) -> str:
        """Return the text of a file."""
        return (self.folder / file).read_text(encoding="utf-8")

    def put(self, schema: dict[str, Any], file: str = "NoiseMeasured.v1.avsc") -> None:
        """Write a schema."""
        self.write(file, json.dumps(schema, ensure_ascii=False))

    def put_field(self, **changes: Any) -> None:
        """Write the new type with the second field changed."""
        first, second, third = NOISE["fields"]
        self.put({**NOISE, "fields": [first, {**second, **changes}, third]})

    def put_row(self, row: str, name: str = "NoiseMeasured") -> None:
        """Replace the row of a type."""
        text = self.read("catalogue.yaml")
        self.write("catalogue.yaml", re.sub(rf"(?m)^  {name}: .*$", f"  {name}: {row}", text))


def make_small_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SmallPackage:
    """Copy what is needed of the package, add ``NoiseMeasured``, and have the loader read it."""
    source = Path(schemas.__file__).parent
    events = set(loader.event_schema_files().values()) - set(KEPT)
    left_out = events | {Path(it).name for it in loader.files_below("machines", ".yaml")}
    shutil.copytree(
        source, folder, ignore=lambda _folder, names: [it for it in names if it in left_out]
    )
    head, rows = (folder / "catalogue.yaml").read_text(encoding="utf-8").split("\ntypes:\n")
    names = [file.partition(".")[0] for file in KEPT]
    # A row goes on over lines that are indented deeper.
    kept = re.findall(rf"(?m)^  (?:{'|'.join(names)}): .*(?:\n    .*)*", rows)
    table = "\n".join([f"{head}\ntypes:", *kept, f"  NoiseMeasured: {NOISE_ROW}\n"])
    monkeypatch.setattr(loader, "files", lambda _package: folder)
    package = SmallPackage(folder)
    package.write("catalogue.yaml", table)
    digests = {it: hashlib.sha256(package.read(it).encode()).hexdigest() for it in KEPT}
    package.write("fingerprints.json", json.dumps(digests))
    package.put(NOISE)
    return package
