"""Ordinary mistakes: each is a sentence and an exit code, never a trace, and nothing is left."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.commands import command
from tests.support.running import ROOT, environment, program

SCHEMA_LIST = f"{sys.executable} -m portal.cli.main schema list"
GOLDEN_LOG = ROOT / "tests/vectors/log"
OPTIONS = dict.fromkeys(("operator", "profile", "synthetic", "sim_start")) | {
    "name": "x",
    "logs": 1,
}


def said(done, code):
    """Return the one sentence of a command that ended with ``code``."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def shell(words, **variables):
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words}"],
        cwd=ROOT, env={**environment(), **variables}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def data(tmp_path):
    """A data folder as a ledger leaves it, stopped."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ledger.json").write_text(json.dumps(OPTIONS))
    return folder


@pytest.fixture
def no_container(tmp_path):
    file = tmp_path / "words.avro"
    file.write_text("nothing that generate wrote\n")
    return file


@pytest.mark.parametrize("name", ["x", "../0", "007", "-1", ""])
def test_a_log_is_control_or_a_number(name, data, tmp_path):
    """Whatever else is given is a usage error, before any path is made of it."""
    for words in (["export", "log", f"--log={name}", tmp_path / "out", "--data", data],
                  ["append", f"--log={name}"]):  # fmt: skip
        assert "not control and not the number" in said(command(*words), 2)
    assert not (tmp_path / "out").exists()


def test_a_file_where_a_folder_belongs_and_the_other_way_round(data, tmp_path):
    """Usage errors that name what was given."""
    file = tmp_path / "a-file"
    file.write_text("")
    for words in (["export", "log", "--log", "0", file, "--data", data],
                  ["up", "--data", file], ["ledger", "status", "--data", file],
                  ["generate", "-o", tmp_path], ["emit", tmp_path, "--data", data]):  # fmt: skip
        assert "is a " in said(command(*words), 2)


def test_a_file_that_generate_did_not_write_is_malformed(no_container, data):
    """Found before anything is connected: no ledger runs here."""
    words = said(program("emit", no_container, "--data", data), 2)
    assert words.startswith("lianzheng: ")
    assert "generate" in words


def test_a_key_file_that_is_not_there_cannot_be_read(data, tmp_path):
    words = ["emitter", "register", "agy.example", "--agency", "11430100FCT000022L"]
    done = program(*words, "--type", "CaseClosed", "--vkey", tmp_path / "no.vkey", "--data", data)
    assert "no.vkey cannot be read" in said(done, 3)


@pytest.mark.parametrize("place", ["foo", "http://127.0.0.1/x", "postgresql://h:x/l", "dbname=foo"])
def test_a_database_that_is_no_url_is_found_before_anything_is_made(place, tmp_path):
    words = said(command("up", "--data", tmp_path / "new", "--database", place), 2)
    assert "--database is embedded or a URL" in words
    assert not (tmp_path / "new").exists()


def test_a_database_that_does_not_answer_is_found_before_anything_is_made(tmp_path):
    """Host and port are named, the password is not."""
    url = "postgresql://somebody:secret@127.0.0.1:1/x"
    words = said(program("up", "--data", tmp_path / "new", "--database", url), 3)
    assert "PostgreSQL at 127.0.0.1:1" in words
    assert "secret" not in words
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("servers", ["foo", "foo:", "foo:99999", "foo:9092,bar", "a b:1", ":1"])
def test_a_broker_is_host_and_port(servers, tmp_path):
    """`up` and `ledger create` make nothing where the form is wrong."""
    for start in (["up"], ["ledger", "create"]):
        done = command(*start, "--data", tmp_path / "new", "--broker", servers)
        assert "is not HOST:PORT" in said(done, 2)
    assert not (tmp_path / "new").exists()


def test_a_broker_that_does_not_answer_is_found_soon_and_nothing_is_made(tmp_path):
    start = time.monotonic()
    done = program("up", "--data", tmp_path / "new", "--broker", "127.0.0.1:1")
    assert "no Kafka broker answers at 127.0.0.1:1" in said(done, 3)
    assert time.monotonic() - start < 90
    assert not (tmp_path / "new").exists()


def test_two_ways_to_one_ledger_are_one_too_many(no_container):
    """Neither --kafka nor --http is dropped without a word."""
    done = command("emit", no_container, "--kafka", "127.0.0.1:1", "--http", "http://127.0.0.1:1")
    assert "name one of them" in said(done, 2)


def test_a_disk_that_is_full_is_said_once():
    """Exit 3: the result was not written."""
    for words in ("schema list", "schema list --json", "schema show PenaltyDecisionMade"):
        done = shell(f"{sys.executable} -m portal.cli.main {words} > /dev/full")
        assert said(done, 3).count("\n") == 1
        assert "the result cannot be written" in done.stderr


def test_a_stream_that_is_closed_changes_no_verdict():
    """Whoever starts a program without stdout wants its exit code only."""
    assert said(shell(f"{SCHEMA_LIST} >&-"), 0) == ""
    assert shell(f"{sys.executable} -m portal.cli.main schema show Nothing 2>&-").returncode == 2


def test_what_is_printed_is_utf_8_whatever_the_locale():
    done = shell(SCHEMA_LIST, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "立案" in done.stdout


def test_a_reader_that_went_away_changes_no_verdict(tmp_path):
    """Lists end with 0; a proof is still a proof, and tampering still exits 10."""
    import shutil

    vkey = tmp_path / "log.vkey"
    golden = json.loads((ROOT / "tests/vectors/entries.json").read_text())
    vkey.write_text(golden["case"]["key"]["vkey"] + "\n")
    bad = tmp_path / "log"
    shutil.copytree(GOLDEN_LOG, bad)
    bundle = bad / "tile/entries/000"
    raw = bytearray(bundle.read_bytes())
    raw[1234] ^= 0x10
    bundle.write_bytes(raw)
    assert shell(f"{SCHEMA_LIST} --json | true").returncode == 0
    for module in ("main verify", "verifier"):
        words = f"{sys.executable} -m portal.cli.{module} log"
        good = shell(f"{words} {GOLDEN_LOG} --vkey {vkey} | true")
        assert good.returncode == 0, good.stderr
        assert shell(f"{words} {bad} --vkey {vkey} | true").returncode == 10


def test_a_history_that_was_interrupted_leaves_no_file(tmp_path):
    """A cut-off file would read cleanly under its name."""
    import signal

    words = [sys.executable, "-m", "portal.cli.main", "generate", "--cases", "3000"]
    out = tmp_path / "a.avro"
    made = subprocess.Popen([*words, "-o", str(out)], cwd=ROOT, env=environment())
    from tests.support.running import wait_for

    wait_for(lambda: any(Path(tmp_path).iterdir()), 60, "the first bytes")
    made.send_signal(signal.SIGINT)
    assert made.wait(30) == 130
    assert not os.listdir(tmp_path)


def test_generate_makes_no_folder_that_nobody_asked_for(tmp_path):
    done = program("generate", "--cases", "1", "-o", tmp_path / "typo" / "a.avro")
    assert "No such file or directory" in said(done, 3)
    assert not (tmp_path / "typo").exists()


def test_an_outage_that_nobody_named_ends_a_role_with_three():
    """Its place is in the diagnostics; what the system said is not, it may hold anything."""
    code = """
