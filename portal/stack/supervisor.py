"""The supervisor: starts the roles in order, watches every child, starts again what died.

One thread, one loop. A child that ends is judged by its exit status: 10, 11 and 12 (the ledger does
not prove what it claims, something of it is gone, a signature is not accepted) end everything with
the same, because no new start mends them; any other end is followed by a new start after a growing
pause, because a killed role loses nothing: it reads on from its tracking row.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from ledger.errors import LedgerError, UnavailableError
from portal.stack.process import ChildProcess

EXITS_FOR_GOOD = (10, 11, 12)  # VerificationError: stop, never retried.
POLL_S = 0.1
PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 10.0
HEALTHY_AFTER_S = 30.0  # A role that ran this long starts again without a pause.
STOP_LIMIT_S = 20.0


class StopRequestedError(LedgerError):
    """A signal asked for the end while something was still being started."""

    exit_code = 0


class RoleEndedError(LedgerError):
    """A role ended in a way that ends everything; ``exit_code`` is its own."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} ended with {code}")
        self.exit_code = code


class Watched:
    """A child under watch: how to start it again and how often that was needed.

    Args:
        current: Returns the process as it is now (a server makes a new one at each start).
        restart: Starts it again (a server waits until it answers).
        is_role: Whether it is a client of the servers.
    """

    def __init__(
        self,
        current: Callable[[], ChildProcess],
        restart: Callable[[], None],
        *,
        is_role: bool = False,
    ) -> None:
        self.is_role = is_role
        self._current = current
        self.restart = restart
        self.restarts = 0
        self.started_at = time.monotonic()
        self.start_at: float | None = None
        self._pause_s = PAUSE_FIRST_S

    @property
    def child(self) -> ChildProcess:
        """The process as it is now."""
        return self._current()

    def plan_restart(self, now: float) -> None:
        """Set the moment of the next start; the pause grows while it keeps dying young."""
        if now - self.started_at > HEALTHY_AFTER_S:
            self._pause_s = PAUSE_FIRST_S
        self.start_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, PAUSE_MAX_S)


class Supervisor:
    """All children of one embedded ledger.

    Args:
        report: Gets one line for people about each restart.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self.watched: list[Watched] = []
        self.stopping = False

    def install_signals(self) -> None:
        """Let SIGINT and SIGTERM end the loop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def watch(self, current: Callable[[], ChildProcess], restart: Callable[[], None]) -> None:
        """Put a running server under watch; later ones are stopped first, after all roles."""
        self.watched.append(Watched(current, restart))

    def start_role(self, child: ChildProcess) -> None:
        """Start a role and put it under watch."""
        child.start()
        self.watched.append(Watched(lambda: child, child.start, is_role=True))

    def wait_until(self, ready: Callable[[], bool], limit_s: float, what: str) -> None:
        """Watch until ``ready`` says so. Raises UnavailableError after ``limit_s`` seconds."""
        end = time.monotonic() + limit_s
        while True:
            if self.stopping:
                raise StopRequestedError
            if ready():
                return
            if (code := self.check()) is not None:
                raise RoleEndedError(what, code)
            if time.monotonic() > end:
                raise UnavailableError(f"{what}: not ready after {limit_s:.0f} s")
            time.sleep(POLL_S)

    def check(self) -> int | None:
        """Look at every child once; return an exit code that ends everything, else None."""
        now = time.monotonic()
        for item in self.watched:
            item.child.bound_diagnostics()
            code = item.child.exit_code()
            if code is None:
                continue
            if code in EXITS_FOR_GOOD:
                self.report(f"{item.child.name}: {item.child.last_words()}")
                return code
            if item.start_at is None:
                item.plan_restart(now)
                self.report(f"{item.child.name} ended with {code}; starting it again")
            elif now >= item.start_at:
                self._start_again(item, now)
        return None

    def _start_again(self, item: Watched, now: float) -> None:
        item.start_at = None
        item.restarts += 1
        item.started_at = now
        try:
            item.restart()
        except UnavailableError as error:
            self.report(str(error))

    def run(self) -> int:
        """Watch until a signal or a finding; return the exit code."""
        while not self.stopping:
            if (code := self.check()) is not None:
                return code
            time.sleep(POLL_S)
        return 0

    def stop(self) -> None:
        """Stop all roles at once, then the servers, the latest first: they outlive their clients.

        Where a server hangs, every role waits for it in vain, so they wait together.
        """
        roles = [item.child for item in self.watched if item.is_role]
        for child in roles:
            child.signal(child.stop_signal)
        end = time.monotonic() + STOP_LIMIT_S
        for child in roles:
            child.stop(max(0.0, end - time.monotonic()))
        for item in reversed(self.watched):
            if not item.is_role:
                item.child.stop(STOP_LIMIT_S)


def python_role(
    name: str,
    words: list[str],
    environment: dict[str, str],
    diagnostics: Path,
    root: Path,
    out: Path | None = None,
) -> ChildProcess:
    """Return a child that runs a role of this program with the same interpreter.

    Args:
        name: Name of the diagnostics file.
        words: Command and options.
        environment: The child's whole environment.
        diagnostics: Folder of the diagnostics files.
        root: Working directory.
        out: File for stdout, where it is wanted apart.
    """
    import sys

    return ChildProcess(
        name,
        [sys.executable, "-m", "portal.cli.main", *words],
        diagnostics=diagnostics / f"{name}.log",
        environment=environment,
        cwd=str(root),
        out=out,
    )
