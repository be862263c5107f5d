"""`lianzheng schema check` names each fault that the how-to speaks of, with its file and place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.append.bootstrap import missing_records
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.domain.control_changes import CHANGES
from ledger.domain.installed_types import installed_faults
from ledger.errors import MalformedError
from schemas import loader
from schemas.catalogue import load_catalogue
from schemas.loader import FaultyFileError
from tests.support.control import PLATFORM, ledger_created, make_act, signer
from tests.support.small_package import COMMITMENT, NOISE, SmallPackage, make_small_package

FILE = "NoiseMeasured.v1.avsc"
ROW = {"cn": "噪声监测", "aggregate": "Case", "stream": "matter", "log": "case"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallPackage]:
    yield make_small_package(tmp_path / "schemas", monkeypatch)
    loader.schema_text.cache_clear()
    loader.symbol_words.cache_clear()


def row(**changes: Any) -> str:
    """Return the new type's row with some columns changed; None leaves one out."""
    columns = {**ROW, "emitters": ["AGY"], "tier": 1, **changes}
    kept = {name: value for name, value in columns.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False)


def test_the_small_package_has_no_fault(package: SmallPackage) -> None:
    """Else the tests below would find what they did not make."""
    assert installed_faults() == []


FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"type": "double"}, 'field place: type unknown or not allowed: "double"'),
    ({"type": "float"}, 'field place: type unknown or not allowed: "float"'),
    ({"type": "strnig"}, 'field place: type unknown or not allowed: "strnig"'),
    ({"type": {"type": "map", "values": "int"}}, "field place: type unknown or not allowed"),
    ({"type": ["int", "string"]}, 'field place: a union is ["null", T]: ["int", "string"]'),
    ({"type": ["null", {**COMMITMENT, "size": 31}]}, "field place: a commitment has 32 bytes"),
    ({"pattern": "^[A-Z$"}, 'field place: malformed pattern: "string"'),
    ({"pattern": "[A-Z]"}, "field place: a pattern that is not anchored with ^ and $"),
    ({"pattern": None}, "field place: an I string without a pattern"),
    ({"pattern": None, "type": {"type": "string"}}, "field place: an I string without a pattern"),
    ({"class": "S"}, "field place: an S field that is no commitment"),
    ({"class": "Q"}, "field place: no class of P, I, X, S"),
    ({"class": ["P"]}, "field place: class is a text"),
    ({"cn": ""}, "field place: no cn"),
    ({"name": "the place"}, "field the place: malformed field name"),
    ({"type": None}, "field place: a type is a name, an object or a union"),
    ({"type": {"type": "array"}}, "field place: a type is a name, an object or a union"),
    ({"type": {"type": "enum", "name": "Kind", "symbols": []}}, "field place: an enum has symbols"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "fault"), FIELDS, ids=[fault for _, fault in FIELDS])
def test_a_faulty_field_is_named(
    package: SmallPackage, changes: dict[str, Any], fault: str
) -> None:
    """File, field and what is wrong, for whatever the ledger or the class rules refuse."""
    package.put_field(**changes)

    assert any(found.startswith(f"{FILE}: {fault}") for found in installed_faults())


def test_a_field_in_a_record_in_an_array_is_named_by_its_path(package: SmallPackage) -> None:
    """And a second fault beside it too."""
    inner = {
        "type": "record",
        "name": "Reading",
        "cn": "读数",
        "fields": [
            {"name": "at", "cn": "时间", "class": "P", "type": "long"},
            {"name": "level", "cn": "级", "class": "P", "type": "double"},
        ],
    }
    readings = {
        "name": "readings",
        "cn": "读数",
        "class": "P",
        "type": {"type": "array", "items": inner},
    }
    last = {"name": "last", "cn": "末", "class": "P", "type": "float"}
    package.put({**NOISE, "fields": [readings, *NOISE["fields"], last]})

    assert installed_faults() == [
        f'{FILE}: field readings/level: type unknown or not allowed: "double"',
        f'{FILE}: field last: type unknown or not allowed: "float"',
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "NoiseMesured"}, "name is NoiseMesured, not that of the file"),
        ({"namespace": "elsewhere"}, "namespace is not lianzheng"),
        ({"cn": None}, "NoiseMeasured: no cn"),
        ({"type": "enum"}, "not a record"),
        ({"fields": []}, "a record has fields"),
        ({"fields": "none"}, "a record has fields"),
    ],
)
def test_a_faulty_record_is_named(
    package: SmallPackage, changes: dict[str, Any], fault: str
) -> None:
    package.put({**NOISE, **changes})

    assert f"{FILE}: {fault}" in installed_faults()


