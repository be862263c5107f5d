"""The program as a tired auditor meets it: help, typos, missing files, exit codes, pipes."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ledger.chain.note_keys import Signer
from portal.cli import main
from portal.cli.times import format_time, parse_time
from tests.support.running import ROOT, environment, program

main.register_commands()
RUNNER = CliRunner()
COMMANDS = [
    ["up"], ["demo"], ["generate"], ["emit"], ["append"], ["relay"], ["project"], ["supervise"], ["portal"],
    ["ledger", "create"], ["ledger", "status"], ["ledger", "recover"], ["ledger", "rotate-transport-key"],
    ["ledger", "anchor"], ["case", "export"], ["verify", "dossier"],
    ["login", "add"], ["login", "remove"], ["emitter", "register"], ["emitter", "rotate"], ["emitter", "revoke"],
    ["export", "log"], ["verify", "log"], ["verify", "receipt"], ["verify", "stream"],
    ["case", "show"], ["case", "replay"], ["alert", "list"], ["alert", "show"], ["alert", "explain"],
    ["alert", "dry-run"], ["rule", "list"], ["rule", "show"], ["row", "list"], ["row", "show"], ["view", "list"], ["view", "rebuild"], ["view", "compare"],
    ["schema", "list"], ["schema", "show"], ["schema", "check"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words):
    """`--help` says what it does and exits 0."""
    done = RUNNER.invoke(main.app, [*words, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_a_typo_is_a_usage_error():
    """An unknown command or option exits 2 and names it."""
    assert RUNNER.invoke(main.app, ["verfy"]).exit_code == 2
    assert RUNNER.invoke(main.app, ["verify", "log", "x", "--vkye", "y"]).exit_code == 2


def test_what_cannot_be_read_exits_three_with_one_sentence(tmp_path):
    """No trace, no path of ours: a sentence that says what is missing."""
    missing = program("verify", "log", tmp_path / "nothing", "--vkey", tmp_path / "no.vkey")
    assert missing.returncode == 3
    assert missing.stderr.startswith("lianzheng: ")
    assert "Traceback" not in missing.stderr
    nobody = program("ledger", "status", "--data", tmp_path)
    assert nobody.returncode == 3
    assert "no ledger" in nobody.stderr


def test_malformed_input_exits_two(tmp_path):
    """A key file that holds no key is malformed, not tampered."""
    bad = tmp_path / "bad.vkey"
    bad.write_text("not a key\n")
    done = program("verify", "log", ROOT / "tests/vectors/log", "--vkey", bad, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["exit_code"] == 2


def test_the_golden_log_verifies_and_a_changed_byte_does_not(tmp_path):
    """The verifier on a log that another implementation wrote."""
    import shutil

    vkey = tmp_path / "log.vkey"
    data = json.loads((ROOT / "tests/vectors/entries.json").read_text())
    vkey.write_text(data["case"]["key"]["vkey"] + "\n")
    copy = tmp_path / "log"
    shutil.copytree(ROOT / "tests/vectors/log", copy)
    words = [
        sys.executable,
        "-m",
        "portal.cli.verifier",
        "log",
        str(copy),
        "--vkey",
        str(vkey),
        "--json",
    ]
    good = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert good.returncode == 0, good.stdout
    bundle = copy / "tile/entries/000"
    raw = bytearray(bundle.read_bytes())
    raw[1234] ^= 0x10
    bundle.write_bytes(raw)
    bad = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert bad.returncode == 10
    assert json.loads(bad.stdout)["finding_count"] > 0


def test_another_key_is_not_trusted(tmp_path):
    """A log signed by somebody else exits 12."""
    vkey = tmp_path / "other.vkey"
    vkey.write_text(Signer("vectors.lianzheng.example/log/0", bytes(32)).vkey + "\n")
    done = program("verify", "log", ROOT / "tests/vectors/log", "--vkey", vkey)
    assert done.returncode == 12


def test_a_closed_pipe_is_no_error():
    """`lianzheng schema list | head -1` ends quietly."""
    words = f"{sys.executable} -m portal.cli.main schema list | head -1"
    done = subprocess.run(
        ["bash", "-c", words], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith("type")
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_refused():
    """A misspelt LEDGER_ variable would else be ignored without a word."""
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli.main", "relay"],
        cwd=ROOT, env={**environment(), "LEDGER_DATAA": "x"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "LEDGER_DATAA" in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-09-28T16:20:00+08:00", "2026-09-28 16:20:00"),
        ("2026-09-28T08:20:00Z", "2026-09-28 16:20:00"),
        ("2026-09-28", "2026-09-28 00:00:00"),
    ],
)
def test_times_are_read_and_shown_in_beijing(text, shown):
    """A time without a zone is Beijing's."""
    assert format_time(parse_time(text)) == shown
