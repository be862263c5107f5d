"""What the pages say about the ledger itself, from entry 0 and the newest control entries.

Read before: ``portal/control_copy.py``. Read next: ``portal/freshness.py``.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.domain.control import ControlState
from ledger.errors import UnavailableError


class LedgerFacts(NamedTuple):
    """The ledger in the words of its pages."""

    ledger: str
    title: str
    operator: str  # Name of the operating agency if it is registered, else its credit code.
    profile: str
    clock: str
    synthetic: bool
    are_entries_public: bool
    logs: tuple[str, ...]  # Names, the control log first.
    vkeys: dict[str, tuple[str, ...]]  # Log name -> vkeys that may have signed its checkpoints.
    platform_vkey: str

    def origin(self, log: str) -> str:
        """Return the origin line of a log's checkpoints."""
        return f"{self.ledger}/control" if log == "control" else f"{self.ledger}/log/{log}"


def ledger_facts(state: ControlState) -> LedgerFacts:
    """Return the facts as of a control state.

    Raises:
        UnavailableError: Entry 0 was not read yet.
    """
    ledger = state.ledger
    if ledger is None:
        raise UnavailableError("the control log has no entry yet")
    logs = ("control", *(str(number) for number in range(ledger.case_logs)))
    vkeys: dict[str, tuple[str, ...]] = {}
    for log, vkey in zip(logs, ledger.vkeys, strict=True):
        origin = f"{ledger.name}/control" if log == "control" else f"{ledger.name}/log/{log}"
        added = tuple(text for name, text in state.log_keys if name == origin)
        vkeys[log] = (vkey, *added)
    operator = state.agencies.get(ledger.operator)
    return LedgerFacts(
        ledger=ledger.name,
        title="链证 · 行政执法证据链账本",
        operator=ledger.operator if operator is None else operator.name,
        profile=ledger.profile,
        clock="simulated" if state.is_simulated else "system",
        synthetic=ledger.synthetic,
        are_entries_public=ledger.entries == "public",
        logs=logs,
        vkeys=vkeys,
        platform_vkey=ledger.platform_key.vkey,
    )
