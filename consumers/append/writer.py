"""One transaction a batch: what was examined is judged under the head lock and committed.

Read before: ``batch``. Read next: ``ledger/application.py``, ``appender``.

Runs in a thread of its own, one commit at a time, so that PostgreSQL's part of one batch passes
while the next is polled and examined. Nothing else touches what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from consumers.append.batch import Batch, LogReader
from consumers.append.control_follower import ControlFollower
from consumers.append.gates import Gates
from consumers.append.judge import Item, Judge
from consumers.append.made import LedgerVoice
from consumers.append.record import IncomingRecord, JudgedRecord
from ledger.application import LogApplication, Written
from ledger.chain.act import EVENT_ID
from ledger.chain.ids import identifier_ok
from ledger.clock import Random
from ledger.domain.control import ControlState
from ledger.domain.rows import Head
from ledger.store.recorder import LedgerRecorder
from ledger.store.transaction import LogTransaction

GATE_STREAMS_MAX: Final = 256  # Prefetched for one batch; the rest is read one by one.


class Work(NamedTuple):
    """A batch that waits for its transaction."""

    records: Sequence[IncomingRecord]
    items: Sequence[Item] | None  # Examined; None in the control log, where order matters.
    incarnation: str
    tracking: Mapping[str, int]  # Offsets that are consumed with it.
    state: ControlState


class Step(NamedTuple):
    """What one transaction did."""

    before: Head
    written: Written
    batch: Batch


class LogWriter:
    """Commits batches to one log; used by one thread at a time."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        follower: ControlFollower,
        judge: Judge,
        operator: str,
        random: Random,
    ) -> None:
        """Write to the log of ``recorder``.

        Args:
            recorder: The log.
            follower: The control log; in the control log's own writer it is moved on here.
            judge: Examines the records of the control log, one after the other.
            operator: Credit code of the ledger's operator.
            random: Source of the salts of refused records.
        """
        self._recorder = recorder
        self._follower = follower
        self._judge = judge
        self._application = LogApplication(recorder.profile)
        self._gates = Gates(recorder.origin)
        self._voice = LedgerVoice(recorder.log, recorder.origin, operator)
        self._random = random
        self._uncertain: Step | None = None  # Written, but whether it committed is not known.

    @property
    def is_uncertain(self) -> bool:
        """Whether a commit's answer was lost, so that ``settle`` has to ask."""
        return self._uncertain is not None

    def commit(self, work: Work) -> list[Step] | None:
        """Run one transaction; return what was committed, usually one step.

        A second step before it is one whose answer had been lost. None, and nothing is done, if
        another owner has judged by a larger control log: examine the batch again.

        Raises:
            UnavailableError: PostgreSQL is away; whether the batch was committed shows the
                tracking row.
            VerificationError: the log cannot go on.
        """
        steps = self.settle()
        with self._recorder.transaction() as tx:
            # The head lock is held from here to the commit: nobody else appends to this log.
            head, state = tx.head, work.state
            if head.control_size > state.size and not self._judge.is_control:
                return None
            self._application.begin(tx)
            if self._judge.is_control:
                state = self._follower.follow_to(head.tree_size).copy()
                self._judge.follow(state)
            self._uncertain = Step(head, *self._write(tx, work, state))
        # Committed: entries, vault values and offset are durable. A crash from here on loses
        # nothing: what is not promised yet is promised at the next start.
        steps.append(self._uncertain)
        self._committed()
        return steps

    def settle(self) -> list[Step]:
        """Find out whether a commit whose answer was lost did happen; return it if so.

        Raises:
            UnavailableError: PostgreSQL is away.
        """
        step = self._uncertain
        if step is not None:
            mine, found = step.written.head, self._recorder.head()
            if (mine.tree_size, mine.root) == (found.tree_size, found.root):
                self._committed()
                return [step]
            self._uncertain = None
        return []

    def _committed(self) -> None:
        assert self._uncertain is not None
        _, written, batch = self._uncertain
        self._uncertain = None
        self._application.committed(written)
        if self._judge.is_control and batch.state.size > self._follower.state.size:
            self._follower.adopt(batch.state)

    def _write(self, tx: LogTransaction, work: Work, state: ControlState) -> tuple[Written, Batch]:
        offsets = [tx.tracking(name) for name in work.tracking]
        consumed = max((offset for offset in offsets if offset is not None), default=-1)
        fresh = [record for record in work.records if record.offset > consumed]
        items = self._items(work.items, fresh)
        self._application.load_heads(tx, self._streams(items, fresh))
        batch = self._batch(tx, fresh, items if work.items else (), state)
        batch.run(items, work.incarnation)
        is_control = self._judge.is_control
        written = self._application.write(
            tx,
            control_size=self._application.next_index - 1 if is_control else state.size,
            tracking={name: at for name, at in work.tracking.items() if at > consumed},
            refusals=batch.refusals,
            openings=batch.openings,
            quarantine=batch.quarantine,
        )
        return written, batch

    def _items(
        self, items: Sequence[Item] | None, fresh: Sequence[IncomingRecord]
    ) -> Iterable[Item]:
        if items is not None:
            return items[len(items) - len(fresh) :]
        # The control log: each record is examined by what the ones before it have changed.
        return self._judge.examine_each(fresh)

    def _streams(self, items: Iterable[Item], fresh: Sequence[IncomingRecord]) -> Iterable[str]:
        """Return the streams whose heads a batch may need."""
        if isinstance(items, list):
            streams = {item.stream_id for item in items if isinstance(item, JudgedRecord)}
            return streams | {self._voice.log_stream}
        keys = {record.key for record in fresh if record.key is not None}
        texts = (key.decode("ascii", "replace") for key in keys)
        return [self._voice.log_stream, *(text for text in texts if identifier_ok(text))]

    def _batch(
        self,
        tx: LogTransaction,
        fresh: Sequence[IncomingRecord],
        items: Iterable[Item],
        state: ControlState,
    ) -> Batch:
        """Return a batch that knows what the log has of its event ids, asked for once."""
        values = [record.value for record in fresh if record.value is not None]
        ids = [event_id for value in values if len(event_id := value[EVENT_ID]) == 16]
        known = tx.known_events(ids) if ids else {}
        prefetched = tx.streams_entries(asked) if (asked := _gate_streams(items)) else {}
        log = LogReader(
            tx.head,
            known,
            tx.refusals(ids) if ids else {},
            lambda stream_id: (
                prefetched[stream_id] if stream_id in prefetched else tx.stream_entries(stream_id)
            ),
            tx.opened_events(list(known)) if known else (),
            tx.entry,
        )
        return Batch(
            self._application, self._judge, self._gates, self._voice, log, state, self._random
        )


def _gate_streams(items: Iterable[Item]) -> list[str]:
    """Return the first streams whose entries a gate will ask for: one question for all of them."""
    asking = (
        item.stream_id
        for item in items
        if isinstance(item, JudgedRecord) and not item.event_type.is_judged_alone
    )
    return list(islice(dict.fromkeys(asking), GATE_STREAMS_MAX))
