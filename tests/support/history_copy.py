"""A generated history as entries, the platform's part of it included.

No broker and no appender: what is measured or tried on it begins behind them. Acts and their order are the
generator's, commands are carried out by the platform's own code, and entries have the size that
they have in a real ledger: a submission of 420 bytes beside the act.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from consumers.append.openings import identifier_scheme
from consumers.emitter.submission import UnsealedAct
from consumers.generate.emitters import registration
from consumers.generate.history import generate
from consumers.generate.records import SimulatedRecord, read_records
from consumers.platform.performer import FilePerformer
from consumers.supervise.control_history import ControlHistory
from ledger.chain.act import EVENT_ID, decode_act
from ledger.chain.commitments import Opening
from ledger.chain.note_keys import Signer
from ledger.domain.projection import CONTROL_LOG, act_type
from ledger.rules.day_close.rule import Person
from schemas.catalogue import load_catalogue
from tests.support.day_closing import MemoryPersons
from tests.support.ledger_copy import PLATFORM, SECOND, LedgerCopy, codec_of
from tests.support.platform import LOG, CopyOfLogs, Platform, publish_rules

UNTIL = 1_790_000_000_000_000
BEFORE = 1_735_689_600_000_000  # 2025-01-01, before anything in a history happens.
VIOLATION_RATE = 0.1
SUBMISSION_SIZE_BYTES = 420


class HistoryCopy:
    """The entries of a history.

    Attributes:
        ledger: The entries.
        persons: The vault's index.
        planted: Violations of the truth file: ``rule_id``, ``stream_id``, ``trigger_event_id``.
        refused: How many commands could not become acts, by reason.
    """

    def __init__(self, cases: int, seed: int, violations: float = VIOLATION_RATE) -> None:
        """Generate ``cases`` cases and put everything that happens into entries."""
        self.ledger = LedgerCopy(1, start=BEFORE)
        publish_rules(self.ledger)
        self.ledger.submission = bytes(SUBMISSION_SIZE_BYTES)
        self.persons = MemoryPersons()
        self._catalogue = load_catalogue()
        self._emitters: set[str] = set()
        rows = self._catalogue.rows
        self._control_types = {name for name, row in rows.items() if row.log == CONTROL_LOG}
        with tempfile.TemporaryDirectory(prefix="lianzheng-history-") as folder:
            file = Path(folder) / "history.avro"
            generate(cases, seed, UNTIL, violations, file)
            truth = json.loads(file.with_suffix(".truth.json").read_text())
            self.planted: list[dict[str, str]] = truth["violations"]
            self._platform = Platform(self.ledger)
            control = ControlHistory(CopyOfLogs(self.ledger))
            performer = FilePerformer(self._platform.commands, self._send, control=control)
            with file.open("rb") as stream:
                for record in read_records(stream):
                    self._take(record, performer)
            self.refused = dict(performer.refused)
        # Time goes on to the end also where nothing more happened.
        self.ledger.now = max(self.ledger.now, UNTIL)
        for log in self.ledger.logs:
            self.ledger.add("LogHeartbeat", {"at": UNTIL}, stream=f"log:{log}", log=log, actors=())

    @property
    def size(self) -> int:
        """How many entries there are in all logs."""
        return sum(map(len, self.ledger.logs.values()))

    def _register(self, emitter: str) -> None:
        """Register the system of a record before its first act, as whoever emits a file does."""
        self._emitters.add(emitter)
        row = registration(emitter, self._catalogue)
        payload = {
            "emitterId": emitter,
            "kind": row.kind,
            "agencyIds": list(row.agency_ids),
            "eventTypes": list(row.event_types),
            "vkey": Signer(emitter, bytes(32)).vkey,
            "validFrom": self.ledger.now,
        }
        stream, platform = f"emitter:{emitter}", PLATFORM.name
        self.ledger.add("EmitterRegistered", payload, stream=stream, emitter_id=platform, actors=())

    def _take(self, record: SimulatedRecord, performer: FilePerformer) -> None:
        if record.act is None:
            performer.perform(record)
            return
        self.ledger.now = max(self.ledger.now, record.sim_time - SECOND)
        if record.emitter_id not in self._emitters:
            self._register(record.emitter_id)
        self.ledger.append(record.act, self._log_of(record.act), len(record.openings))
        self._open(record.act, record.openings)

    def _log_of(self, act: bytes) -> str:
        event_type, _ = act_type(act)
        return CONTROL_LOG if event_type in self._control_types else LOG

    def _send(self, acts: Sequence[UnsealedAct]) -> None:
        for act in acts:
            if self._platform.refused_by(act):
                continue  # A history has attempts that must be refused.
            self.ledger.append(act.value, self._log_of(act.value), len(act.openings))
            self._open(act.value, act.openings)

    def _open(self, act: bytes, openings: Sequence[Opening]) -> None:
        for opening in openings:
            value = json.loads(opening.value)
            self._platform.vault.keep(act[EVENT_ID], opening.path, value)
            if opening.path.endswith(("/idValueCommitment", "/idCard")):
                self._index(act, opening, value)

    def _index(self, act: bytes, opening: Opening, number: str) -> None:
        decoded, log = decode_act(act), self._log_of(act)
        payload = codec_of(decoded.event_type, decoded.schema_version).decode(decoded.payload)
        scheme = identifier_scheme(payload, opening.path)
        assert scheme is not None
        self.persons.know(scheme, number, Person(log, decoded.stream_key, opening.subject_id))
