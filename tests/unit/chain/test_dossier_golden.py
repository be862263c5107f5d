"""The golden case package: its bytes stay, and a reader that shares nothing with us accepts it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.chain.dossier_check import verify_case_package
from portal.cli.dossier import read_package
from tests.support import stranger
from tests.support.logs import signer
from tests.support.packages import CASE_ID, PackageLedger

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "case-package"
CONTROL_KEY = signer("ledger.example/control")


def test_the_same_ledger_gives_the_golden_package():
    """Byte by byte, now and twice."""
    for _ in range(2):
        ledger = PackageLedger()
        ledger.anchor()
        assert ledger.package() == read_package(GOLDEN)


def test_the_golden_package_is_proved():
    report = verify_case_package(read_package(GOLDEN), [CONTROL_KEY.key])
    assert (report.findings, report.stream) == ((), CASE_ID)


def test_a_stranger_accepts_the_golden_package():
    assert stranger.check(GOLDEN, CONTROL_KEY.vkey)["stream"] == CASE_ID


@pytest.mark.parametrize(
    "name",
    ["case/entries/0000000002.act", "case/heads.json", "control/checkpoint", "manifest.json"],
)
def test_a_stranger_refuses_another_byte(tmp_path, name):
    """Else acceptance would say nothing."""
    folder = tmp_path / "package"
    shutil.copytree(GOLDEN, folder)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises((AssertionError, ValueError, KeyError)):
        stranger.check(folder, CONTROL_KEY.vkey)