import sys, typer
from portal.cli.roles import role
try:
    with role("relay"):
        open("/no/such/name")
except typer.Exit as end:
    sys.exit(end.exit_code)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 3
    assert "error_uncaught" in done.stderr
    assert "/no/such/name" not in done.stderr


@pytest.mark.parametrize("prefix", ["http://[::1/x", "ftp://127.0.0.1/x"])
def test_a_prefix_that_is_no_address_is_malformed(prefix, tmp_path):
    vkey = tmp_path / "log.vkey"
    golden = json.loads((ROOT / "tests/vectors/entries.json").read_text())
    vkey.write_text(golden["case"]["key"]["vkey"] + "\n")
    said(program("verify", "log", prefix, "--vkey", vkey), 2)
    token = tmp_path / "token"
    token.write_bytes(b"\xff\xfe")
    done = program("verify", "log", GOLDEN_LOG, "--vkey", vkey, "--token-file", token)
    assert "holds no token" in said(done, 2)


@pytest.mark.parametrize("until", ["0001-01-01", "9999-12-31", "1970-01-02", "soon"])
def test_a_history_ends_at_a_time_that_there_is(until, tmp_path):
    said(command("generate", "--until", until, "-o", tmp_path / "a.avro"), 2)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"name": "x"}'])
def test_a_damaged_file_of_the_data_folder_is_named(text, tmp_path):
    """`ledger.json` and `run.json` are read by every command."""
    (tmp_path / "ledger.json").write_text(text)
    assert "ledger.json" in said(command("ledger", "recover", "--data", tmp_path), 2)
    (tmp_path / "run.json").write_text(text)
    words = ["emitter", "rotate", "agy.example", "--data", tmp_path]
    assert "run.json" in said(command(*words), 2)


def test_a_database_setting_that_is_none_is_malformed_and_not_repeated(data):
    """It may hold a password."""
    for url in ("secret", "postgresql://u:secret@[::1/x"):
        settings = {"LEDGER_DATABASE_URL": url}
        words = said(program("view", "list", "--data", data, settings=settings), 2)
        assert "LEDGER_DATABASE_URL" in words
        assert "secret" not in words


def test_a_port_that_cannot_be_is_found_before_anything_is_made(tmp_path):
    said(command("up", "--data", tmp_path / "new", "--http", "127.0.0.1:99999"), 2)
    assert not (tmp_path / "new").exists()


def test_logins_are_a_result(tmp_path, capsys):
    """The demo's addresses, logins and checkpoints can be piped; its progress is on stderr."""
    from portal.cli.demo import print_logins

    (tmp_path / "keys" / "logins").mkdir(parents=True)
    (tmp_path / "keys" / "logins" / "auditor.txt").write_text("x")
    print_logins(tmp_path)
    told = capsys.readouterr()
    assert "auditor" in told.out
    assert not told.err
