"""A ledger for a benchmark: real servers, a real birth, and its control log's appender.

Everything lies in a temporary folder and ends with the block.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from report import ROOT, say

from consumers.emitter.client import EmitterClient
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.ledger_copy import read_control_state
from consumers.emitter.platform_acts import PlatformActs
from consumers.emitter.submission import build_items
from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.chain.sources import DirectorySource
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.errors import IncompleteError
from ledger.store.birth import LedgerOptions
from ledger.store.key_files import read_signer
from portal.stack.ledger_stack import LedgerStack, StackPlan
from portal.stack.postgres import system_folder
from portal.stack.process import ChildProcess
from portal.stack.supervisor import python_role

NAME = "bench"
OPERATOR = "12430000FCT000003D"
PUBLISHED_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0


class BenchLedger:
    """A ledger whose control log is published and kept by a process of its own."""

    def __init__(self, stack: LedgerStack, case_logs: int) -> None:
        self.stack = stack
        self.data = stack.data
        self.case_logs = case_logs
        self.kafka = KafkaAddress(stack.broker.bootstrap)
        self.database_url = stack.databases.owner_url
        self.platform = read_signer(self.data / "keys", "platform")

    def environment(self) -> dict[str, str]:
        """Return the environment of a role of this ledger."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LEDGER_DATA": str(self.data),
            "LEDGER_KAFKA": self.kafka.servers,
            "LEDGER_DATABASE_URL": self.database_url,
        }

    def control_state(self) -> ControlState:
        """Return the published control log, waiting for its catalogue."""
        key = VerifierKey.from_vkey((self.data / "keys" / "log-control.vkey").read_text().strip())
        source = DirectorySource(self.data / "tiles" / "control")
        end = time.monotonic() + PUBLISHED_LIMIT_S
        while time.monotonic() < end:
            try:
                state = read_control_state(source, [key])
            except IncompleteError:
                continue
            if state.catalogue is not None:
                return state
            time.sleep(0.1)
        raise IncompleteError("the control log is not published")

    def register(self, signer: Signer, agencies: Sequence[str], types: Sequence[str]) -> None:
        """Register an emitter and wait for its receipt."""
        state = self.control_state()
        assert state.catalogue is not None
        line = KafkaLine(self.kafka, Topics(state.catalogue).topic, SystemClock())
        client = EmitterClient(line, _expect_committed, threading.Event(), SystemClock())
        at = SystemClock().now_micros()
        act = PlatformActs(state).emitter_registered(
            signer.name, signer.vkey, "AGENCY", agencies, types, at
        )
        items = build_items(NAME, [act], [self.platform], None, SystemClock(), system_random)
        client.wait(client.send(items))
        client.close()

    def worker(self, program: str, *words: str) -> subprocess.Popen[str]:
        """Start a program beside this one; it finds the ledger in its environment."""
        path = Path(__file__).with_name(program)
        return subprocess.Popen(
            [sys.executable, str(path), *words],
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )


def result_of(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a worker and return the JSON object in its last line."""
    out, _ = worker.communicate()
    if worker.returncode != 0:
        raise SystemExit(f"{worker.args} ended with {worker.returncode}")
    document: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return document


@contextmanager
def open_ledger(broker: str, case_logs: int, sim_start: int | None = None) -> Iterator[BenchLedger]:
    """Lend a published ledger with nobody appending to its case logs yet."""
    with tempfile.TemporaryDirectory(prefix="lianzheng-bench-") as folder:
        synthetic = sim_start is not None
        options = LedgerOptions(
            NAME, OPERATOR, logs=case_logs, synthetic=synthetic, sim_start=sim_start
        )
        stack = LedgerStack(StackPlan(Path(folder), options, broker), say)
        stack.prepare_folder()
        control: ChildProcess | None = None
        try:
            stack.start_servers()
            stack.give_birth(SystemClock(), system_random)
            ledger = BenchLedger(stack, case_logs)
            words = ["append", "--log", "control"]
            control = python_role(
                "append-control", words, ledger.environment(), stack.diagnostics, ROOT
            )
            control.start()
            ledger.control_state()
            yield ledger
        finally:
            if control is not None:
                control.stop(STOP_LIMIT_S)
            stack.stop()
            shutil.rmtree(system_folder(Path(folder)), ignore_errors=True)


def _expect_committed(_item: object, answer: Any) -> None:
    if not answer.is_in_ledger:
        raise SystemExit(f"a control act was refused: {answer.code}")
