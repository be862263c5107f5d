"""Emits a generated file into a ledger: one producer, in file order.

Read before: ``client``, ``platform_acts``, ``consumers.generate.records``. Read next:
``consumers.platform.commands``.

Acts are signed in submissions of one emitter each, and sent in the order of the file. Nothing
else orders two logs, so before the first act that follows a control act or a platform command
its answer is waited for; and before a command, the answers to everything before it. Simulated
times go only to a ledger whose clock is simulated. There a control act waits for the case acts
before it too: a case log follows the control log's time with its heartbeats, so what is still on
its way when the control log moves on would be received later than it was sent. Simulated time is
ended, for ever, only when the file is whole in the ledger: everything answered, no act rejected,
nobody has stopped us. Emitting a file again is harmless: every act is a duplicate of itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.ledger_copy import ledger_name, vault_key
from consumers.emitter.platform_acts import PlatformActs
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from consumers.emitter.transport import Topics
from consumers.generate.emitters import registration
from consumers.generate.records import SimulatedRecord
from consumers.topics import CONTROL
from ledger.chain.act import EVENT_ID
from ledger.chain.notes import Signer
from ledger.chain.outcomes import GATE_REFUSED, REJECTED
from ledger.chain.varint import read_length
from ledger.clock import MICROS_PER_SECOND, Clock, Random
from ledger.domain.control import ControlState
from ledger.errors import RejectedError

SUBMISSION_ACTS: Final = 256  # Acts under one signature.
WINDOW_ACTS: Final = 2_048  # Acts from which submissions are gathered.
PACED_WINDOWS_PER_S: Final = 10


class CommandPerformer(Protocol):
    """The platform, as far as a file commands it."""

    def perform(self, record: SimulatedRecord) -> None:
        """Perform ``record.command`` and return when its acts are answered; repeatable."""
        ...


@dataclass
class EmitSummary:
    """What became of a file.

    Attributes:
        outcomes: Number of acts by outcome, those of commands among them.
        codes: Number of rejected acts by code.
        gate_rules: How often each rule had a gate refuse an act.
        commands: Platform commands performed.
        registered: Emitters registered.
        resent: Times an act was sent again.
        unanswered: Acts without an answer when emitting ended.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    gate_rules: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    registered: int = 0
    resent: int = 0
    unanswered: int = 0

    def answered(self, _item: SubmissionItem, answer: Answer) -> None:
        """Count one answer."""
        self.outcomes[answer.outcome] += 1
        if answer.outcome == GATE_REFUSED:
            self.gate_rules.update(answer.failed)
        elif answer.code is not None:
            self.codes[answer.code] += 1

    @property
    def total(self) -> int:
        """Number of answered acts."""
        return self.outcomes.total()


