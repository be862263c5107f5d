"""What the demo says and proposes: ports, shell words, the byte that is changed."""

import shlex
import socket
from collections import Counter
from pathlib import Path

import pytest

from consumers.emitter.answers import Answer
from consumers.emitter.emit_file import EmitSummary
from consumers.platform.performer import FilePerformer
from ledger.chain.entry import decode_entry
from ledger.chain.tiles import decode_bundle, encode_bundle
from portal.cli.demo import demo_port, print_emitted, wait_until_published
from portal.cli.suggestions import Change, change_of, program_name, suggestions
from portal.programs.emit import _document
from tests.support.ledger_copy import LedgerCopy

CASES = ("case:1", "case:2")


@pytest.fixture(scope="module")
def bundle():
    """A bundle of a case log: two cases, one act each, after entry 0."""
    copy = LedgerCopy(1, schemas=())
    for case in CASES:
        copy.add("CaseClosed", {"reason": "EXECUTED"}, stream=case, log="0")
    return encode_bundle(copy.logs["0"])


def changed_entries(bundle, change):
    """Return the numbers of the entries that a change changes."""
    data = bytearray(bundle)
    assert data[change.place] != change.value
    data[change.place] = change.value
    pairs = zip(decode_bundle(bundle), decode_bundle(bytes(data)), strict=True)
    return [number for number, (one, other) in enumerate(pairs) if one != other]


@pytest.mark.parametrize("case", CASES)
def test_the_changed_byte_is_another_one_in_an_entry_of_the_case(bundle, case):
    """Whatever is there; the lengths between the entries stay."""
    (number,) = changed_entries(bundle, change_of(bundle, case))
    assert decode_entry(decode_bundle(bundle)[number]).stream_id == case


def test_a_case_that_is_not_there_leaves_the_last_entry(bundle):
    """The first bundle may lack it."""
    assert changed_entries(bundle, change_of(bundle, "case:none")) == [len(CASES)]


@pytest.mark.parametrize("name", ["plain", "with blank", "quo'te", "dollar$HOME"])
def test_suggestions_hold_for_any_folder(name):
    """Every path is one word of the shell, and lies in the data folder."""
    data = Path("/data") / name
    replay, verify, change = suggestions(data, "case:1", 256, Change(40, 7))
    assert shlex.split(replay)[-4:] == ["replay", "case:1", "--data", str(data)]
    words = shlex.split(verify)
    assert words[words.index("--log") + 2] == str(data / "copy")
    words = shlex.split(change)
    assert words[:4] == ["cp", "-R", f"{data}/copy/.", f"{data}/copy-changed"]
    assert f"of={data}/copy-changed/tile/entries/000" in words
    assert "\\007" in words
    paths = [word for word in words if "/data" in word]
    assert all(word.removeprefix("of=").startswith(str(data)) for word in paths)


def test_the_program_is_named_as_it_is_called_from_here(tmp_path, monkeypatch):
    """Beside the interpreter, relative below the working folder; else by its bare name."""
    interpreter = tmp_path / ".venv" / "bin" / "python"
    assert program_name(str(interpreter)) == "lianzheng"
    interpreter.parent.mkdir(parents=True)
    (interpreter.parent / "lianzheng").touch()
    assert program_name(str(interpreter)) == str(interpreter.parent / "lianzheng")
    monkeypatch.chdir(tmp_path)
    assert program_name(str(interpreter)) == ".venv/bin/lianzheng"


def test_a_port_that_is_taken_is_said(capsys):
    """Whoever follows a page with that port would talk to somebody else's ledger."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert demo_port(taken) == 0
    assert f"port {taken} is taken" in capsys.readouterr().err
    assert demo_port(taken) == taken
    assert not capsys.readouterr().err


def test_refusals_of_gates_are_said_with_their_rules(capsys):
    """Those of this run and those that an earlier run met."""
    summary = EmitSummary()
    summary.answered(None, Answer("committed", 1))
    summary.answered(None, Answer("gate_refused", 2, None, "GATE_REFUSED", ("V-RET-01",)))
    performer = FilePerformer(None, None)
    performer.refused_before.append(["V-RET-01", "G-RET-WINDOW"])
    print_emitted(_document(summary, performer))
    said = capsys.readouterr().out
    assert "1 acts taken" in said
    assert "2 refused by a gate (G-RET-WINDOW 1, V-RET-01 2)" in said


def test_the_demo_verifies_nothing_before_all_that_is_promised_is_published(monkeypatch):
    """What is published lags behind the promise."""
    sizes = [3, 4, 7, 9]
    monkeypatch.setattr("portal.cli.demo.published_size", lambda _stack, _log: sizes.pop(0))
    looks = Counter()

    class Watching:
        """A stack whose supervisor asks without a pause."""

        def __init__(self):
            self.supervisor = self

        def wait_until(self, ready, _limit_s, what):
            while not ready():
                looks[what] += 1

    wait_until_published(Watching(), "0", 7)
    assert looks == {"the publication of log 0": 2}
    assert sizes == [9]
