"""A new event type from the command line: what is written has no fault, what has one is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.domain.installed_types import installed_faults
from ledger.errors import MalformedError
from portal.programs.new_type import write_new_type
from schemas import loader
from schemas.catalogue import load_catalogue
from schemas.new_type import NewRow
from tests.support.small_package import SmallPackage, make_small_package

ROW = NewRow("气味监测", "Case", "matter", "case", ("AGY",), 1)
FIELDS = [
    "level:级别:P:int",
    "device:设备编号:I:string:^[A-Z:]{1,32}$",
    "note:说明:S:commitment?",
    "witness:证人:S:commitment",
    "measuredAt:监测时间:I:instant",
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallPackage]:
    yield make_small_package(tmp_path / "schemas", monkeypatch)
    loader.schema_text.cache_clear()
    loader.symbol_words.cache_clear()


def test_what_is_written_has_no_fault(package: SmallPackage) -> None:
    written = write_new_type(package.folder, "OdourMeasured", FIELDS, ROW, "odour 1")
    loader.schema_text.cache_clear()
    assert [it.name for it in written] == ["OdourMeasured.v1.avsc", "catalogue.yaml"]
    assert installed_faults() == []
    catalogue = load_catalogue()
    assert catalogue.version == "odour 1"
    assert catalogue.rows["OdourMeasured"].emitters == ("AGY",)
    fields = {it["name"]: it for it in json.loads(written[0].read_text())["fields"]}
    assert fields["device"]["pattern"] == "^[A-Z:]{1,32}$"
    assert fields["note"]["type"][1]["name"] == fields["witness"]["type"] == "Commitment"
    assert not list(package.folder.glob(".*"))


@pytest.mark.parametrize(
    ("name", "fields", "row", "fault"),
    [
        ("odour", FIELDS, ROW, "odour is no name such as NoiseMeasured"),
        ("Odour", [], ROW, "a type has one field or more"),
        ("Odour", ["level:级别:P:float"], ROW, "level:级别:P:float is no NAME"),
        ("Odour", ["level"], ROW, "level is no NAME"),
        ("Odour", ["level::P:int"], ROW, "is no Chinese term"),
        ("Odour", ["level:级别:Q:int"], ROW, "no class of P, I, X, S"),
        ("Odour", ["text:文字:I:string"], ROW, "an I string without a pattern"),
        ("Odour", FIELDS, ROW._replace(cn="a: {b}"), "is no Chinese term"),
        ("Odour", FIELDS, ROW._replace(emitters=("XYZ",)), "emitter XYZ is none of"),
        ("Odour", FIELDS, ROW._replace(emitters=()), "emitters is empty"),
        ("Odour", FIELDS, ROW._replace(stream="nowhere"), "stream nowhere is none of"),
        ("NoiseMeasured", FIELDS, ROW, "is there already"),
    ],
)
def test_of_a_faulty_type_nothing_is_written(
    package: SmallPackage, name: str, fields: list[str], row: NewRow, fault: str
) -> None:
    before = {it.name: it.read_bytes() for it in package.folder.iterdir() if it.is_file()}
    with pytest.raises(MalformedError, match=fault):
        write_new_type(package.folder, name, fields, row, "2")
    assert before == {it.name: it.read_bytes() for it in package.folder.iterdir() if it.is_file()}
