"""The ledger's codec and fingerprint take every schema; a new type needs no Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import fastavro
import pytest

import schemas
from ledger.chain.avro import compile_codec
from ledger.chain.schema_text import canonical_form, fingerprint
from schemas.loader import event_schema_files, event_schemas, schema_files, schema_text


@pytest.mark.parametrize("file", schema_files())
def test_fingerprints_agree_with_another_implementation(file: str) -> None:
    """Canonical form and CRC-64-AVRO, byte for byte as fastavro computes them."""
    text = schema_text(file)
    canonical = fastavro.schema.to_parsing_canonical_form(json.loads(text))
    assert canonical_form(text) == canonical
    # fastavro writes the 64-bit number with its most significant byte last, as a header does.
    assert fingerprint(text).hex() == fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")


def test_fingerprints_are_distinct() -> None:
    """Two types of one shape would still differ by their names."""
    prints = {fingerprint(text) for text in event_schemas().values()}
    assert len(prints) == len(event_schemas())


@pytest.mark.parametrize("file", list(event_schema_files().values()))
def test_the_ledgers_codec_takes_it(file: str) -> None:
    """Field metadata is there for the checks of class and pattern."""
    codec = compile_codec(schema_text(file))
    names = {field["name"] for field in json.loads(schema_text(file))["fields"]}
    assert {info.pointer[1:] for info in codec.fields() if info.pointer.count("/") == 1} == names


def test_a_new_type_is_a_file_and_a_row(tmp_path: Path) -> None:
    """A copy of the package with both, and not a line of Python changed, knows the type."""
    package = tmp_path / "schemas"
    shutil.copytree(Path(schemas.__file__).parent, package)
    text = schema_text("CaseClosed.v1.avsc").replace("CaseClosed", "CaseSpotChecked")
    (package / "CaseSpotChecked.v1.avsc").write_text(text, encoding="utf-8")
    row = "{cn: 结案, aggregate: Case, stream: matter, log: case, emitters: [SUP], tier: 2}"
    with (package / "catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write(f"  CaseSpotChecked: {row}\n")
    program = (
        "from schemas.catalogue import *; from schemas.loader import *;"
        "c = parse_catalogue_json(catalogue_json(load_catalogue()));"
        "print(c.rows['CaseSpotChecked'].emitters, ('CaseSpotChecked', 1) in event_schemas())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "('SUP',) True\n"
