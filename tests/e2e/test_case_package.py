"""Case packages of a running ledger: anchored by the clock, whole, the same twice."""

import json
from pathlib import Path

import pytest

from consumers.append.control_follower import ControlFollower
from consumers.generate.reading import first_decided_case
from consumers.kafka_client import KafkaAddress
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from portal.anchor_timer import AnchorTimer
from portal.programs.files import platform_signer
from portal.programs.owner import owner_url
from portal.programs.proofs import promised_trees
from tests.support.running import program

pytestmark = pytest.mark.kafka
DAY_MICROS = 86_400_000_000


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def export(ledger, case, folder):
    return program("case", "export", case, folder, "--data", ledger.data)


def test_a_case_is_anchored_exported_verified_and_tampered_with(seeded, tmp_path):
    """One story: each step needs the anchor of the one before."""
    case, vkey = first_decided_case(seeded.file), seeded.run["logs"][0]["vkey_file"]
    anchor_by_the_clock(seeded)
    again = program("ledger", "anchor", "--data", seeded.data, "--json")
    assert json.loads(again.stdout) == {"anchored": []}
    whole = verify_case_log(seeded, tmp_path)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    (tmp_path / "vkeys").unlink()

    one, two = tmp_path / "one", tmp_path / "two"
    two.mkdir()  # An empty folder will do.
    for folder in (one, two):
        done = export(seeded, case, folder)
        assert done.returncode == 0, done.stderr
        assert program("verify", "dossier", folder, "--vkey", vkey).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    checkpoints = {
        path: (one / path).read_bytes() for path in ("case/checkpoint", "control/checkpoint")
    }
    if all((two / path).read_bytes() == note for path, note in checkpoints.items()):
        assert files_of(one) == files_of(two)
    full = export(seeded, case, one)
    assert full.returncode == 2
    assert "is not empty" in full.stderr

    act = two / "case/entries/0000000002.act"
    act.write_bytes(act.read_bytes()[:-1] + b"\xff")
    found = program("verify", "dossier", two, "--vkey", vkey, "--json")
    assert found.returncode == 10
    rows = json.loads(found.stdout)["findings"]
    assert {row["path"] for row in rows if "path" in row} >= {"case/entries/0000000002.act"}
    assert any(row.get("leaf_index") is not None and row.get("stream") == case for row in rows)


def anchor_by_the_clock(ledger):
    """Let the portal's timer find two days gone, with the portal's rights in the database."""
    datastore = open_datastore(owner_url(ledger.data, "portal"))
    try:
        trees = promised_trees(ledger.data)
        recorders = {log: LedgerRecorder.for_log(datastore, log) for log in trees}
        proven = {log: ProvenLog(recorders[log], tree) for log, tree in trees.items()}
        later = ControlFollower(proven[CONTROL]).follow_promise().copy()
        later.received_at += 2 * DAY_MICROS
        signer, kafka = platform_signer(ledger.data), KafkaAddress(ledger.run["kafka"])
        timer = AnchorTimer(24, recorders, proven, lambda: later, signer, kafka)
        timer.anchor_if_due()
    finally:
        datastore.close()


def verify_case_log(ledger, folder):
    """Read the whole case log, with the control log: every anchored root is made again."""
    control, case = (log["url"] for log in ledger.run["logs"][:2])
    vkeys = folder / "vkeys"
    keys = [Path(log["vkey_file"]).read_text() for log in ledger.run["logs"]]
    vkeys.write_text("".join(keys))
    return program("verify", "log", case, "--control", control, "--vkey", vkeys)


def test_an_unknown_case_leaves_no_folder(seeded, tmp_path):
    done = export(seeded, "case:00000000-0000-4000-8000-000000000000", tmp_path / "none")
    assert done.returncode == 2
    assert "there is no case" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_stream_of_the_control_log_is_no_case(seeded, tmp_path):
    """Under its name a case log has only the alerts about it, which would pass for all of it."""
    done = export(seeded, "platform:catalogue", tmp_path / "none")
    assert done.returncode == 2
    assert "lies in the control log" in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_no_package_is_refused(seeded, tmp_path):
    vkey = seeded.run["logs"][0]["vkey_file"]
    for folder in (tmp_path, tmp_path / "none", seeded.data / "ledger.json"):
        done = program("verify", "dossier", folder, "--vkey", vkey)
        assert done.returncode == 2, folder
        assert "is no case package" in done.stderr