LAW = {"preconditions": ["V-PROC-02", "D-REC-02"], "starts": ["D-DIS-01a"], "resumes": ["D-PEN-02"]}
ROWS = [
    (row(emitters=["ABC"]), "NoiseMeasured: emitter ABC is none of AGY, "),
    (row(emitters=[]), "NoiseMeasured: emitters is empty"),
    (row(emitters=["AGY", "AGY"]), "NoiseMeasured: emitters names one twice"),
    (row(emitters="AGY"), "NoiseMeasured: emitters is not a list, such as [AGY, SUP]"),
    (row(stream="banana"), "NoiseMeasured: stream banana is none of matter, "),
    (row(stream="agency"), "NoiseMeasured: stream agency is none of matter, "),
    (row(log="control"), "NoiseMeasured: stream matter is none of agency, "),
    (row(log="nowhere"), "NoiseMeasured: log nowhere is none of control, case, target"),
    (row(starts="D-PEN-01"), "NoiseMeasured: starts is not a list, such as [D-PEN-01]"),
    (row(starts=["PEN-01"]), "NoiseMeasured: starts: PEN-01 is no id such as D-PEN-01"),
    (row(starts=["V-PROC-02"]), "NoiseMeasured: starts: V-PROC-02 is no id such as D-PEN-01"),
    (row(preconditions=["V-PROC-2"]), "NoiseMeasured: preconditions: V-PROC-2 is no id such as V-"),
    (row(pauses=["D-PEN-02", "D-PEN-02"]), "NoiseMeasured: pauses names one twice"),
    (row(gate="nogate"), "NoiseMeasured: gate nogate is none of the rule set: "),
    (row(tier=9), "NoiseMeasured: tier 9 is neither 1 nor 2"),
    (row(tier=True), "NoiseMeasured: tier is not a number"),
    (row(tier=None), "NoiseMeasured: no column tier"),
    (row(stream=None), "NoiseMeasured: no column stream"),
    (row(colour="red"), "NoiseMeasured: unknown column colour"),
    (row(public="yes"), "NoiseMeasured: public is not true or false"),
    (row(public=True), "NoiseMeasured: public: v1, field place: class I in a public type"),
    (row(made_by_ledger=True), "NoiseMeasured: made_by_ledger, but the ledger makes no such act"),
    (row(cn="噪音"), "NoiseMeasured: cn is 噪音, in NoiseMeasured.v1.avsc it is 噪声监测"),
    (row(aggregate="the case"), "NoiseMeasured: aggregate the case is no word such as Case"),
    ("[cn, 噪声监测]", "NoiseMeasured: a row is {cn: ..., "),
    (f"{row()}\n  CaseClosed: {row()}", "CaseClosed has two rows"),
    (f"{row()}\n  Nothing: {row()}", "Nothing: a row without a schema"),
    ("{cn: 噪声监测, aggregate: Case", "not YAML, line "),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), ROWS, ids=[fault for _, fault in ROWS])
def test_a_faulty_row_is_named(package: SmallPackage, text: str, fault: str) -> None:
    """Every word of a row is known, and `public` is true of its fields."""
    package.put_row(text)

    found = installed_faults()

    assert [it for it in found if it.startswith(f"catalogue.yaml: {fault}")], found
    assert not any("wrong columns" in it for it in found)


def test_a_row_says_which_rules_and_deadlines_concern_its_type(package: SmallPackage) -> None:
    """Over several lines too, which the list of types with two rows is not confused by."""
    package.put_row(row(**LAW).replace("], ", "],\n    "))

    assert installed_faults() == []
    named = load_catalogue().rows["NoiseMeasured"].law.named()
    assert named == {name: tuple(ids) for name, ids in LAW.items()}


def test_a_missing_row_is_named(package: SmallPackage) -> None:
    package.write("catalogue.yaml", package.read("catalogue.yaml").partition("  NoiseMeasured")[0])

    assert installed_faults() == ["catalogue.yaml: no row for NoiseMeasured"]


