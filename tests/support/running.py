"""A whole ledger run as a user runs it: `lianzheng up` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
UP_LIMIT_S = 180
STOP_LIMIT_S = 90


def environment(root: Path = ROOT, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The test's environment with these settings of a ledger only; packages come from ``root``."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LEDGER_")}
    return {**kept, "PYTHONPATH": str(root), **(settings or {})}


def program(
    *words: str,
    limit_s: float = 300,
    root: Path = ROOT,
    settings: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command of the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "portal.cli.main", *map(str, words)],
        cwd=root,
        env=environment(root, settings),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )


def fetch(url: str, limit_s: float = 10) -> tuple[int, bytes]:
    """GET; status 0 where nothing answers."""
    try:
        with OPENER.open(url, timeout=limit_s) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def wait_for(condition, limit_s: float, what: str):
    """Poll until ``condition`` returns something true; return it."""
    end = time.monotonic() + limit_s
    pause = threading.Event()
    while time.monotonic() < end:
        if value := condition():
            return value
        pause.wait(0.05)
    raise AssertionError(f"{what}: not within {limit_s:.0f} s")


def children_of(root: int) -> dict[int, str]:
    """Return the live processes below ``root``: pid to command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z":
                parents[int(entry.name)] = int(fields[1])
    found: dict[int, str] = {}
    todo = [root]
    while todo:
        parent = todo.pop()
        for pid, above in parents.items():
            if above == parent and pid not in found:
                try:
                    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                found[pid] = b" ".join(words).decode(errors="replace")
                todo.append(pid)
    return found


class RunningLedger:
    """`lianzheng up` on a folder, started and stopped by a test."""

    command = "up"

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.options = options
        self.root = ROOT
        self.settings: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.run: dict = {}

    def start(self) -> RunningLedger:
        """Start and wait until run.json is there."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        (self.data.parent / "up.log").touch()
        words = [self.command, "--data", str(self.data), "--http", "127.0.0.1:0", *self.options]
        with (self.data.parent / "up.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.cli.main", *words],
                cwd=self.root,
                env=environment(self.root, self.settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            wait_for(self._is_up, UP_LIMIT_S, "lianzheng up")
        except AssertionError:
            if self.process.poll() is None:
                self.kill()  # A fixture that fails here never gets to its own end.
            raise
        return self

    def _is_up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"up ended with {self.process.returncode}:\n{self.words()}")
        try:
            self.run = json.loads((self.data / "run.json").read_text())
        except (OSError, ValueError):
            return False
        return self.run.get("pid") == self.process.pid

    def words(self) -> str:
        """What it printed, and the last lines of every role."""
        texts = [(self.data.parent / "up.log").read_text(errors="replace")[-2000:]]
        for path in sorted((self.data / "diagnostics").glob("*.log")):
            texts.append(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}")
        return "\n".join(texts)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.send_signal(number)
        return self.process.wait(STOP_LIMIT_S)

    def kill(self) -> None:
        """End it by force; its children follow by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def url(self, path: str) -> str:
        """Return an address of the portal."""
        return self.run["http"] + path

    def get(self, path: str) -> tuple[int, bytes]:
        """GET from the portal."""
        return fetch(self.url(path))

    def json(self, path: str):
        """GET JSON from the portal."""
        status, body = self.get(path)
        assert status == 200, (status, body[:500])
        return json.loads(body)
