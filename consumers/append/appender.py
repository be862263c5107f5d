"""The appender of one log: records in, committed and promised entries, outcomes out.

Read before: ``consumers/loop.py``, which drives it, and ``writer``. Read next:
``ledger/application.py``.

Three things go on side by side: this thread examines a batch while the one before is committed in
a second thread and the ones before that are promised in a third. One transaction a batch: entries,
nodes, vault values, head and offset are durable together; then the promise; and only what a promise
covers leaves (docs/spec/checkpoint.md). A crash anywhere is repaired by starting again: the
tracking row says what was consumed, and what is committed but not promised is promised first. Two
owners of one log are harmless: whoever holds the head drops what was consumed already, and forgets
what it knew if the head is not its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from consumers.append.control_follower import ControlFollower
from consumers.append.deliveries import Answers, Outbox
from consumers.append.judge import Judge
from consumers.append.made import full_hour
from consumers.append.metrics import AppendMetrics
from consumers.append.promise_queue import PromiseQueue
from consumers.append.record import IncomingRecord
from consumers.append.writer import LogWriter, Step, Work
from consumers.incarnation import tracking_name
from consumers.receipts import Deliveries
from ledger.chain.tree import leaf_hash
from ledger.clock import MICROS_PER_SECOND, Clock, Random, SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.domain.rows import Head
from ledger.errors import UnavailableError
from ledger.store.key_store import KeyStore
from ledger.store.promise import Commit, Promiser
from ledger.store.quarantine import expire_quarantine
from ledger.store.recorder import LedgerRecorder

SMALL_BATCH: Final = 256  # Up to here nothing waits behind it: commit and promise are waited for.
PROMISE_WAIT_S: Final = 0.05  # Of a small batch; then its answers leave at a later tick.
HEARTBEAT_LOOK_MICROS: Final = 5 * MICROS_PER_SECOND  # Between two looks at the database's clock.
JUDGEMENTS_MAX: Final = 5  # Of one batch, while another owner follows the control log further.


class Appender:
    """Appends to one log; used by one thread."""

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
        # Checks head, tree and promise, and promises what a crash has left unpromised.
        promiser.start()
        self._queued_size = promiser.size  # Up to which commits were given to the promiser.
        self._follower = ControlFollower(control)
        state = self._follower.follow_promise()
        assert state.ledger is not None
        self._judge = Judge(recorder.log, transport_keys)
        operator = state.ledger.operator
        self._writer = LogWriter(recorder, self._follower, self._judge, operator, random)
        self._clock = clock or SystemClock()
        self._promises = PromiseQueue(promiser, self._clock)
        self._outbox = Outbox(recorder.node_reader(), recorder.frontier_at)
        self._commits = ThreadPoolExecutor(1, "commit")
        self._under_way: tuple[Work, Future[list[Step] | None]] | None = None
        self._metrics = metrics
        self._key_store = key_store
        self._expired_at = 0  # Hour at which quarantine keys were last looked at.
        self._next_look = 0  # When the next heartbeat is looked for.

    @property
    def has_waiting(self) -> bool:
        """Whether answers wait for commit or promise, so that a tick is due soon."""
        waits = self._under_way is not None or self._outbox.newest_size > 0
        return waits or self._writer.is_uncertain

    @property
    def is_retrying(self) -> bool:
        """Whether the tile store is away, so that nothing can be promised."""
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
        self._join()
        offset: int | None = self._recorder.max_tracking_id(name)
        return offset

    def process(self, records: Sequence[IncomingRecord], incarnation: str) -> Deliveries:
        """Append what is new in a batch of one partition, and return what may leave now.

        A large batch may be committed after this returns; its fault is then raised by the next
        call, whichever that is.

        Args:
            records: In offset order, at least one, all of one topic and partition.
            incarnation: The topic's, for all of them.

        Raises:
            UnavailableError: PostgreSQL or the tile store is away; whether the batch was
                committed shows the tracking row.
            VerificationError: the log cannot go on.
        """
        first, last = records[0], records[-1]
        name = tracking_name(incarnation, first.topic, first.partition)
        self._submit(records, incarnation, {name: last.offset})
        if self._judge.is_control or len(records) <= SMALL_BATCH:
            self._join()
            # Some milliseconds; cheaper than polling the broker again just to come back here.
            self._promises.wait_for(self._outbox.newest_size, PROMISE_WAIT_S)
        return self._deliver()

    def tick(self) -> Deliveries:
        """Write a heartbeat if one is due, and return what may leave now.

        Raises:
            UnavailableError: PostgreSQL or the tile store is away.
            VerificationError: the log cannot go on.
        """
        self._join()
        self._finish(self._writer.settle())
        if self._heartbeat_may_be_due():
            self._submit((), "", {})
            self._join()
        return self._deliver()

    def drain(self) -> Deliveries:
        """Wait until everything committed is promised, and return what is left to leave.

        Raises:
            UnavailableError: the promise took too long; it is made at the next start.
        """
        self._join()
        self._finish(self._writer.settle())
        if not self._promises.wait_for(self._outbox.newest_size):
            raise UnavailableError("the tile store is away: nothing can be promised")
        return self._deliver()

    def close(self) -> None:
        """End the threads. What is committed and not promised is promised at the next start."""
        self._commits.shutdown()
        self._promises.close()

    def _submit(
        self, records: Sequence[IncomingRecord], incarnation: str, tracking: Mapping[str, int]
    ) -> None:
        """Examine a batch, while the one before is being committed, and begin its commit."""
        work = self._work(records, incarnation, tracking)
        self._join()
        self._under_way = (work, self._commits.submit(self._writer.commit, work))

    def _work(
        self, records: Sequence[IncomingRecord], incarnation: str, tracking: Mapping[str, int]
    ) -> Work:
        # Read before the head lock: an entry never says that it was judged by more than this.
        state = self._state()
        if self._judge.is_control:
            return Work(records, None, incarnation, tracking, state)
        started = self._clock.now_micros()
        self._judge.follow(state)
        items = self._judge.examine_all(records)
        self._observe("judge", started)
        return Work(records, items, incarnation, tracking, state)

    def _state(self) -> ControlState:
        if self._judge.is_control:
            return self._follower.state  # The writer follows its own log.
        state = self._follower.follow_promise()
        if state.catalogue is None:
            raise UnavailableError("the control log has not published its catalogue yet")
        return state

    def _join(self) -> None:
        """Wait for the commit under way, and take up what it did."""
        if self._under_way is None:
            return
        started = self._clock.now_micros()
        (work, future), self._under_way = self._under_way, None
        steps = future.result()
        for _ in range(JUDGEMENTS_MAX):
            if steps is not None:
                self._observe("append", started)
                self._finish(steps)
                return
            # Another owner has judged by more of the control log: so do we.
            work = self._work(work.records, work.incarnation, work.tracking)
            steps = self._writer.commit(work)
        raise UnavailableError("the control log goes on faster than this log can follow")

    def _finish(self, steps: Sequence[Step]) -> None:
        """Queue the promise of what was committed, and keep its answers until then."""
        for before, written, batch in steps:
            if self._queued_size < before.tree_size:
                self._promise_others(before)
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
                outcomes = [answer.outcome for answer in batch.answers]
                codes = [notice.code for notice in batch.notices]
                self._metrics.count_batch(outcomes, codes, len(batch.openings))
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

    def _deliver(self) -> Deliveries:
        promised = self._promises.promised
        deliveries = self._outbox.take(promised)
        if self._metrics is not None:
            self._metrics.promised(promised.size)
        return deliveries

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
        return not self._judge.is_control and full_hour(state.received_at) > head.received_at

    def _observe(self, stage: str, started: int) -> None:
        if self._metrics is not None:
            micros = self._clock.now_micros() - started
            self._metrics.observe(stage, micros / MICROS_PER_SECOND)
