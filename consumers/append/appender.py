"""The appender of one log: records in, committed and promised entries, outcomes out.

Read before: ``consumers/loop.py``, which drives it, and ``batch``. Read next:
``ledger/application.py``.

One transaction a batch: entries, nodes, vault values, head and offset are durable together, then
the promise follows in its own thread, and only what a promise covers leaves (docs/spec/log.md).
A crash anywhere is repaired by starting again: the tracking row says what was consumed, and what is
committed but not promised is promised first. Two owners of one log are harmless: whoever holds the
head drops what was consumed already, and forgets what it knew if the head is not its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from consumers.append.batch import Batch, LogReader, Refusal
from consumers.append.control_follower import ControlFollower
from consumers.append.deliveries import Answers, Outbox
from consumers.append.event_type import CONTROL_LOG
from consumers.append.gates import Gates
from consumers.append.judge import Judge
from consumers.append.made import LedgerVoice, full_hour
from consumers.append.metrics import AppendMetrics
from consumers.append.promise_queue import PromiseQueue
from consumers.append.record import IncomingRecord, JudgedRecord
from consumers.incarnation import tracking_name
from consumers.receipts import Deliveries
from ledger.application import LogApplication, Written
from ledger.chain.ids import identifier_ok
from ledger.chain.tree import leaf_hash
from ledger.clock import MICROS_PER_SECOND, Clock, Random, SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.domain.rows import Head
from ledger.errors import MalformedError, RejectedError, UnavailableError
from ledger.store.key_store import KeyStore
from ledger.store.promise import Commit, Promiser
from ledger.store.quarantine import expire_quarantine
from ledger.store.recorder import LedgerRecorder
from ledger.store.transaction import LogTransaction

HEARTBEAT_LOOK_MICROS: Final = 5 * MICROS_PER_SECOND  # Between two looks at the database's clock.
JUDGEMENTS_MAX: Final = 5  # Of one batch, while another owner follows the control log further.
EVENT_ID: Final = slice(10, 26)  # Where the event id stands in an act's value.

Item = JudgedRecord | Refusal


class Step(NamedTuple):
    """One transaction's work: what was written, and what is to be said about it."""

    written: Written
    batch: Batch
    others: Head | None  # Head up to which somebody else's entries have to be promised first.


