"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from portal.stack.postgres import system_folder
from tests.support.scheduling import SharedLedgerScheduling, order_of

# The same examples everywhere; how long one takes says more about the machine than about the code.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

# A job in the background of a script ignores Ctrl-C, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.support.browser",
    "tests.support.postgres",
    "tests.support.kafka",
    "tests.support.organisation_ledger",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, or one worker is still busy with them when the others are done."""
    items.sort(key=lambda item: order_of(item.location[0]))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have each shared ledger made by one worker only."""
    is_by_file = config.getvalue("dist") == "loadfile"
    return SharedLedgerScheduling(config, log) if is_by_file else None


@pytest.fixture(scope="session", autouse=True)
def _leaves_no_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what a ledger run by root keeps outside its data folder; every run makes new ones."""
    yield
    for cluster in tmp_path_factory.getbasetemp().glob("**/postgres"):
        shutil.rmtree(system_folder(cluster.parent), ignore_errors=True)
