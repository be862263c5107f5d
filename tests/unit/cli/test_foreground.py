"""Ctrl-C at a terminal in which make runs the program: a real pty, a real make."""

import os
import pty
import select
import signal
import subprocess
import sys

from tests.support.running import ROOT, environment

LIMIT_S = 60
# A process that gets the pty for its terminal, then becomes make.
TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
PROGRAM = """
import contextlib, os, signal, sys
from portal.cli.foreground import own_foreground
with {context}:
    # Blocked and waited for: one that comes at once is not missed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
    print("ready", flush=True)
    signal.sigwait({{signal.SIGINT}})
    print("told", flush=True)
print("group", "back" if os.tcgetpgrp(0) == os.getpgrp() == os.getppid() else "lost", flush=True)
"""


def read_until(master, word, text=""):
    """Read from a terminal until a word is there; return all that was read."""
    while word not in text:
        assert select.select([master], [], [], LIMIT_S)[0], f"{word!r} did not come: {text!r}"
        text += os.read(master, 1024).decode()
    return text


def run_under_make(tmp_path, context):
    """Run the program as a recipe in the foreground of a pty, type Ctrl-C, return status, text."""
    (tmp_path / "program.py").write_text(PROGRAM.format(context=context))
    (tmp_path / "Makefile").write_text(f"all:\n\t@exec {sys.executable} program.py\n")
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, "make", "-C", str(tmp_path), "--no-print-directory"],
            stdin=slave, stdout=slave, stderr=slave,
            env=environment(ROOT), start_new_session=True,
        )  # fmt: skip
        text = read_until(master, "ready")
        os.write(master, b"\x1a\x03" if "own" in context else b"\x03")
        text = read_until(master, "group", text)
        return process.wait(LIMIT_S), read_until(master, "\n", text.partition("group")[2]) + text
    finally:
        os.close(slave)
        os.close(master)


def test_ctrl_c_reaches_the_program_only_and_make_exits_with_its_status(tmp_path):
    """0, and the foreground is make's again; Ctrl-Z before it changes nothing."""
    status, text = run_under_make(tmp_path, "own_foreground()")
    assert "told" in text
    assert "back" in text
    assert status == 0


def test_make_dies_of_ctrl_c_where_both_are_in_the_foreground(tmp_path):
    """What it is for: the same program without it."""
    status, text = run_under_make(tmp_path, "contextlib.nullcontext()")
    assert "told" in text
    assert status in (-signal.SIGINT, 2)


def test_without_a_terminal_nothing_is_changed():
    """The process stays in the group of whoever started it."""
    code = (
        "import os\nfrom portal.cli.foreground import own_foreground\nbefore = os.getpgrp()\n"
        "with own_foreground():\n    assert os.getpgrp() == before"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
