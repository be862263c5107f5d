"""Which worker runs which files of the suite, and in which order.

A ledger that several files share is wanted once: one that stands idle costs a quarter of a core. So
all files of one shared ledger go to one worker; every other file goes whole to the next free one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadFileScheduling

_PARAMETERS: Final = re.compile(r"^def \w+\(([^)]*)\)", re.MULTILINE)
# Fixtures of a conftest.py.
_SHARED_LEDGERS: Final = re.compile(r"\b(seeded|anchored|open_ledger|organisations)\b")
_LONG: Final = ("e2e", "acceptance", "integration", "contract")  # Folders: minutes a file.
_ROOT: Final = Path(__file__).parents[2]


@cache
def group_of(file: str) -> str:
    """Return the shared ledger that a test file asks for, else the file, relative to the root."""
    asked = " ".join(_PARAMETERS.findall((_ROOT / file).read_text()))
    found = _SHARED_LEDGERS.search(asked)
    return file if found is None else found[1]


def order_of(file: str) -> tuple[bool, bool]:
    """Return what files are sorted by: those of shared ledgers, the other long ones, the rest."""
    return group_of(file) == file, file.split("/")[1] not in _LONG


class SharedLedgerScheduling(LoadFileScheduling):
    """Files as a whole, those of one shared ledger together."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(super()._split_scope(nodeid))