@pytest.mark.parametrize("head", ["version: '1'\n", "just words", "", "types: {}\nversion: 1\n"])
def test_a_catalogue_without_its_parts_is_one_sentence(package: SmallPackage, head: str) -> None:
    package.write("catalogue.yaml", head)

    assert "catalogue.yaml: its parts are version, effective_from and types" in installed_faults()


def test_a_first_day_that_is_none_is_named(package: SmallPackage) -> None:
    text = package.read("catalogue.yaml").replace(
        "effective_from: 2025-01-01", "effective_from: soon"
    )
    package.write("catalogue.yaml", text)

    assert installed_faults() == ["catalogue.yaml: effective_from is not a day, YYYY-MM-DD"]


@pytest.mark.parametrize("file", [FILE, "symbols.json"])
def test_a_missing_comma_is_named_with_its_line(package: SmallPackage, file: str) -> None:
    package.write(file, package.read(file).replace(",", "", 1))

    assert [it for it in installed_faults() if it.startswith(f"{file}: not JSON, line ")]


@pytest.mark.parametrize("file", [FILE, "catalogue.yaml"])
def test_a_character_left_out_is_no_trace(package: SmallPackage, file: str) -> None:
    """Every seventh is tried: each slip is told in sentences, or is no fault."""
    text = package.read(file)
    start = text.find("NoiseMeasured")

    for place in range(start, len(text), 7):
        package.write(file, text[:place] + text[place + 1 :])
        assert all("\n" not in fault for fault in installed_faults()), place


@pytest.mark.parametrize("file", ["noiseMeasured.v1.avsc", "NoiseSeen.avsc", "NoiseSeen.v01.avsc"])
def test_a_file_that_nothing_would_publish_is_named(package: SmallPackage, file: str) -> None:
    package.put(NOISE, file)

    assert installed_faults() == [f"{file}: the name of an event type's file is Type.v1.avsc"]


def test_a_published_file_that_was_edited_is_named(package: SmallPackage) -> None:
    package.write("CaseClosed.v1.avsc", package.read("CaseClosed.v1.avsc") + " ")

    fault = "CaseClosed.v1.avsc: published, and edited since; a change is a new version (v2)"
    assert installed_faults() == [fault]


def test_a_version_that_differs_in_words_only_is_named(package: SmallPackage) -> None:
    """The control log would refuse another text under a known fingerprint."""
    package.put({**NOISE, "doc": "the same fields"}, "NoiseMeasured.v2.avsc")

    same = "NoiseMeasured.v2.avsc: the fingerprint of NoiseMeasured.v1.avsc, no field differs"
    assert installed_faults() == [same]


def test_a_version_that_does_not_read_the_first_is_named(package: SmallPackage) -> None:
    more = {"name": "more", "cn": "另", "class": "P", "type": "int"}
    package.put({**NOISE, "fields": [*NOISE["fields"], more]}, "NoiseMeasured.v2.avsc")

    assert [
        it for it in installed_faults() if it.startswith("NoiseMeasured.v2.avsc: cannot read v1")
    ]


def test_a_symbol_without_a_word_is_named(package: SmallPackage) -> None:
    package.put_field(type={"type": "enum", "name": "Kind", "symbols": ["LOUD"]}, **{"class": "P"})

    assert installed_faults() == ["symbols.json: Kind: no word for LOUD"]


def test_a_reader_of_a_faulty_catalogue_gets_one_sentence(package: SmallPackage) -> None:
    """`schema list` and whatever else reads it."""
    package.put_row(row(tier=None))

    with pytest.raises(FaultyFileError, match=r"^catalogue.yaml: NoiseMeasured: no column tier; "):
        load_catalogue()


def test_nothing_is_published_of_a_package_with_a_fault(package: SmallPackage) -> None:
    """The appender stops with the sentences, and sends nothing that would be refused each time."""
    state = ControlState()
    created = ledger_created()
    CHANGES["LedgerCreated"](state, make_act("LedgerCreated", "ledger"), created)
    arguments = (state, signer(PLATFORM), {}, SystemClock(), system_random)
    assert missing_records(*arguments)

    package.put_field(type="double")
    with pytest.raises(MalformedError, match=f"{FILE}: field place: type unknown or not allowed"):
        missing_records(*arguments)
    package.write(FILE, package.read(FILE).replace(",", "", 1))
    with pytest.raises(MalformedError, match=f"{FILE}: not JSON, line 1"):
        missing_records(*arguments)