class FileEmitter:
    """Emits the records of a file."""

    def __init__(
        self,
        client: EmitterClient,
        state: ControlState,
        keys: EmitterKeys,
        platform: Signer | None,
        performer: CommandPerformer | None,
        summary: EmitSummary,
        stopping: threading.Event,
        clock: Clock,
        random: Random,
        *,
        rate: float | None = None,
        progress: Callable[[int], None] = lambda _sent: None,
    ) -> None:
        """Prepare.

        Args:
            client: Sends and waits; its answers are counted in ``summary``.
            state: The ledger's control log.
            keys: The emitters' keys.
            platform: The platform's key, to register emitters in a synthetic ledger and to
                end simulated time; without it neither is done.
            performer: Performs platform commands; without it a file may have none.
            summary: Where counts go.
            stopping: Set from outside to end early.
            clock: Time of submissions, and of registrations where the clock is the system's.
            random: Source of keys, nonces and ids.
            rate: Acts a second at most, None for as fast as possible.
            progress: Told how many records are sent.

        Raises:
            RejectedError: The control log has no entry 0 or no catalogue yet.
        """
        self._client = client
        self._state = state
        self._keys = keys
        self._platform = platform
        self._platform_acts = PlatformActs(state)
        assert state.catalogue is not None
        self._catalogue = state.catalogue
        self._topics = Topics(state.catalogue)
        self._performer = performer
        self._summary = summary
        self._stopping = stopping
        self._clock = clock
        self._random = random
        self._rate = rate
        self._progress = progress
        self._name = ledger_name(state)
        self._vault_key = vault_key(state)
        self._ready: set[str] = set()
        self._window: list[SimulatedRecord] = []
        self._window_is_control = False
        self._control: list[int] = []
        self._has_sent_cases = False
        self._sent = 0
        self._started = clock.now_micros()
        paced = WINDOW_ACTS if rate is None else int(rate / PACED_WINDOWS_PER_S)
        self._window_acts = min(WINDOW_ACTS, max(1, paced))

    def emit(self, records: Iterable[SimulatedRecord]) -> None:
        """Emit records in order and wait for all answers, or until ``stopping`` is set.

        What was sent before ``stopping`` is set may still be answered; nothing is sent after it.

        Raises:
            UnavailableError: The ledger was away for too long, or gave no answers.
            RejectedError: An emitter is not registered and cannot be; a command cannot be
                performed.
        """
        last = 0
        for record in records:
            if self._stopping.is_set():
                break
            last = record.sim_time
            if record.command is not None:
                self._perform(record)
            elif record.act is not None:
                self._gather(record, record.act)
        self._flush()
        self._client.wait()
        if last and self._is_whole():
            self._end_simulated_time(last)
        self._summary.resent = self._client.resent_total
        self._summary.unanswered = self._client.unanswered

    def _is_whole(self) -> bool:
        """Tell whether all that was read is in the ledger, or refused by a gate of it."""
        is_answered = not self._client.unanswered and not self._summary.outcomes[REJECTED]
        return is_answered and not self._stopping.is_set()

    def _end_simulated_time(self, at: int) -> None:
        if self._platform is not None and self._state.is_simulated:
            self._send_control(self._platform_acts.simulation_ended(at), at)

    def _perform(self, record: SimulatedRecord) -> None:
        if self._performer is None:
            raise RejectedError("NO_PLATFORM", "the file has platform commands")
        self._flush()
        self._client.wait()
        if not self._stopping.is_set():
            self._performer.perform(record)
            self._summary.commands += 1
            self._count(1)

    def _gather(self, record: SimulatedRecord, act: bytes) -> None:
        is_control = self._topics.topic(event_type_of(act), record.key) == CONTROL
        if self._window and is_control != self._window_is_control:
            self._flush()
        self._register_if_missing(record)
        self._window_is_control = is_control
        self._window.append(record)
        if len(self._window) >= self._window_acts:
            self._flush()

    def _flush(self) -> None:
        """Send the window; a case act waits for the answers to the control acts before it."""
        window, self._window = self._window, []
        if not window:
            return
        if self._window_is_control:
            self._settle_simulated_time()
        else:
            self._client.wait(self._control)
            self._control = []
        if self._stopping.is_set():
            return
        numbers = self._client.send(self._items(window))
        if self._window_is_control:
            self._control += numbers
        else:
            self._has_sent_cases = True
        self._count(len(window))

    def _settle_simulated_time(self) -> None:
        """Wait for the case acts sent so far, before the control log moves time on."""
        if self._state.is_simulated and self._has_sent_cases:
            self._client.wait()
            self._has_sent_cases = False

    def _items(self, window: list[SimulatedRecord]) -> list[SubmissionItem]:
        """Return the window's acts as they travel, in file order."""
        places: dict[str, list[int]] = {}
        for place, record in enumerate(window):
            places.setdefault(record.emitter_id, []).append(place)
        items: dict[int, SubmissionItem] = {}
        for emitter_id, all_places in places.items():
            signer = self._keys.signer(emitter_id)
            for start in range(0, len(all_places), SUBMISSION_ACTS):
                some = all_places[start : start + SUBMISSION_ACTS]
                acts = [self._unsealed(window[place]) for place in some]
                items.update(zip(some, self._build(acts, signer), strict=True))
        return [items[place] for place in range(len(window))]

    def _build(self, acts: list[UnsealedAct], signer: Signer) -> list[SubmissionItem]:
        return build_items(self._name, acts, [signer], self._vault_key, self._clock, self._random)

    def _unsealed(self, record: SimulatedRecord) -> UnsealedAct:
        assert record.act is not None
        time = record.sim_time if self._state.is_simulated else None
        return UnsealedAct(record.key, record.act, record.openings, time)

    def _register_if_missing(self, record: SimulatedRecord) -> None:
        emitter_id = record.emitter_id
        if emitter_id in self._ready:
            return
        known = self._state.emitters.get(emitter_id)
        assert self._state.ledger is not None
        if self._platform is None or not self._state.ledger.synthetic:
            if known is None:
                raise RejectedError("R3_EMITTER", "an emitter of the file is not registered")
            self._keys.signer(emitter_id)
        else:
            signer = self._keys.ensure(emitter_id)
            if known is None or signer.vkey not in {key.key.vkey for key in known.keys}:
                self._register(record, signer.vkey)
        self._ready.add(emitter_id)

    def _register(self, record: SimulatedRecord, vkey: str) -> None:
        self._flush()
        self._settle_simulated_time()
        if self._stopping.is_set():
            return
        at = record.sim_time if self._state.is_simulated else self._clock.now_micros()
        row = registration(record.emitter_id, self._catalogue)
        act = self._platform_acts.emitter_registered(
            row.emitter_id, vkey, row.kind, row.agency_ids, row.event_types, at
        )
        self._send_control(act, at)
        self._summary.registered += 1

    def _send_control(self, act: UnsealedAct, at: int) -> None:
        """Send one act of the platform and wait for its answer."""
        assert self._platform is not None
        if self._state.is_simulated:
            act = act._replace(sim_time=at)
        self._client.wait(self._client.send(self._build([act], self._platform)))

    def _count(self, count: int) -> None:
        self._sent += count
        self._progress(self._sent)
        if self._rate is not None:
            elapsed = (self._clock.now_micros() - self._started) / MICROS_PER_SECOND
            self._stopping.wait(max(0.0, self._sent / self._rate - elapsed))


def event_type_of(act: bytes) -> str:
    """Return the event type of an act's value without reading the rest of it."""
    length, position = read_length(act, EVENT_ID.stop)
    # What is no text is no type that anybody knows; the ledger refuses it.
    return act[position : position + length].decode(errors="replace")
