"""The terminal's foreground: who gets Ctrl-C when ``make demo`` runs a ledger.

Read before: ``demo``. Read next: ``portal/stack/supervisor.py``.

A terminal sends SIGINT to every process of its foreground group. The program stops in order and
exits 0, but make dies of the signal, whatever its recipe ended with. So the program makes itself
the only member of the foreground group, and gives it back at its end. Ctrl-Z is ignored
meanwhile: the shell does not know this group and could not take the terminal back.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDIN = 0


def shares_foreground() -> bool:
    """Tell whether this process is in a terminal's foreground group that somebody else leads."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        return False
    try:
        return os.tcgetpgrp(STDIN) == os.getpgrp() != os.getpid()
    except OSError:  # Not the terminal of this session.
        return False


@contextmanager
def own_foreground() -> Iterator[None]:
    """Be alone in the terminal's foreground meanwhile; nothing where there is nobody to part from.

    In the main thread only: it changes the reactions to two signals.
    """
    if not shares_foreground():
        yield
        return
    before = os.getpgrp()
    reactions = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTTOU, signal.SIGTSTP)}
    os.setpgid(0, 0)
    os.tcsetpgrp(STDIN, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(STDIN, before)
        os.setpgid(0, before)
        for number, reaction in reactions.items():
            signal.signal(number, reaction)
