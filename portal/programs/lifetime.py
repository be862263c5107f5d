"""Birth and recovery as one-off commands: servers up, the work, servers down.

Read before: ``portal/cli/ledger.py``. Read next: ``ledger/store/birth.py``,
``ledger/store/recover.py``.
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
from portal.cli import output
from portal.cli.context import read_options
from portal.programs.files import all_logs, log_signers, tile_store, tile_store_place
from portal.programs.outside import require_servers
from portal.stack.ledger_stack import LedgerStack, StackPlan


def create_once(data: Path, options: LedgerOptions, broker: str, database: str) -> None:
    """Create a ledger and its topics.

    Raises:
        RejectedError: It exists with other options.
        MalformedError: An installed event type has a fault.
    """
    require_installed_types()
    stack = _stack(data, options, broker, database)
    _with_servers(stack, lambda: stack.give_birth(SystemClock(), system_random))


def recover_all(data: Path, database: str) -> list[dict[str, Any]]:
    """Recover every log, the control log first; return what was done.

    Raises:
        BehindPromiseError: A log cannot be recovered: its past is not what was promised.
        RejectedError: The ledger is running.
    """
    names = ("name", "operator", "logs", "profile", "synthetic", "sim_start")
    there = read_options(data, names)
    options = LedgerOptions(**{name: there[name] for name in names})
    stack = _stack(data, options, "none", database)
    done: list[dict[str, Any]] = []

    def work() -> None:
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
