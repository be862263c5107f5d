"""Row 8, item 8.3: 全过程数据化记录工作机制.

Works when an exported case package verifies offline with only the package, the published anchors
and the verifier.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.support import stranger
from tests.support.running import ROOT, environment

pytestmark = pytest.mark.kafka

# Whatever opens a socket or imports a server's package ends the program with another exit code.
OFFLINE = """
import socket, sys
def refuse(*_args, **_more):
    raise SystemExit(99)
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import portal.cli.verifier as verifier
SERVERS = {"psycopg", "kafka", "typer", "fastapi", "eventsourcing", "pydantic", "fastavro"}
try:
    verifier.main()
finally:
    if SERVERS & set(sys.modules):
        raise SystemExit(98)
"""


@pytest.fixture
def carried(anchored, package, tmp_path):
    """The package and the control log's key, carried to an empty place."""
    folder = tmp_path / "carried"
    shutil.copytree(package[1], folder / "package")
    shutil.copy(anchored.control_vkey, folder / "control.vkey")
    return folder


def verify_offline(folder, *words):
    """Run the small verifier in a folder, without a network and without a ledger's settings."""
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, "dossier", "package", "--vkey", "control.vkey", *words],
        cwd=folder,
        env=environment(ROOT),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_case_that_no_anchor_covers_is_not_exported(anchored):
    """Nobody could tell that nothing was left out; nothing is written, and the way is named."""
    assert anchored.early.returncode == 4
    assert "lianzheng ledger anchor" in anchored.early.stderr
    assert not (anchored.data.parent / "early").exists()


def test_the_package_verifies_offline_with_the_small_verifier(package, carried):
    """It names the case, and the size up to which nothing was left out."""
    done = verify_offline(carried, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["stream"], report["findings"]) == (package[0], [])
    assert int(report["anchored_size"]) > 0
    words = verify_offline(carried).stdout
    assert words.startswith(f"proved: {package[0]}, {report['entries']} entries of ")
    assert f"none was left out below size {int(report['anchored_size']):,}" in words


def test_the_anchors_in_the_package_are_the_published_ones(anchored, carried):
    """Their sizes are those that `lianzheng ledger anchor` said."""
    manifest = json.loads((carried / "package" / "manifest.json").read_bytes())
    said = {row["origin"]: row["tree_size"] for row in anchored.anchored}
    logs = manifest["logs"]
    assert {log["origin"]: log["anchored_size"] for log in logs.values()} == said


def test_who_knows_only_the_pages_on_formats_accepts_it_too(anchored, package, carried):
    """A reader that shares nothing with this program: leaves, links, heads, digests."""
    vkey = anchored.control_vkey.read_text()
    assert stranger.check(carried / "package", vkey)["stream"] == package[0]


def test_another_key_is_not_enough(anchored, carried):
    """Trust comes from the key, and only the control log's counts."""
    shutil.copy(anchored.run["logs"][1]["vkey_file"], carried / "control.vkey")
    done = verify_offline(carried)
    assert done.returncode == 12
    assert done.stdout.startswith("NOT TRUSTED")


def test_a_changed_byte_is_found_offline(carried):
    """In an act: the entry and its file are named."""
    act = carried / "package/case/entries/0000000003.act"
    data = bytearray(act.read_bytes())
    data[-1] ^= 1
    act.write_bytes(data)
    done = verify_offline(carried)
    assert done.returncode == 10
    assert "case/entries/0000000003.act" in done.stdout
