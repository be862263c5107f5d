"""What commands print for programs: times, sums, and names of what is wrong."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.chain.act import decode_act
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.note_keys import Signer
from ledger.chain.tree import EMPTY_ROOT
from ledger.domain.stream import StreamAct
from ledger.errors import MalformedError, RejectedError
from portal.cli import context
from portal.cli.case import entry_document
from portal.cli.times import iso_time, parse_time
from tests.support.commands import command
from tests.support.logs import LogBuilder
from tests.support.running import ROOT, program

GOLDEN = json.loads((ROOT / "tests/vectors/entries.json").read_text())
GOLDEN_LOG = ROOT / "tests/vectors/log"
OPTIONS = dict.fromkeys(("operator", "profile", "synthetic", "sim_start")) | {
    "name": "x",
    "logs": 1,
}


@pytest.fixture
def vkey(tmp_path):
    file = tmp_path / "log.vkey"
    file.write_text(GOLDEN["case"]["key"]["vkey"] + "\n")
    return file


@pytest.fixture
def data(tmp_path):
    """A data folder as a ledger leaves it, stopped."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ledger.json").write_text(json.dumps(OPTIONS))
    return folder


@pytest.mark.parametrize(
    "micros", [0, 1, 1_764_064_800_123_456, 253_402_300_799_999_999 - 28_800_000_000]
)
def test_a_time_in_json_says_its_zone_and_loses_nothing(micros):
    """As the HTTP API writes it; ISO 8601, Beijing, microseconds."""
    text = iso_time(micros)
    assert text.endswith("+08:00")
    assert dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC) == dt.timedelta(
        microseconds=micros
    )


def test_a_time_that_was_printed_can_be_given_back():
    assert parse_time(iso_time(1_764_064_800_123_456)) == 1_764_064_800_123_456


def test_an_entry_as_json_has_times_with_their_zone():
    """Whoever reads two commands compares their times as they are."""
    golden = GOLDEN["case"]["entries"][0]
    entry = decode_entry(bytes.fromhex(golden["extra"] + golden["act"]))
    shown = entry_document(StreamAct(entry, decode_act(entry.act), {}))
    assert shown["received_at"] == iso_time(golden["fields"]["receivedAt"])
    assert shown["occurred_at"].endswith("+08:00")


def test_an_empty_key_file_is_what_is_wrong(tmp_path, vkey):
    """The receipt is not blamed, and a caller of --json is told as much."""
    empty = tmp_path / "empty.vkey"
    empty.write_text("\n")
    receipt, act = tmp_path / "a.tlog-proof", tmp_path / "act"
    receipt.write_text("x")
    act.write_text("y")
    words = ["verify", "receipt", receipt, "--act", act]
    done = program(*words, "--vkey", empty, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"].startswith(str(empty))
    done = program(*words, "--vkey", vkey, "--emitter-vkey", empty)
    assert str(empty) in done.stderr
    assert "a.tlog-proof" not in done.stderr


def test_a_prefix_without_a_log_is_no_finding(tmp_path, vkey):
    """A typing error in an address says nothing about a log: exit 3, not 11."""
    for words in ([tmp_path], [GOLDEN_LOG, "--control", tmp_path]):
        done = program("verify", "log", *words, "--vkey", vkey)
        assert done.returncode == 3, done.stdout
        assert f"there is no log at {tmp_path}" in done.stderr
        assert "INCOMPLETE" not in done.stdout


@pytest.mark.parametrize("main", ["portal.cli.main", "portal.cli.verifier"])
def test_a_control_log_without_its_key_names_the_key_that_is_missing(tmp_path, main):
    """It read as tampering: NOT TRUSTED, exit 12."""
    keys = tmp_path / "log-0.vkey"
    keys.write_text(LogBuilder().signer.vkey + "\n")
    control = tmp_path / "control"
    control.mkdir()
    builder = LogBuilder("control")
    (control / "checkpoint").write_bytes(
        sign_checkpoint(Checkpoint(builder.origin, 0, EMPTY_ROOT), [builder.signer])
    )
    words = ["log", str(GOLDEN_LOG), "--control", str(control), "--vkey", str(keys)]
    words = words if main.endswith("verifier") else ["verify", *words]

    done = subprocess.run(
        [sys.executable, "-m", main, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stdout + done.stderr
    assert f"has no key of {builder.origin}, which --control names" in done.stderr
    assert "NOT TRUSTED" not in done.stdout


def test_an_unknown_case_is_a_mistake_of_the_question():
    """Nothing was rejected: exit 2, and the sentence has no code in front."""
    expected = pytest.raises(MalformedError, match=r"^there is no case case:x$")
    with expected, context.naming_a_stream():
        raise RejectedError("NOT_FOUND", "there is no case case:x")
    with pytest.raises(RejectedError), context.naming_a_stream():
        raise RejectedError("R5_EXPECTED_VERSION", "wrong")


REGISTER = ["emitter", "register", "agy.example", "--agency", "11430100FCT000022L"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["emitter", "register", "../up", *REGISTER[3:], "--type", "CaseClosed"], "a-z, 0-9"),
        ([*REGISTER[:4], "123", "--type", "CaseClosed"], "credit code"),
        ([*REGISTER, "--agency", "11430100FCT000022X", "--type", "CaseClosed"], "credit code"),
        ([*REGISTER, "--type", "CaseClosed", "--kind", "ROBOT"], "SUPERVISOR"),
        (["emitter", "revoke", "agy.example", "--reason", "LOST"], "DECOMMISSIONED"),
        (["emitter", "rotate", "Agy"], "a-z, 0-9"),
    ],
    ids=["id", "agency", "check character", "kind", "reason", "id to rotate"],
)
def test_a_wrong_word_about_an_emitter_is_told_with_what_is_allowed(words, named, data):
    """Before anything is sent, signed or written."""
    done = command(*words, "--data", data)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert not list(Path(data).rglob("*.key"))


def test_no_key_is_made_for_an_emitter_that_is_not_registered(data):
    """The ledger of this folder does not run."""
    done = command(*REGISTER, "--type", "CaseClosed", "--data", data)
    assert done.returncode == 3
    assert not list(Path(data).rglob("*.key"))


def test_a_given_key_must_be_the_emitters(data, tmp_path):
    file = tmp_path / "other.vkey"
    file.write_text(Signer("other.example", bytes(32)).vkey + "\n")
    done = command(*REGISTER, "--type", "CaseClosed", "--vkey", file, "--data", data)
    assert done.returncode == 2
    assert "must hold one key named agy.example" in done.stderr
