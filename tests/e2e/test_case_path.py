"""One act all the way: emitted, appended, promised, shown, replayed, proved, and tampered with."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import ROOT, environment, program

pytestmark = pytest.mark.kafka


def test_every_act_was_committed_and_the_clock_ended(seeded):
    """The emitter holds a receipt for each act of the file; running it again is harmless."""
    summary = seeded.summary
    assert summary["unanswered"] == 0
    assert summary["committed"] > 300
    status = json.loads(program("ledger", "status", "--json", "--data", seeded.data).stdout)
    again = program("emit", seeded.file, "--data", seeded.data, "--json")
    assert again.returncode == 0, again.stderr
    after = json.loads(program("ledger", "status", "--json", "--data", seeded.data).stdout)
    assert after["acts"] == status["acts"]


def test_the_same_file_over_http_is_all_duplicates(seeded):
    """Kafka and HTTP are two doors to one ledger."""
    again = program(
        "emit", seeded.file, "--http", seeded.run["http"], "--data", seeded.data, "--json"
    )
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout.strip().splitlines()[-1])
    assert document["committed"] == 0
    assert document["duplicate"] > 300


def test_logs_verify_from_outside(seeded, tmp_path):
    """Over HTTP, and from an exported copy, with one worker and two."""
    for log in seeded.run["logs"]:
        online = program("verify", "log", log["url"], "--vkey", log["vkey_file"], "--json")
        assert online.returncode == 0, online.stdout
        name = log["url"].rsplit("/", 1)[1]
        copy = tmp_path / name
        assert program("export", "log", "--log", name, copy, "--data", seeded.data).returncode == 0
        offline = program("verify", "log", copy, "--vkey", log["vkey_file"], "--workers", "2")
        assert offline.returncode == 0, offline.stdout


def test_one_changed_byte_of_a_copy_is_named(seeded, tmp_path):
    """The finding names the entry and its case; the exit code is 10."""
    copy = tmp_path / "copy"
    assert program("export", "log", "--log", "0", copy, "--data", seeded.data).returncode == 0
    vkey = seeded.run["logs"][1]["vkey_file"]
    bundle = copy / "tile/entries/000"
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    found = program("verify", "log", copy, "--vkey", vkey, "--json")
    assert found.returncode == 10
    report = json.loads(found.stdout.strip().splitlines()[-1])
    assert any("leaf_index" in row and "stream" in row for row in report["findings"]), report


def test_receipts_verify_offline_with_the_act_alone(seeded, tmp_path):
    """Every receipt the emitter kept is good for its act and for no other."""
    from consumers.generate.records import read_records

    with seeded.file.open("rb") as stream:
        acts = {r.act[10:26].hex(): r.act for r in read_records(stream) if r.act is not None}
    receipts = sorted(seeded.receipts.glob("*.tlog-proof"))
    assert len(receipts) > 300
    vkeys = tmp_path / "vkeys"
    vkeys.write_text("".join(Path(log["vkey_file"]).read_text() for log in seeded.run["logs"]))
    own = receipts[5]
    act = tmp_path / "act"
    act.write_bytes(acts[own.stem.replace("-", "")])
    good = program("verify", "receipt", own, "--act", act, "--vkey", vkeys)
    assert good.returncode == 0, good.stdout + good.stderr
    act.write_bytes(acts[receipts[6].stem.replace("-", "")])
    assert program("verify", "receipt", own, "--act", act, "--vkey", vkeys).returncode == 10


def test_the_small_verifier_needs_no_server_packages(seeded):
    """`lianzheng-verify` runs with blake3 and cryptography, of all that is installed with it."""
    code = (
        "import sys; import portal.cli.verifier as v; "
        "bad = {'psycopg','kafka','typer','fastapi','eventsourcing','pydantic','fastavro'}; "
        "bad &= set(sys.modules); "
        "assert not bad, bad"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def decided_case(seeded):
    """Return the id of a case with a published disclosure."""
    listing = seeded.json("/v1/disclosures?limit=50")
    rows = listing["items"]
    assert rows
    return rows[0]


def test_a_published_decision_is_on_the_public_page(seeded):
    """The list finds it, its page shows it, and the bytes hash to what was published."""
    import hashlib

    row = decided_case(seeded)
    status, body = seeded.get(f"/v1/disclosures/{row['disclosure_id']}")
    assert status == 200
    assert "sha256:" + hashlib.sha256(body).hexdigest() == row["content_hash"]
    status, page = seeded.get("/")
    assert status == 200
    assert "模拟数据" in page.decode()


def test_a_case_is_replayed_at_any_version(seeded):
    """`case replay` shows what was there then, and nothing later."""
    from consumers.generate.reading import first_decided_case

    case = first_decided_case(seeded.file)
    whole = json.loads(program("case", "replay", case, "--json", "--data", seeded.data).stdout)
    part = json.loads(
        program("case", "replay", case, "--version", "3", "--json", "--data", seeded.data).stdout
    )
    assert len(whole["entries"]) > 10
    assert len(part["entries"]) == 3
    assert whole["entries"][:3] == part["entries"]
    stream = program("verify", "stream", case, "--data", seeded.data)
    assert stream.returncode == 0, stream.stdout + stream.stderr


def test_views_compare_and_rebuild_to_the_same_digest(seeded):
    """What the pages read is what a replay from nothing gives."""
    views = json.loads(program("view", "list", "--json", "--data", seeded.data).stdout)["views"]
    assert {"disclosure", "case_replay", "retrieval", "registers"} <= {
        view["name"] for view in views
    }
    for view in views:
        compared = program("view", "compare", view["name"], "--data", seeded.data)
        assert compared.returncode == 0, compared.stdout + compared.stderr
    rebuilt = program("view", "rebuild", "disclosure", "--data", seeded.data)
    assert rebuilt.returncode == 0, rebuilt.stderr


def test_backup_copies_of_each_part_are_plain_files(seeded, tmp_path):
    """The tile store alone, copied away, still proves itself."""
    copy = tmp_path / "tiles"
    shutil.copytree(seeded.data / "tiles", copy)
    vkey = seeded.run["logs"][0]["vkey_file"]
    assert program("verify", "log", copy / "control", "--vkey", vkey).returncode == 0
