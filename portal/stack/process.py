"""One child process: started with a death signal, stopped by pid, its output in a file.

Whoever ends the parent, by whatever signal, ends the children too: each asks the kernel for a
signal at its parent's death (prctl PR_SET_PDEATHSIG), so ``kill -9`` leaves nothing running.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ledger.errors import UnavailableError

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
POLL_S = 0.02
_RESERVED: list[socket.socket] = []  # By ``free_port``, for as long as the process lives.
DIAGNOSTICS_BYTES_MAX = 16 * 1024 * 1024  # Of one file; one older file is kept beside it.


def free_port() -> int:
    """Return a loopback TCP port that nobody else is given while this process lives.

    The socket stays bound and never listens. Linux then lets a server of ours bind the same port
    (both set SO_REUSEADDR, as all servers started here do) and gives it to nobody who asks for any:
    two stacks that start at once had got the same port, and one role answered for another's.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _RESERVED.append(reserved)
    return int(reserved.getsockname()[1])


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a small environment for servers: no caller locale, no stray settings."""
    keep = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    return {**keep, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **(extra or {})}


class ChildProcess:
    """A child of this process.

    Args:
        name: Short name for messages and the diagnostics file.
        arguments: Program and arguments.
        diagnostics: File that gets both output streams, appended; see ``bound_diagnostics``.
        environment: The whole environment of the child.
        user: User id and group id to run as, or None for the caller's own.
        stop_signal: Signal for an orderly stop, also sent when the parent dies.
        cwd: Working directory; must be enterable by ``user``.
        out: File for stdout alone, written anew, where that is wanted.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        diagnostics: Path,
        environment: Mapping[str, str],
        user: tuple[int, int] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        cwd: str = "/",
        out: Path | None = None,
    ) -> None:
        self.name = name
        self.arguments = [str(word) for word in arguments]
        self.diagnostics = diagnostics
        self.environment = dict(environment)
        self.user = user
        self.stop_signal = stop_signal
        self.cwd = cwd
        self.out = out
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the child. Raises UnavailableError where the program cannot be run."""
        identity: dict[str, object] = {}
        if self.user is not None:
            identity = {"user": self.user[0], "group": self.user[1], "extra_groups": []}
        parent = os.getpid()

        def die_with_parent() -> None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(self.stop_signal))
            if os.getppid() != parent:  # The parent died before the request was made.
                os._exit(1)

        with ExitStack() as files:
            err = files.enter_context(self.diagnostics.open("ab"))
            out = files.enter_context(self.out.open("wb")) if self.out else err
            try:
                # A session of its own: Ctrl-C in a terminal reaches the supervisor only, which
                # stops its children in order.
                self.process = subprocess.Popen(  # type: ignore[call-overload]
                    self.arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=self.environment,
                    cwd=self.cwd,
                    start_new_session=True,
                    preexec_fn=die_with_parent,  # noqa: PLW1509 - single-threaded at this point.
                    **identity,
                )
            except OSError as error:
                raise UnavailableError(
                    f"{self.name} cannot be started: {error.strerror}"
                ) from error

    @property
    def pid(self) -> int:
        """Process id; 0 before the start."""
        return self.process.pid if self.process else 0

    def exit_code(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        return self.process.poll() if self.process else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this child only; a child that has gone is no error."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self, limit_s: float) -> bool:
        """Wait at most ``limit_s`` seconds; return whether it has ended."""
        if self.process is None:
            return True
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, limit_s: float) -> None:
        """Stop in order, then by force."""
        self.signal(self.stop_signal)
        if not self.wait(limit_s):
            self.signal(signal.SIGKILL)
            self.wait(5)

    def bound_diagnostics(self, size_bytes_max: int = DIAGNOSTICS_BYTES_MAX) -> None:
        """Begin the file anew once it is large, and keep what it was as ``NAME.log.1``.

        The child goes on writing into the same file, so it is copied and cut. A line written just
        between the two is lost: these are words for people on call, no evidence.
        """
        try:
            if self.diagnostics.stat().st_size > size_bytes_max:
                shutil.copyfile(self.diagnostics, f"{self.diagnostics}.1")
                os.truncate(self.diagnostics, 0)
        except OSError:
            return  # A full disk, perhaps; that is for the role to say.

    def last_words(self) -> str:
        """Return what the diagnostics file says last: a role's reason and what to do, or a line."""
        try:
            lines = self.diagnostics.read_bytes()[-4_000:].decode(errors="replace").splitlines()
        except OSError:
            return "no output"
        last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
        try:
            document = json.loads(last)
            words = [document["reason"], *([document["advice"]] if "advice" in document else [])]
            return "; ".join(words)
        except (ValueError, KeyError, TypeError):
            return last[:300]


def wait_for_port(child: ChildProcess, port: int, limit_s: float) -> None:
    """Wait until something accepts on a loopback port. Raises UnavailableError."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if child.exit_code() is not None:
            raise UnavailableError(f"{child.name} ended at its start: {child.last_words()}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5):
                return
        except OSError:
            time.sleep(POLL_S)
    raise UnavailableError(f"{child.name} does not answer on port {port} after {limit_s:.0f} s")
