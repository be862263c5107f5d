"""The engine of the violation rules as a program: one process judges all logs of a ledger.

Read before: ``portal/cli/roles.py``. Read next: ``consumers/supervise/engine.py``.

What is away is waited for, within bounds, and everything is opened anew then: the engine goes on
from its tracking rows as after a start. It signs with the platform's key, so whoever runs it can do
what the platform can.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from consumers.emitter.kafka_line import KafkaLine
from consumers.entry_source import DatabaseEntrySource, PromiseListener
from consumers.kafka_client import KafkaAddress
from consumers.retrying import Backoff
from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.control_history import ControlHistory
from consumers.supervise.day_closing import DayCloser, Ledger
from consumers.supervise.day_tracking import PostgresDayTracking
from consumers.supervise.engine import Progress, SupervisionEngine
from consumers.supervise.judging import Expiry, Judging
from consumers.supervise.matters import KnownMatters, Rules, collect_seldom
from consumers.supervise.sender import DerivedSender
from consumers.supervise.tracking import PostgresTracking
from consumers.topics import ACTS
from ledger.clock import MICROS_PER_SECOND, Clock, SystemClock, system_random
from ledger.domain.control_records import day_of
from ledger.domain.projection import EntryProof, EntrySource
from ledger.errors import UnavailableError
from ledger.rules.day_close.book import DAY_RULES
from ledger.rules.deadline_instance import Deadline
from ledger.rules.disclosure_duties import Duty
from ledger.rules.review_lapses import Lapse
from ledger.rules.violations.book import BOOK, PARTS
from ledger.store.environment import STATEMENT_TIMEOUT_S, open_datastore
from ledger.store.log_tables import CONTROL, origin_of
from ledger.store.person_index import PersonIndex
from ledger.store.promised_tree import PromisedTree
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from portal.cli.context import read_options
from portal.cli.settings import RoleSettings
from portal.programs.files import platform_signer
from portal.programs.project import connect
from portal.programs.proofs import promised_trees
from portal.role_server import RoleState, serve_state

REACHED: Final = Gauge(
    "lianzheng_supervise_reached_seq",
    "Entries of a log that were judged, what follows from them committed",
    ["log"],
)
RAISED: Final = Counter(
    "lianzheng_alerts_derived_total",
    "Alerts that the engine derived and that are in the ledger",
    ["severity"],
)
MISSED: Final = Counter(
    "lianzheng_deadlines_missed_total",
    "Missed deadlines that the engine derived and that are in the ledger",
    ["row"],
)
LAPSED: Final = Counter(
    "lianzheng_reviews_lapsed_total",
    "Legal reviews that no longer covered their matter, as the ledger says by the engine",
    ["cause"],
)
EXPIRED: Final = Counter(
    "lianzheng_disclosures_expired_total",
    "Disclosures that the engine ended after their last day, as the ledger says",
)
DUTIES: Final = Counter(
    "lianzheng_disclosure_duties_assessed_total",
    "Acts of which the engine said whether they must be published, as the ledger has it",
    ["result"],
)
OPEN_STREAMS: Final = Gauge(
    "lianzheng_supervise_open_streams",
    "Streams that the engine will look at once an instant has passed",
)
CLOSE_LAG: Final = Gauge(
    "lianzheng_supervise_close_lag_seconds",
    "Length of the days that are over and that the engine has not closed",
)
_DAY_S: Final = 86_400
_COUNT_PAUSE_S: Final = 60  # Counting reads an index of all those streams.

log = structlog.get_logger()


def run_supervise(settings: RoleSettings, stopping: threading.Event) -> None:
    """Judge all logs until ``stopping`` is set.

    Raises:
        UnavailableError: An outage outlasted every retry.
        RejectedError: The ledger does not take an alert.
        VerificationError: The database holds another entry than was promised.
    """
    state = RoleState("supervise")
    serve_state(state, settings.health_host, settings.health_port)
    trees = promised_trees(settings.data, settings.tile_store)
    backoff = Backoff()

    def observe(progress: Progress) -> None:
        state.set_ready()
        backoff.reset()
        measure(progress)

    while not stopping.is_set():
        try:
            _run_connected(settings, trees, stopping, observe)
        except UnavailableError as error:
            state.set_waiting(str(error))
            pause_s = backoff.next_pause(error)
            log.warning("supervision_retried", reason=str(error), pause_s=round(pause_s, 3))
            stopping.wait(pause_s)


def _run_connected(
    settings: RoleSettings,
    trees: Mapping[str, PromisedTree],
    stopping: threading.Event,
    observe: Callable[[Progress], None],
) -> None:
    """Judge until ``stopping`` is set. Raises UnavailableError: connect again."""
    url = settings.database_url.get_secret_value()
    signer = platform_signer(settings.data)
    clock = SystemClock()
    name = read_options(settings.data)["name"]
    kafka = KafkaAddress(settings.kafka)

    def open_line() -> KafkaLine:
        return KafkaLine(kafka, lambda _type, _stream: ACTS, clock)

    sender = DerivedSender(name, signer, open_line, stopping, clock, system_random)
    try:
        with (
            connect(url) as reading,
            connect(url) as writing,
            connect(url) as listening,
            connect(url) as asking,
            open_matters(settings.data, url, trees) as matters,
        ):
            tracking = PostgresTracking(writing)
            source = DatabaseEntrySource(reading, _proofs(trees))
            engine = SupervisionEngine(
                source,
                Judging(matters, signer.name),
                sender,
                tracking,
                ClosedDays(
                    day_closer(source, matters, signer.name, PersonIndex(asking)),
                    PostgresDayTracking(writing),
                ),
            )
            count = OpenStreams(tracking, clock)

            def observe_counted(progress: Progress) -> None:
                observe(progress)
                count.show()
                if progress.next_day is not None:
                    today = day_of(clock.now_micros())
                    CLOSE_LAG.set(max(0, today - progress.next_day) * _DAY_S)

            engine.run(
                PromiseListener(listening),
                stopping,
                observe_counted,
                is_history=lambda: matters.control.newest().is_simulated,
            )
    finally:
        sender.close()


@contextmanager
def open_matters(
    data: Path,
    url: str,
    trees: Mapping[str, PromisedTree],
    judged_by: Callable[[ControlHistory], ControlHistory] = lambda history: history,
) -> Iterator[KnownMatters]:
    """Open the event stores of all logs for judging.

    Args:
        data: The ledger's data folder.
        url: Connection string of a role that reads entries.
        trees: The promised tree of every log.
        judged_by: Makes of the control log as it was what entries are judged by.
    """
    name = read_options(data)["name"]
    collect_seldom()
    datastore = open_datastore(url, statement_timeout_s=STATEMENT_TIMEOUT_S)
    try:
        logs = {
            one: ProvenLog(LedgerRecorder.for_log(datastore, one), tree)
            for one, tree in trees.items()
        }
        yield KnownMatters(
            {one: origin_of(name, one) for one in logs},
            logs,
            judged_by(ControlHistory(logs[CONTROL])),
            Rules(BOOK, PARTS),
        )
    finally:
        datastore.close()


def day_closer(
    source: EntrySource, matters: KnownMatters, emitter_id: str, persons: PersonIndex
) -> DayCloser:
    """Return what closes the days of the ledger whose matters these are."""
    ledger = Ledger(source, matters.origins, matters.streams, matters.control, persons.same_persons)
    return DayCloser(ledger, DAY_RULES, emitter_id)


def _proofs(trees: Mapping[str, PromisedTree]) -> Mapping[str, EntryProof]:
    return {**trees}


class OpenStreams:
    """Shows on /metrics how many streams have an open deadline, counted once a minute."""

    def __init__(self, tracking: PostgresTracking, clock: Clock) -> None:
        self._tracking = tracking
        self._clock = clock
        self._counted_at = 0

    def show(self) -> None:
        """Count if it is time to. Raises UnavailableError."""
        now = self._clock.now_micros()
        if now - self._counted_at >= _COUNT_PAUSE_S * MICROS_PER_SECOND:
            OPEN_STREAMS.set(self._tracking.streams())
            self._counted_at = now


def measure(progress: Progress) -> None:
    """Show on /metrics how far every promised log is judged, also one where that never began."""
    for name in progress.promised:
        REACHED.labels(name).set(progress.reached.get(name, 0))
    for derived in progress.derived:
        if isinstance(derived.found, Deadline):
            MISSED.labels(derived.found.deadline_id).inc()
        elif isinstance(derived.found, Lapse):
            LAPSED.labels(derived.found.cause).inc()
        elif isinstance(derived.found, Expiry):
            EXPIRED.inc()
        elif isinstance(derived.found, Duty):
            DUTIES.labels(derived.found.result).inc()
        else:
            RAISED.labels(derived.found.severity).inc()