class Appender:
    """Appends to one log; not thread-safe."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        control: LedgerRecorder,
        promiser: Promiser,
        transport_keys: Mapping[int, bytes],
        *,
        key_store: KeyStore | None = None,
        metrics: AppendMetrics | None = None,
        clock: Clock | None = None,
        random: Random = system_random,
    ) -> None:
        """Read what is needed to begin.

        Args:
            recorder: Of this log.
            control: Of the control log; the same one for the control log's own appender.
            promiser: Writes second copy and promise of this log; started here.
            transport_keys: Private keys of the vault by id, 32 bytes each.
            key_store: Whose keys of refused records are destroyed when their time is over.
            metrics: Counts batches; none are counted without.
            clock: For durations and the timer only; entries have the database's time.
            random: Source of the salts of refused records.

        Raises:
            UnavailableError: the database is away.
            VerificationError: head, stored tree and promise do not fit (``Promiser.start``).
        """
        self.log = recorder.log
        self._recorder = recorder
        self._is_control = recorder.log == CONTROL_LOG
        # Checks head, tree and promise, and promises what a crash has left unpromised.
        promiser.start()
        self._queued_size = promiser.size  # Up to which commits were given to the promiser.
        self._follower = ControlFollower(control)
        state = self._follower.follow_promise()
        assert state.ledger is not None
        self._application = LogApplication(recorder.profile)
        self._judge = Judge(recorder.log, transport_keys)
        self._gates = Gates(recorder.origin)
        self._voice = LedgerVoice(recorder.log, recorder.origin, state.ledger.operator)
        self._promises = PromiseQueue(promiser, clock or SystemClock())
        self._outbox = Outbox(recorder.node_reader(), recorder.frontier_at)
        self._random = random
        self._metrics = metrics
        self._key_store = key_store
        self._expired_at = 0  # Hour at which quarantine keys were last looked at.
        self._clock = clock or SystemClock()
        self._next_look = 0  # When the next heartbeat is looked for.
        self._uncertain: Step | None = None  # Written, but whether it committed is not known.

    @property
    def has_waiting(self) -> bool:
        """Whether answers wait for their promise, so that a tick is due soon."""
        return self._uncertain is not None or self._outbox.newest_size > 0

    @property
    def is_retrying(self) -> bool:
        """Whether the tile store is away, so that nothing can leave."""
        return self._promises.is_retrying

    @property
    def publish_failures(self) -> int:
        """How many promises and publications have failed so far."""
        return self._promises.failures

    def last_offset(self, name: str) -> int | None:
        """Return the last consumed offset under a tracking name, None for an unknown one.

        Raises:
            UnavailableError: the database is away.
        """
        offset: int | None = self._recorder.max_tracking_id(name)
        return offset

    def process(self, records: Sequence[IncomingRecord], incarnation: str) -> Deliveries:
        """Append what is new in a batch of one partition, and return what may leave now.

        Args:
            records: In offset order, at least one, all of one topic and partition.
            incarnation: The topic's, for all of them.

        Raises:
            UnavailableError: PostgreSQL or the tile store is away; whether the batch was
                committed shows the tracking row.
            VerificationError: the log cannot go on.
        """
        started = self._clock.now_micros()
        first, last = records[0], records[-1]
        name = tracking_name(incarnation, first.topic, first.partition)
        batch = self._append(records, incarnation, {name: last.offset})
        if self._metrics is not None:
            self._observe("append", started)
            outcomes = [answer.outcome for answer in batch.answers]
            codes = [notice.code for notice in batch.notices]
            self._metrics.count_batch(outcomes, codes, len(batch.openings))
        return self._deliver()

    def tick(self) -> Deliveries:
        """Write a heartbeat if one is due, and return what may leave now.

        Raises:
            UnavailableError: PostgreSQL or the tile store is away.
            VerificationError: the log cannot go on.
        """
        self._settle()
        if self._heartbeat_may_be_due():
            self._append((), "", {})
        return self._deliver()

    def drain(self) -> Deliveries:
        """Wait until everything committed is promised, and return what is left to leave.

        Raises:
            UnavailableError: the promise took too long; it is made at the next start.
        """
        self._settle()
        if not self._promises.wait_for(self._outbox.newest_size):
            raise UnavailableError("the tile store is away: nothing can be promised")
        return self._deliver()

    def close(self) -> None:
        """End the promise thread. What is committed and not promised is promised at next start."""
        self._promises.close()

    def _deliver(self) -> Deliveries:
        promised = self._promises.promised
        deliveries = self._outbox.take(promised)
        if self._metrics is not None:
            self._metrics.promised(promised.size)
        return deliveries

    def _append(
        self, records: Sequence[IncomingRecord], incarnation: str, tracking: Mapping[str, int]
    ) -> Batch:
        """Commit one batch; judge it again if the control log went on meanwhile."""
        self._settle()
        for _ in range(JUDGEMENTS_MAX):
            # Read before the head lock: an entry never says that it was judged by more than this.
            state = self._follower.follow_promise()
            if state.catalogue is None and not self._is_control:
                raise UnavailableError("the control log has not published its catalogue yet")
            items = None if self._is_control else self._examine(records, state)
            step = self._commit(records, items, incarnation, tracking, state)
            if step is not None:
                self._finish(step)
                return step.batch
        raise UnavailableError("the control log goes on faster than this log can follow")

    def _examine(self, records: Sequence[IncomingRecord], state: ControlState) -> list[Item]:
        started = self._clock.now_micros()
        self._judge.follow(state)
        items = [self._examined(record) for record in records]
        self._observe("judge", started)
        return items

    def _examined(self, record: IncomingRecord) -> Item:
        try:
            return self._judge.examine(record)
        except (RejectedError, MalformedError) as error:
            return Refusal(record, error)

    def _commit(
        self,
        records: Sequence[IncomingRecord],
        items: Sequence[Item] | None,
        incarnation: str,
        tracking: Mapping[str, int],
        state: ControlState,
    ) -> Step | None:
        """Run one transaction; None if another owner has judged by a larger control log."""
        with self._recorder.transaction() as tx:
            # The head lock is held from here to the commit: nobody else appends to this log.
            head = tx.head
            if head.control_size > state.size and not self._is_control:
                return None
            self._application.begin(tx)
            if self._is_control:
                state = self._follower.follow_to(tx.head.tree_size).copy()
                self._judge.follow(state)
            offsets = [tx.tracking(name) for name in tracking]
            consumed = max((offset for offset in offsets if offset is not None), default=-1)
            fresh = [record for record in records if record.offset > consumed]
            self._application.load_heads(tx, self._streams(fresh))
            batch = self._batch(tx, fresh, state)
            batch.run(self._items(items, fresh), incarnation)
            written = self._application.write(
                tx,
                control_size=self._application.next_index - 1 if self._is_control else state.size,
                tracking={name: offset for name, offset in tracking.items() if offset > consumed},
                refusals=batch.refusals,
                openings=batch.openings,
                quarantine=batch.quarantine,
            )
            self._uncertain = Step(written, batch, self._others(head))
        # Committed: entries, vault values and offset are durable. A crash from here on loses
        # nothing: what is not promised yet is promised at the next start.
        return self._uncertain

    def _settle(self) -> None:
        """Find out whether a commit whose answer was lost did happen."""
        if self._uncertain is not None:
            mine, found = self._uncertain.written.head, self._recorder.head()
            if (mine.tree_size, mine.root) == (found.tree_size, found.root):
                self._finish(self._uncertain)
            self._uncertain = None

    def _others(self, head: Head) -> Head | None:
        """Return ``head`` if there are entries below it that were not given to our promiser."""
        return head if self._queued_size < head.tree_size else None

    def _items(
        self, items: Sequence[Item] | None, fresh: Sequence[IncomingRecord]
    ) -> Iterable[Item]:
        if items is not None:
            return items[len(items) - len(fresh) :]
        # The control log: each record is examined by what the ones before it have changed.
        return (self._examined(record) for record in fresh)

    def _streams(self, fresh: Sequence[IncomingRecord]) -> list[str]:
        """Return the streams whose heads a batch may need."""
        keys = {record.key for record in fresh if record.key is not None}
        texts = (key.decode("ascii", "replace") for key in keys)
        return [self._voice.log_stream, *(text for text in texts if identifier_ok(text))]

    def _batch(
        self, tx: LogTransaction, fresh: Sequence[IncomingRecord], state: ControlState
    ) -> Batch:
        """Return a batch that knows what the log has of its event ids, asked for once."""
        values = [record.value for record in fresh if record.value is not None]
        ids = [event_id for value in values if len(event_id := value[EVENT_ID]) == 16]
        log = LogReader(
            tx.head,
            tx.known_events(ids) if ids else {},
            tx.refusals(ids) if ids else {},
            tx.stream_entries,
            tx.openings_missing,
            self._recorder.entry,
        )
        return Batch(
            self._application, self._judge, self._gates, self._voice, log, state, self._random
        )

    def _finish(self, step: Step) -> None:
        """Remember a commit, queue its promise, and keep its answers until then."""
        self._uncertain = None
        written, batch, others = step
        self._application.committed(written)
        if self._is_control and batch.state.size > self._follower.state.size:
            self._follower.adopt(batch.state)
        if others is not None:
            self._promise_others(others)
        rows, head = written.rows, written.head
        leaves = [row.leaf for row in rows]
        start = head.tree_size - len(rows)
        self._outbox.put(
            Answers(
                head.tree_size,
                batch.answers,
                batch.notices,
                start,
                leaves,
                written.nodes,
                written.frontier,
            )
        )
        if self._metrics is not None:
            self._metrics.head(head.tree_size, head.received_at)
        if rows:
            self._promise([row.state for row in rows], leaves, head)

    def _promise(self, entries: Sequence[bytes], leaves: Sequence[bytes], head: Head) -> None:
        self._queued_size = head.tree_size
        self._promises.put(Commit(entries, leaves, head.tree_size, head.root, head.control_size))

    def _promise_others(self, head: Head) -> None:
        """Queue the promise of entries that another owner, or this one before a crash, left."""
        start = self._queued_size
        stored = self._recorder.read_entries(start, head.tree_size - start)
        entries = [data for _, data in stored]
        leaves = [leaf_hash(data) for data in entries]
        frontier = self._recorder.frontier_at(head.tree_size, head.root)
        self._outbox.put(Answers(head.tree_size, (), (), start, leaves, (), frontier))
        self._promise(entries, leaves, head)

    def _heartbeat_may_be_due(self) -> bool:
        """Look at the clock now and then; whether it is due is decided under the head lock."""
        now = self._clock.now_micros()
        if now < self._next_look:
            return False
        self._next_look = now + HEARTBEAT_LOOK_MICROS
        state, head = self._follower.follow_promise(), self._recorder.head()
        hour = full_hour(head.now)
        if self._key_store is not None and hour > self._expired_at:
            self._expired_at = hour
            expire_quarantine(self._key_store, head.now)
        if not state.is_simulated:
            return hour > head.received_at
        return not self._is_control and full_hour(state.received_at) > head.received_at

    def _observe(self, stage: str, started: int) -> None:
        if self._metrics is not None:
            micros = self._clock.now_micros() - started
            self._metrics.observe(stage, micros / MICROS_PER_SECOND)
