"""The generator's mix: whole cases of many emitters, openings sealed, in file order.

Control acts are appended first; case acts are returned as records and not sent. Platform
commands are left out: they are the portal's load, not the emitters'.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from running_ledger import BenchLedger

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.emit_file import EmitSummary, FileEmitter, event_type_of
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import Topics, act_record
from consumers.generate.history import generate
from consumers.generate.records import SimulatedRecord, read_records
from consumers.record_batch import OutRecord
from consumers.topics import ACTS
from ledger.chain.act import decode_act
from ledger.clock import SystemClock, system_random

MIX_START = 1_700_000_000_000_000  # Before everything that is generated.
MIX_UNTIL = 1_790_000_000_000_000
VIOLATION_RATE = 0.1
SLICE_ACTS = 20_000


class CapturingLine(KafkaLine):
    """Sends control acts and keeps case acts for later, answered as if they had been sent."""

    def __init__(self, ledger: BenchLedger, topics: Topics) -> None:
        super().__init__(ledger.kafka, topics.topic, SystemClock())
        self._topics = topics
        self._answers: list[tuple[int, Answer]] = []
        self.captured: list[OutRecord] = []

    def send(self, items: Sequence[tuple[int, SubmissionItem]]) -> None:
        """Send what is for the control log; the end of simulated time is kept back."""
        real: list[tuple[int, SubmissionItem]] = []
        for number, item in items:
            event_type = event_type_of(item.act)
            if event_type == "SimulationEnded":
                self._answers.append((number, Answer("committed")))
            elif self._topics.topic(event_type, item.key) == ACTS:
                self.captured.append(act_record(item, decode_act(item.act), ACTS))
                self._answers.append((number, Answer("committed")))
            else:
                real.append((number, item))
        if real:
            super().send(real)

    def receive(self, timeout_s: float) -> list[tuple[int, Answer]]:
        """Return answers, captured ones at once."""
        answers, self._answers = self._answers, []
        return answers or super().receive(timeout_s)


class MixLoad:
    """Turns generated cases into records for the acts topic of a ledger."""

    def __init__(self, ledger: BenchLedger) -> None:
        self._ledger = ledger
        self._folder = tempfile.TemporaryDirectory(prefix="lianzheng-mix-")
        self._keys = EmitterKeys(Path(self._folder.name) / "keys", system_random)

    def records(self, cases: int, seed: int) -> list[OutRecord]:
        """Generate cases, append what of them is for the control log, return the rest."""
        return [record for piece in self.pieces(cases, seed, 10_000) for record in piece]

    def pieces(self, cases: int, seed: int, size: int) -> Iterator[list[OutRecord]]:
        """Do the same, and yield the rest in pieces of ``size`` records, while going on."""
        file = Path(self._folder.name) / f"{seed}.avro"
        generate(cases, seed, MIX_UNTIL, VIOLATION_RATE, file)
        state = self._ledger.control_state()
        assert state.catalogue is not None
        line = CapturingLine(self._ledger, Topics(state.catalogue))
        summary = EmitSummary()
        stopping = threading.Event()
        client = EmitterClient(line, summary.answered, stopping, SystemClock())
        emitter = FileEmitter(
            client,
            state,
            self._keys,
            self._ledger.platform,
            None,
            summary,
            stopping,
            SystemClock(),
            system_random,
        )
        with file.open("rb") as stream:
            acts = _acts(read_records(stream))
            while slice_ := list(islice(acts, SLICE_ACTS)):
                emitter.emit(slice_)
                while len(line.captured) >= size:
                    yield line.captured[:size]
                    del line.captured[:size]
        if line.captured:
            yield line.captured
        client.close()
        file.unlink()

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()


def _acts(records: Iterator[SimulatedRecord]) -> Iterator[SimulatedRecord]:
    return (record for record in records if record.command is None)
