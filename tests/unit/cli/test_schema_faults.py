"""What `schema check` refuses, the start refuses with the same sentences; a typo is no trace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.running import ROOT, program
from tests.support.small_package import NOISE_ROW

DOUBLE = """{"type": "record", "name": "NoiseMeasured", "namespace": "lianzheng", "cn": "噪声监测",
 "fields": [{"name": "decibel", "cn": "分贝", "class": "P", "type": "double"}]}"""
SENTENCES = [
    "catalogue.yaml: NoiseMeasured: tier 9 is neither 1 nor 2",
    'NoiseMeasured.v1.avsc: field decibel: type unknown or not allowed: "double"',
]


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A copy of the packages with a type that has two faults."""
    copy = tmp_path / "project"
    for package in ("schemas", "ledger", "projections", "consumers", "portal"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    (copy / "schemas" / "NoiseMeasured.v1.avsc").write_text(DOUBLE)
    add_row(copy, NOISE_ROW.replace("tier: 1", "tier: 9"))
    return copy


def add_row(copy: Path, row: str) -> None:
    with (copy / "schemas" / "catalogue.yaml").open("a") as file:
        file.write(f"  NoiseMeasured: {row}\n")


def test_check_and_start_say_the_same(faulty: Path, tmp_path: Path) -> None:
    """Exit 2 from each; no ledger is begun, so no log ever says that it refused something."""
    data = tmp_path / "data"
    checked = program("schema", "check", root=faulty)
    assert (checked.returncode, checked.stdout.splitlines()) == (2, SENTENCES)

    for words in (("up", "--http", "127.0.0.1:0"), ("ledger", "create")):
        started = program(*words, "--data", data, root=faulty)
        assert started.returncode == 2, started.stderr
        assert [line.strip() for line in started.stderr.splitlines()[1:]] == SENTENCES
    assert not data.exists()


@pytest.mark.parametrize("words", [("schema", "list"), ("schema", "check"), ("generate",)])
def test_a_missing_column_is_a_sentence_in_every_command(
    faulty: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Whoever reads the catalogue names file, row and column."""
    add_row(faulty, NOISE_ROW.replace(", tier: 1", ""))
    out = ("-o", str(tmp_path / "x.avro"), "--cases", "1") if words == ("generate",) else ()

    done = program(*words, *out, root=faulty)

    assert done.returncode == 2
    assert "catalogue.yaml: NoiseMeasured: no column tier" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
