"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from portal.stack.postgres import system_folder

# The same examples everywhere; how long one takes says more about the machine than about the code.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

# A job in the background of a script ignores Ctrl-C, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Ledgers that several files share. Each is wanted once: one that stands idle costs a quarter of a core.
_SHARED_LEDGERS = ("seeded", "anchored", "open_ledger", "organisations")
# Folders of files that start whole ledgers: few tests, minutes each.
_LONG = ("e2e", "acceptance", "integration", "contract")

pytest_plugins = ["tests.support.browser", "tests.support.postgres", "tests.support.kafka"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each worker whole files, those of one shared ledger together, the long ones first.

    Or every worker makes every shared ledger, and one is still busy when the others are done.
    """
    shared: dict[Path, str] = {}
    for item in items:
        for name in _SHARED_LEDGERS:
            if name in getattr(item, "fixturenames", ()):
                shared.setdefault(item.path, name)
    for item in items:
        group = shared.get(item.path, str(item.path.relative_to(item.config.rootpath)))
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (item.path not in shared, not set(_LONG) & set(item.path.parts)))


@pytest.fixture(scope="session", autouse=True)
def _leaves_no_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what a ledger run by root keeps outside its data folder; every run makes new ones."""
    yield
    for cluster in tmp_path_factory.getbasetemp().glob("**/postgres"):
        shutil.rmtree(system_folder(cluster.parent), ignore_errors=True)
