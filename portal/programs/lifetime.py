"""Birth and recovery as one-off commands: servers up, the work, servers down.

Read before: ``portal/cli/ledger.py``. Read next: ``ledger/store/birth.py``,
``ledger/store/recover.py``.

A ledger whose roles are separate programs is born here too, so the birth ends with what the portal
needs of its own: the key of its sessions, and somebody who may log in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.clock import SystemClock, system_random
from ledger.domain.installed_types import require_installed_types
from ledger.store.birth import LedgerOptions
from ledger.store.environment import open_datastore
from ledger.store.recorder import LedgerRecorder
from ledger.store.recover import recover
from portal.auth import EVERY_AGENCY, create_logins
from portal.cli import output
from portal.cli.context import read_options
from portal.programs.files import all_logs, log_signers, tile_store, tile_store_place
from portal.programs.ledger_place import place_of, require_born_cluster, require_ledger
from portal.programs.outside import EMBEDDED, require_servers
from portal.programs.owner import given_database, given_kafka
from portal.stack.ledger_stack import LedgerStack, StackPlan


def create_once(
    data: Path, options: LedgerOptions, broker: str | None, database: str | None
) -> None:
    """Create a ledger, its topics and its accounts.

    Args:
        data: Data folder.
        options: What the ledger is to be.
        broker: As ``require_servers``; None: as ``LEDGER_KAFKA`` says, else ``embedded``.
        database: As ``require_servers``; None: as ``LEDGER_DATABASE_URL`` says, else ``embedded``.

    Raises:
        MalformedError: A setting is none, or the ledger's database is elsewhere; or an installed
            event type has a fault.
        RejectedError: The ledger exists with other options.
    """
    require_installed_types()
    place = database or given_database() or EMBEDDED
    require_born_cluster(data, place)
    stack = _stack(data, options, broker or given_kafka() or EMBEDDED, place)

    def work() -> None:
        stack.give_birth(SystemClock(), system_random)
        agency = EVERY_AGENCY if options.synthetic else options.operator
        create_logins(stack.data / "keys", system_random, agency)

    _with_servers(stack, work)


def recover_all(data: Path, database: str | None) -> list[dict[str, Any]]:
    """Recover every log, the control log first; return what was done.

    Raises:
        BehindPromiseError: A log cannot be recovered: its past is not what was promised.
        MalformedError: The database is not in the data folder and not named, or not this ledger's.
        RejectedError: The ledger is running.
    """
    names = ("name", "operator", "logs", "profile", "synthetic", "sim_start")
    there = read_options(data, names)
    options = LedgerOptions(**{name: there[name] for name in names})
    place = place_of(data, database)
    stack = _stack(data, options, "none", place)
    if place != EMBEDDED:
        require_ledger(place, options.name)
    done: list[dict[str, Any]] = []

    def work() -> None:
        require_ledger(stack.databases.owner_url, options.name)
        store = tile_store(data)
        datastore = open_datastore(stack.databases.owner_url)
        for log in all_logs(data):
            recorder = LedgerRecorder.for_log(datastore, log)
            keys = [signer.key for signer in log_signers(data, log)]
            missing = recover(recorder, store, keys)
            size = recorder.head().tree_size
            done.append({"origin": recorder.origin, "recovered": missing, "tree_size": size})
        datastore.close()

    _with_servers(stack, work)
    return done


def _stack(data: Path, options: LedgerOptions, broker: str, database: str) -> LedgerStack:
    require_servers(broker, database)
    plan = StackPlan(data, options, broker, database, tile_store=tile_store_place())
    return LedgerStack(plan, output.say)


def _with_servers(stack: LedgerStack, work: Callable[[], None]) -> None:
    stack.prepare_folder()
    try:
        stack.start_servers()
        work()
    finally:
        stack.stop()
