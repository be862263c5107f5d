"""What the portal holds open while it runs: stores, views, the copy of the control log, Kafka.

Read before: ``portal/settings.py``. Read next: ``portal/api/app.py``.

Opened at start and closed in reverse order; routes find it as ``request.app.state.resources``.
The database role may read views, entries, nodes and sealed openings, and write nothing; Kafka gets
acts only. For the platform's own commands the process has the platform's key and the vault's key
store: whoever controls it can have acts signed in the platform's name and reveal values of persons,
though no act that is recorded can be changed, and each gate still asks for its two people.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from consumers.platform.commands import PlatformCommands
from consumers.platform.matter import MatterReader
from consumers.record_producer import RecordProducer
from ledger.chain.checkpoint import parse_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.notes import split_note
from ledger.clock import SystemClock, system_random
from ledger.errors import TooCostlyError, UnavailableError, VerificationError
from ledger.store.environment import LOST_HOST, STATEMENT_TIMEOUT_S, open_datastore
from ledger.store.key_files import PLATFORM, read_signer
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import CONTROL
from ledger.store.objects import ObjectStore
from ledger.store.outage import pool_away
from ledger.store.proven_log import NewestLog, ProvenLog
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_place import open_tile_store
from ledger.store.vault import Vault
from portal.anchor_timer import AnchorTimer
from portal.api.cursor import Cursors
from portal.api.problem import problem
from portal.auth import Logins, derived_key, read_session_key
from portal.control_copy import ControlCopy
from portal.freshness import Freshness
from portal.intake.delivery import Delivery
from portal.intake.outcome_board import OutcomeBoard
from portal.intake.outcome_tail import OutcomeTail
from portal.ledger_facts import LedgerFacts, ledger_facts
from portal.programs.proofs import promised_trees
from portal.promise_watch import PromiseWatch
from portal.sessions import LoginBrake, Sessions
from portal.settings import PortalSettings
from projections.case_replay.postgres import PostgresCaseReplayReader
from projections.deadlines.postgres import PostgresDeadlineReader
from projections.disclosure.postgres import PostgresDisclosureReader
from projections.discretion.postgres import PostgresDiscretionReader
from projections.indicators.postgres import PostgresIndicatorReader
from projections.organisation.postgres import PostgresOrganisationReader
from projections.registers.postgres import PostgresRegisterReader
from projections.retrieval.postgres import PostgresRetrievalReader
from projections.sharing.postgres import PostgresSharingReader
from projections.supervision.postgres import PostgresSupervisionReader
from projections.tracking import read_sizes
from schemas.catalogue import Catalogue

DATABASE_WAIT_S: Final = 5.0
VIEW_TIMEOUT_S: Final = 10  # Of one question to a view: no page keeps a connection for longer.
SECONDS_PER_HOUR: Final = 3_600


class Resources:
    """Everything that routes use; thread-safe."""

    def __init__(self, settings: PortalSettings) -> None:
        """Open all of it.

        Raises:
            UnavailableError: Something is away; nothing stays open then.
        """
        self.settings = settings
        keys_dir = settings.data / "keys"
        self.clock = SystemClock()
        session_key = read_session_key(keys_dir)
        self.logins = Logins.read(keys_dir)
        self.sessions = Sessions(
            session_key, lifetime_s=settings.session_hours * SECONDS_PER_HOUR, clock=self.clock
        )
        self.login_brake = LoginBrake(self.clock)
        self.cursors = Cursors(session_key)
        self.command_key = derived_key(session_key, "command body v1")
        self._topics: tuple[Catalogue, Topics] | None = None
        self.tile_store = open_tile_store(settings.tile_store, settings.data)
        self.objects = ObjectStore(settings.data / "objects")
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Close all of it, in reverse order."""
        self._opened.close()

    def _open(self, opened: ExitStack) -> None:
        url = self.settings.database_url.get_secret_value()
        self.datastore = open_datastore(url, statement_timeout_s=STATEMENT_TIMEOUT_S)
        opened.callback(self.datastore.close)
        logs = _log_names(self.settings.data)
        self.recorders = {log: LedgerRecorder.for_log(self.datastore, log) for log in logs}
        self.pool = ConnectionPool(
            url,
            min_size=1,
            max_size=self.settings.database_pool_max,
            open=True,
            timeout=DATABASE_WAIT_S,
            kwargs={
                "autocommit": True,
                "options": f"-c statement_timeout={VIEW_TIMEOUT_S}s",
                **LOST_HOST,
            },
        )
        opened.callback(self.pool.close)
        trees = promised_trees(self.settings.data, self.settings.tile_store)
        self.proven = {log: ProvenLog(self.recorders[log], trees[log]) for log in logs}
        self.control = ControlCopy(self.proven["control"])
        opened.callback(self.control.close)
        self.control.start()
        self.freshness = Freshness(self)
        self.key_store = KeyStore(self.settings.data / "keys" / "vault.sqlite")
        opened.callback(self.key_store.close)
        self.platform_signer = read_signer(self.settings.data / "keys", PLATFORM)
        self._watch = PromiseWatch(self._head_sizes, self.promised_size, self.clock)
        kafka = KafkaAddress(self.settings.kafka)
        producer = RecordProducer(kafka)
        opened.callback(producer.close)
        # Trees of its own: they are read for a long time, and the pages' are not to be waited for.
        trees = promised_trees(self.settings.data, self.settings.tile_store)
        timer = AnchorTimer(
            self.settings.anchor_hours,
            self.recorders,
            {log: ProvenLog(self.recorders[log], tree) for log, tree in trees.items()},
            lambda: self.control.state,
            self.platform_signer,
            kafka,
        )
        timer.start()
        opened.callback(timer.close)
        board = OutcomeBoard()
        self.tail = OutcomeTail(
            kafka, board, time.monotonic, fetch_wait_ms=self.settings.kafka_fetch_wait_ms
        )
        self.tail.start()
        opened.callback(self.tail.close)
        self.delivery = Delivery(producer, board, lambda: self.tail.is_ready)

    def alarm(self) -> str | None:
        """Return the sentence of the banner, None while all is well."""
        return self._watch.text()

    def logs_behind(self) -> tuple[str, ...]:
        """Return the logs of which the database has less than is promised."""
        return self._watch.behind()

    def _head_sizes(self) -> dict[str, int]:
        return {log: recorder.head().tree_size for log, recorder in self.recorders.items()}

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection for reading views.

        Raises:
            TooCostlyError: A statement took longer than ``VIEW_TIMEOUT_S``.
            UnavailableError: The database is away, or all connections are taken for too long.
        """
        try:
            with self.pool.connection() as connection:
                yield connection
        except psycopg.errors.QueryCanceled as error:
            raise TooCostlyError("PostgreSQL: a question took too long") from error
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise pool_away(error, self.pool) from error

    @contextmanager
    def platform_commands(self) -> Iterator[PlatformCommands]:
        """Lend the platform's commands; they may reveal what a public record needs."""
        cases = {log: NewestLog(proven) for log, proven in self.proven.items() if log != CONTROL}
        with self.connection() as connection:
            yield PlatformCommands(
                MatterReader(cases, self.control),
                Vault(connection, self.key_store),
                self.objects,
                system_random,
            )

    @contextmanager
    def disclosures(self) -> Iterator[PostgresDisclosureReader]:
        """Lend a reader of the disclosure view."""
        with self.connection() as connection:
            yield PostgresDisclosureReader(connection)

    @contextmanager
    def cases(self) -> Iterator[PostgresCaseReplayReader]:
        """Lend a reader of the replay view."""
        with self.connection() as connection:
            yield PostgresCaseReplayReader(connection)

    @contextmanager
    def retrievals(self) -> Iterator[PostgresRetrievalReader]:
        """Lend a reader of the retrieval view."""
        with self.connection() as connection:
            yield PostgresRetrievalReader(connection)

    @contextmanager
    def supervision(self) -> Iterator[PostgresSupervisionReader]:
        """Lend a reader of the supervision view."""
        with self.connection() as connection:
            yield PostgresSupervisionReader(connection)

    @contextmanager
    def indicators(self) -> Iterator[PostgresIndicatorReader]:
        """Lend a reader of the indicators."""
        with self.connection() as connection:
            yield PostgresIndicatorReader(connection)

    @contextmanager
    def deadlines(self) -> Iterator[PostgresDeadlineReader]:
        """Lend a reader of the view of deadlines."""
        with self.connection() as connection:
            yield PostgresDeadlineReader(connection)

    @contextmanager
    def sharing(self) -> Iterator[PostgresSharingReader]:
        """Lend a reader of the sharing view."""
        with self.connection() as connection:
            yield PostgresSharingReader(connection)

    @contextmanager
    def organisation(self) -> Iterator[PostgresOrganisationReader]:
        """Lend a reader of the organisation view."""
        with self.connection() as connection:
            yield PostgresOrganisationReader(connection)

    @contextmanager
    def discretion(self) -> Iterator[PostgresDiscretionReader]:
        """Lend a reader of the discretion view."""
        with self.connection() as connection:
            yield PostgresDiscretionReader(connection)

    @contextmanager
    def registers(self) -> Iterator[PostgresRegisterReader]:
        """Lend a reader of the registers."""
        with self.connection() as connection:
            yield PostgresRegisterReader(connection)

    def officer_names(self, person_ids: Iterable[str | None]) -> dict[str, str]:
        """Return the registered names of officials by id; who is not registered is left out."""
        known = sorted({person_id for person_id in person_ids if person_id is not None})
        with self.registers() as reader:
            names = reader.officer_names(known) if known else {}
        accounts = self.logins.persons()
        return {**{one: accounts[one] for one in known if one in accounts}, **names}

    def view_sizes(self, view: str) -> dict[str, int]:
        """Return how many entries of each log a view has taken in."""
        with self.connection() as connection:
            return read_sizes(connection, view)

    def schema_text_of(self, event_type: str, version: int) -> str:
        """Return the published schema of a type. Raises ProblemError NOT_FOUND."""
        schema = self.control.state.schemas.get((event_type, version))
        if schema is None:
            raise problem("NOT_FOUND")
        return schema.text

    @property
    def facts(self) -> LedgerFacts:
        """What the pages say about the ledger itself."""
        return ledger_facts(self.control.state)

    def topics(self) -> Topics:
        """Return which topic an act belongs on, by the catalogue in force."""
        catalogue = self.control.state.catalogue
        if catalogue is None:
            raise UnavailableError("the control log has no catalogue yet")
        if self._topics is None or self._topics[0] is not catalogue:
            self._topics = (catalogue, Topics(catalogue))
        return self._topics[1]

    def check_log(self, log: str) -> LedgerRecorder:
        """Return the recorder of a log.

        Raises:
            ProblemError: NOT_FOUND: the ledger has no such log.
        """
        recorder = self.recorders.get(log)
        if recorder is None:
            raise problem("NOT_FOUND")
        return recorder

    def promise(self, log: str) -> tuple[bytes, int]:
        """Return the newest promise of a log and its tree size.

        Raises:
            UnavailableError: The tile store is away or holds none.
        """
        note = self.tile_store.promise(log)
        if note is None:
            raise UnavailableError("the tile store holds no promise")
        return note, parse_checkpoint(split_note(note)[0]).size

    def promised_size(self, log: str) -> int:
        """Return how many entries of a log are promised."""
        return self.promise(log)[1]

    def published_checkpoint(self, log: str) -> bytes | None:
        """Return the newest published checkpoint of a log."""
        return self.tile_store.read(log, "checkpoint")

    def received_at(self, log: str, leaf_index: int) -> int | None:
        """Return when an entry was received, microseconds UTC.

        None where a database behind its promise has not got the entry, or has another: pages stay
        up.
        """
        try:
            return decode_entry(self.proven[log].entry(leaf_index)).received_at
        except VerificationError:
            return None


def _log_names(data: Path) -> list[str]:
    """Return the logs of the ledger, the control log first, from the options it was created with.

    Raises:
        UnavailableError: There is no ledger in the folder.
    """
    try:
        count = int(json.loads((data / "ledger.json").read_text(encoding="utf-8"))["logs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError("there is no ledger in the data folder") from error
    return ["control", *(str(number) for number in range(count))]
