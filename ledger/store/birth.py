"""The birth of a ledger: options, keys, empty promises, then entry 0 of each log.

Read before: ``ledger/store/first_entry.py``. Read next: ``consumers/loop.py``.

Every step is made once and can be repeated after a crash in between: options and keys are files
that are only ever created, promises are create-only, and an entry 0 is appended only to an empty
log with an empty promise. Once ``created_at`` is set, nothing here makes a promise again, so a
tile store that lost its promises is found instead of being given a second history. Trusts the data
folder: who can write there holds the keys.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.identifiers import uscc_ok
from ledger.chain.ids import emitter_id_ok, ledger_name_ok
from ledger.chain.links import GUOMI, INTERNATIONAL
from ledger.chain.note_keys import Signer
from ledger.chain.tree import EMPTY_ROOT, Frontier
from ledger.clock import Clock, Random, system_random
from ledger.errors import MalformedError, RejectedError, UnavailableError
from ledger.limits import CASE_LOGS_MAX
from ledger.store.environment import open_datastore
from ledger.store.first_entry import LedgerFacts, first_row
from ledger.store.key_files import (
    PLATFORM,
    ensure_signer,
    ensure_transport_key,
    platform_name,
    replace_file,
)
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import CONTROL, create_log_tables, log_names, origin_of
from ledger.store.migrations import migrate
from ledger.store.outage import postgres_away
from ledger.store.promise import Promiser
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import FolderTileStore, TileStore, checkpoint_of

OPTIONS_FILE: Final = "ledger.json"
FIRST_TRANSPORT_KEY: Final = 1


@dataclass(frozen=True)
class LedgerOptions:
    """What a ledger is; fixed at its birth.

    Attributes:
        name: 1 to 55 of ``a-z 0-9 . -``, so that ``platform.<name>`` is an emitter id.
        operator: Credit code of whoever runs it.
        logs: Number of case logs, 1 to 16.
        profile: ``international`` or ``guomi``.
        synthetic: Simulated data: entries are public, and every page says so.
        sim_start: Start of a simulated clock, microseconds UTC; only for synthetic ledgers.
    """

    name: str
    operator: str
    logs: int = 1
    profile: str = INTERNATIONAL
    synthetic: bool = False
    sim_start: int | None = None

    @property
    def clock(self) -> str:
        """``system`` or ``simulated``."""
        return "system" if self.sim_start is None else "simulated"

    @property
    def entries(self) -> str:
        """Who may read whole entries: ``auditors``, or ``public`` where all of it is simulated."""
        return "public" if self.synthetic else "auditors"

    def check(self) -> None:
        """Raise MalformedError where an option is out of bounds."""
        if not ledger_name_ok(self.name) or not emitter_id_ok(platform_name(self.name)):
            raise MalformedError("a ledger's name is 1 to 55 of a-z, 0-9, dot and hyphen")
        if not uscc_ok(self.operator):
            raise MalformedError("the operator is no unified social credit code")
        if not 1 <= self.logs <= CASE_LOGS_MAX:
            raise MalformedError(f"a ledger has 1 to {CASE_LOGS_MAX} case logs")
        if self.profile not in (INTERNATIONAL, GUOMI):
            raise MalformedError("the hash profile is international or guomi")
        if self.sim_start is not None and not self.synthetic:
            raise MalformedError("a simulated clock is for synthetic ledgers only")

    def document(self) -> dict[str, object]:
        """Return the options as ``ledger.json`` holds them."""
        return dataclasses.asdict(self) | {"clock": self.clock, "entries": self.entries}


def create_ledger(
    options: LedgerOptions,
    data_dir: Path,
    database_url: str,
    clock: Clock,
    random: Random = system_random,
    *,
    store: TileStore | None = None,
) -> None:
    """Create a ledger, finish a creation that was cut off, or check that it is the one asked for.

    Args:
        options: What it is to be.
        data_dir: Its folder; made if it is not there.
        database_url: As the owner of the tables to be.
        clock: For the note when it was created; entries have PostgreSQL's time, or ``sim_start``.
        random: Source of its keys.
        store: The tile store, ``data_dir/tiles`` if not given.

    Raises:
        MalformedError: An option is out of bounds.
        RejectedError: The ledger exists with other options.
        VerificationError: What is there contradicts itself (``BehindPromiseError`` and others).
        UnavailableError: Database, folder or tile store is away.
    """
    options.check()
    keys_dir = data_dir / "keys"
    _make_folders(data_dir, keys_dir)
    if _settle_options(options, data_dir):
        return
    logs = log_names(options.logs)
    signers = {
        log: ensure_signer(keys_dir, f"log-{log}", origin_of(options.name, log), random)
        for log in logs
    }
    platform = ensure_signer(keys_dir, PLATFORM, platform_name(options.name), random)
    ensure_transport_key(keys_dir, FIRST_TRANSPORT_KEY, random)
    KeyStore(keys_dir / "vault.sqlite", random).close()
    migrate(database_url)
    _create_tables(database_url, options, signers)
    facts = _facts(options, signers, platform)
    tiles = store if store is not None else FolderTileStore(data_dir / "tiles")
    with open_datastore(database_url, pool_size=1) as datastore:
        for log in logs:  # Control log first: the others were judged against its entry 0.
            _first_entry(
                LedgerRecorder.for_log(datastore, log), tiles, signers[log], facts, options
            )
    _write_options(data_dir, options, clock.now_micros())


def read_options(data_dir: Path) -> Mapping[str, object]:
    """Return ``ledger.json``. Raises UnavailableError or MalformedError."""
    try:
        document = json.loads((data_dir / OPTIONS_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise UnavailableError(f"{OPTIONS_FILE} cannot be read") from error
    except ValueError as error:
        raise MalformedError(f"{OPTIONS_FILE} is not JSON") from error
    if not isinstance(document, dict):
        raise MalformedError(f"{OPTIONS_FILE} is not an object")
    return document


def _make_folders(data_dir: Path, keys_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        keys_dir.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UnavailableError("the data folder cannot be made") from error


def _settle_options(options: LedgerOptions, data_dir: Path) -> bool:
    """Write the options, or compare them with those written; return whether the birth is over."""
    if not (data_dir / OPTIONS_FILE).exists():
        _write_options(data_dir, options, None)
        return False
    written = read_options(data_dir)
    wanted = options.document()
    if differing := sorted(name for name in wanted if written.get(name) != wanted[name]):
        raise RejectedError(
            "LEDGER_OPTIONS", f"the ledger was created with another {', '.join(differing)}"
        )
    return written.get("created_at") is not None


def _write_options(data_dir: Path, options: LedgerOptions, created_at: int | None) -> None:
    document = options.document() | {"created_at": created_at}
    replace_file(data_dir / OPTIONS_FILE, json.dumps(document, indent=2, sort_keys=True) + "\n")


def _create_tables(
    database_url: str, options: LedgerOptions, signers: Mapping[str, Signer]
) -> None:
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            for log, signer in signers.items():
                create_log_tables(connection, log, signer.name, options.profile)
    except psycopg.OperationalError as error:
        raise postgres_away(error) from error


def _facts(options: LedgerOptions, signers: Mapping[str, Signer], platform: Signer) -> LedgerFacts:
    return LedgerFacts(
        name=options.name,
        operator=options.operator,
        case_logs=options.logs,
        profile=options.profile,
        clock=options.clock,
        entries=options.entries,
        synthetic=options.synthetic,
        vkeys=[signer.vkey for signer in signers.values()],
        platform_vkey=platform.vkey,
    )


def _first_entry(
    recorder: LedgerRecorder,
    store: TileStore,
    signer: Signer,
    facts: LedgerFacts,
    options: LedgerOptions,
) -> None:
    """Make the empty promise, append entry 0 and promise it; each only where it is missing."""
    empty = sign_checkpoint(Checkpoint(signer.name, 0, EMPTY_ROOT), [signer])
    if store.promise(recorder.log) is None and not recorder.head().tree_size:
        store.create_promise(recorder.log, empty)
    note = store.promise(recorder.log)
    if note is not None and not checkpoint_of(note).size:
        _append_first(recorder, signer.name, facts, options)
    promiser = Promiser(recorder, store, [signer])
    promiser.start()
    promiser.publish(recorder.head().now)


def _append_first(
    recorder: LedgerRecorder, origin: str, facts: LedgerFacts, options: LedgerOptions
) -> None:
    with recorder.transaction() as tx:
        # Under the head lock: two creations at once append one entry.
        if tx.head.tree_size:
            return
        received_at = tx.head.now if options.sim_start is None else options.sim_start
        control_size = 0 if recorder.log == CONTROL else 1
        row = first_row(facts, origin, received_at, control_size)
        frontier = Frontier()
        nodes = frontier.extend([row.leaf])
        tx.write(
            [row],
            nodes,
            root=frontier.root(),
            received_at=received_at,
            control_size=control_size,
            tracking={},
            refusals={},
            openings=(),
            quarantine=(),
        )
