"""Row 5, item 5.1: 对行政执法全部过程进行记录，并归档保存.

Works when the file of a closed case lists all six stages with at least one event or a recorded
reason for absence, and removing one event from a copy of the stream makes verification fail.
"""

from __future__ import annotations

import json
import shutil

import pytest

from ledger.chain.dossier_check import verify_case_package
from portal.cli.dossier import read_package
from portal.cli.verifying import read_keys
from tests.support.api import ask
from tests.support.running import program, wait_for

pytestmark = pytest.mark.kafka

STAGES = ["启动", "调查取证", "审核", "决定", "送达", "执行"]


def stages_of(ledger, case):
    """The stages as `lianzheng case show` lists them."""
    done = program("case", "show", case, "--data", ledger.data, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_closed_case_lists_the_six_stages_each_accounted_for(anchored):
    """In words and as JSON; each version named is one of the case."""
    assert anchored.closed
    for case in anchored.closed:
        shown = stages_of(anchored, case)
        assert [stage["name"] for stage in shown["stages"]] == STAGES
        for stage in shown["stages"]:
            versions = stage["versions"] or [stage["absence_version"]]
            assert stage["is_accounted_for"], (case, stage)
            assert set(map(int, versions)) <= set(range(1, shown["entries"] + 1)), (case, stage)
        words = program("case", "show", case, "--data", anchored.data).stdout
        assert all(f"  {name}  " in words for name in STAGES)


def test_the_api_lists_the_same_stages(anchored):
    """Also at a moment: of the first version alone only the beginning is there."""
    case = anchored.closed[0]
    url = f"/v1/cases/{case}/state"
    wait_for(lambda: ask(anchored, url, role="clerk").status == 200, 60, "the case's view")
    stages = ask(anchored, url, role="clerk").document["stages"]
    assert stages == stages_of(anchored, case)["stages"]
    early = ask(anchored, url + "?version=1", role="clerk").document["stages"]
    assert [stage["is_accounted_for"] for stage in early] == [True] + 5 * [False]


def test_one_event_removed_from_a_copy_makes_verification_fail(anchored, package, tmp_path):
    """Whichever it is; the program says which is missing."""
    case, folder = package
    files = read_package(folder)
    keys = read_keys(anchored.control_vkey)
    versions = sum(path.startswith("case/entries/") for path in files) // 2
    assert versions == stages_of(anchored, case)["entries"]
    for version in range(1, versions + 1):
        removed = f"case/entries/{version:010d}."
        copy = {path: data for path, data in files.items() if not path.startswith(removed)}
        report = verify_case_package(copy, keys)
        assert report.exit_code == 11, version
        assert all(row.path.startswith(removed) for row in report.findings), version
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for end in ("act", "tlog-proof"):
        (copy / f"case/entries/{versions:010d}.{end}").unlink()
    done = program("verify", "dossier", copy, "--vkey", anchored.control_vkey)
    assert done.returncode == 11
    assert f"case/entries/{versions:010d}.act" in done.stdout
