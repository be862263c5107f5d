"""What a check of the whole ledger found, as acts of the platform in the control log.

Read before: ``portal/programs/ledger_check.py``. Read next:
``ledger/rules/violations/integrity.py``, which raises an alert by them. Indicator K-28 counts them.

The ledger takes them like anybody's acts, so it must run. Whoever alters the database may keep them
out of it, which is why the check's own output and exit status are what an auditor goes by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from consumers.emitter.platform_acts import CheckedLog, PlatformActs
from consumers.emitter.submission import UnsealedAct
from ledger.chain.findings import INCOMPLETE
from portal.programs.platform_hand import open_platform

_SOUND: Final = "SOUND"
_BROKEN: Final = "BROKEN"
_INCOMPLETE: Final = "INCOMPLETE"
_ALTERED, _GONE = "ALTERED", "GONE"  # ``kind`` of a breach.


def record_check(data: Path, logs: list[dict[str, Any]]) -> int:
    """Send ``ChainVerified`` of each log, and ``IntegrityBreachDetected`` of its first bad entry.

    Args:
        data: Data folder.
        logs: As ``check_ledger`` returns them; one whose promise proves nothing is left out.

    Returns:
        How many acts the ledger took.

    Raises:
        RejectedError: The ledger refuses an act.
        UnavailableError: The ledger does not run.
    """
    with open_platform(data) as platform:
        at = platform.now()
        acts = [act for log in logs for act in acts_of(platform.acts, log, at)]
        for act in acts:
            platform.submit(act)
    return len(acts)


def acts_of(platform: PlatformActs, log: Mapping[str, Any], at: int) -> Iterator[UnsealedAct]:
    """Yield what is to be recorded of one log; ``at`` in microseconds UTC."""
    if log["root"] is None:
        return
    checked = CheckedLog(log["origin"], log["tree_size"], bytes.fromhex(log["root"]))
    yield platform.chain_verified(checked, _result(log["exit_code"]), at)
    bad = [it for it in log["differences"] if it["leaf_index"] is not None]
    if bad:
        kind = _GONE if bad[0]["is_gone"] else _ALTERED
        yield platform.breach_detected(checked.origin, bad[0]["leaf_index"], kind, at)


def _result(exit_code: int) -> str:
    if exit_code == INCOMPLETE:
        return _INCOMPLETE
    return _BROKEN if exit_code else _SOUND
