"""``verify dossier`` in words and as JSON: verdicts, exit codes, and what is no package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.chain.dossier import CASE
from ledger.chain.entry import decode_entry
from ledger.errors import MalformedError
from portal.cli import dossier
from portal.cli.dossier import FOLDER_DEPTH_MAX, read_package
from tests.support.commands import command
from tests.support.logs import signer
from tests.support.packages import CASE_ID, PackageLedger

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "case-package"
ACT = "case/entries/0000000002.act"


@pytest.fixture
def vkey(tmp_path):
    file = tmp_path / "control.vkey"
    file.write_text(signer("ledger.example/control").vkey + "\n")
    return file


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(GOLDEN, tmp_path / "package")


def test_a_package_is_proved_in_words_and_as_json(package, vkey):
    said = command("verify", "dossier", package, "--vkey", vkey)
    assert said.returncode == 0
    first, second = said.stdout.splitlines()
    assert first == f"proved: {CASE_ID}, 3 entries of ledger.example/log/0 (size 7)"
    assert second.startswith("  none was left out below size 7, anchored 2026-11-0")
    report = json.loads(command("verify", "dossier", package, "--vkey", vkey, "--json").stdout)
    assert (report["exit_code"], report["entries"], report["findings"]) == (0, "3", [])
    assert report["anchored_at"].startswith("2026-11-0")


def test_keys_may_come_in_several_files(package, vkey, tmp_path):
    other = tmp_path / "log.vkey"
    other.write_text(signer("ledger.example/log/0").vkey + "\n")
    words = ("verify", "dossier", package, "--vkey", other)
    assert command(*words).returncode == 12
    assert command(*words, "--vkey", vkey).returncode == 0


def test_what_was_changed_is_named(package, vkey):
    data = bytearray((package / ACT).read_bytes())
    data[40] ^= 1
    (package / ACT).write_bytes(data)
    said = command("verify", "dossier", package, "--vkey", vkey)
    assert said.returncode == 10
    assert said.stdout.startswith(f"TAMPERED: {CASE_ID}, 2 entries")
    assert ACT in said.stdout
    assert f"({CASE_ID})" in said.stdout


def test_what_was_removed_is_named(package, vkey):
    (package / ACT).unlink()
    said = command("verify", "dossier", package, "--vkey", vkey)
    assert said.returncode == 11
    assert said.stdout.startswith("INCOMPLETE: ")
    assert said.stdout.splitlines()[1:] == [f"  missing: {ACT}: the manifest lists it"]


def test_another_ledgers_key_is_not_trusted(package, tmp_path):
    other = tmp_path / "other.vkey"
    other.write_text(signer("other.example/control").vkey + "\n")
    said = command("verify", "dossier", package, "--vkey", other)
    assert (said.returncode, said.stdout.split(":")[0]) == (12, "NOT TRUSTED")


def test_mistakes_are_no_findings(package, vkey, tmp_path):
    """No package: exit 2. No key file: exit 3."""
    assert command("verify", "dossier", tmp_path / "none", "--vkey", vkey).returncode == 2
    missing = command("verify", "dossier", package, "--vkey", tmp_path / "none.vkey")
    assert missing.returncode == 3


def test_a_checkpoint_newer_than_the_anchor_does_not_pass_for_completeness(tmp_path, vkey):
    """An old anchor under a new checkpoint: all is proven, and how far it goes is said."""
    ledger = PackageLedger()
    ledger.anchor()
    anchored = ledger.anchors[CASE][1]
    ledger.act(4)
    shown = {
        index: data
        for index, data in enumerate(ledger.case.entries[:anchored])
        if decode_entry(data).stream_id == CASE_ID
    }
    for path, data in ledger.package(CASE_ID, case=shown).items():
        (tmp_path / "p" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / path).write_bytes(data)
    said = command("verify", "dossier", tmp_path / "p", "--vkey", vkey)
    assert said.returncode == 0
    assert said.stdout.splitlines()[2] == (
        f"  entries {anchored} to {anchored + 3} of the log were not anchored: "
        "a newer package may have more of the case"
    )


def test_folders_in_folders_are_no_package(package, vkey):
    """However deep they go, it is a sentence and exit 2: the walk ends before the stack does."""
    inner = package.joinpath(*["a"] * (FOLDER_DEPTH_MAX + 1))
    inner.parent.mkdir(parents=True)
    assert command("verify", "dossier", package, "--vkey", vkey).returncode == 0
    inner.mkdir()
    said = command("verify", "dossier", package, "--vkey", vkey)
    assert (said.returncode, said.stdout) == (2, "")
    assert "too deep" in said.stderr


def test_a_path_steers_no_terminal(package, vkey):
    """The manifest is its author's; nothing of it clears a screen or forges a line."""
    manifest = package / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"case/checkpoint"', '"x\\u001b[2Jproved: all\\n"', 1))
    said = command("verify", "dossier", package, "--vkey", vkey)
    assert said.returncode in (10, 11)
    assert "\x1b" not in said.stdout
    assert not any(line.startswith("proved") for line in said.stdout.splitlines())
    assert "x\\x1b[2Jproved: all\\n" in said.stdout


@pytest.mark.parametrize(
    ("bound", "value"),
    [("FILES_MAX", 3), ("PACKAGE_SIZE_BYTES_MAX", 2_000), ("FILE_SIZE_BYTES_MAX", 9)],
)
def test_a_folder_that_is_too_large_is_no_package(package, monkeypatch, bound, value):
    assert read_package(package)
    monkeypatch.setattr(dossier, bound, value)
    with pytest.raises(MalformedError, match="too large"):
        read_package(package)
