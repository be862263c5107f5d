"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

import shutil
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from portal.stack.postgres import system_folder

# The same examples everywhere; how long one takes says more about the machine than about the code.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

# A job in the background of a script ignores Ctrl-C, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files that start whole ledgers: few tests, minutes each.
_LONG = ("e2e", "acceptance", "integration", "contract")

pytest_plugins = ["tests.support.browser", "tests.support.postgres", "tests.support.kafka"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, or one worker is still busy with them when the others are done."""
    items.sort(key=lambda item: not set(_LONG) & set(item.path.parts))


@pytest.fixture(scope="session", autouse=True)
def _leaves_no_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what a ledger run by root keeps outside its data folder; every run makes new ones."""
    yield
    for cluster in tmp_path_factory.getbasetemp().glob("**/postgres"):
        shutil.rmtree(system_folder(cluster.parent), ignore_errors=True)
