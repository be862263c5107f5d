"""Waits until a running ledger stands still: everything judged, every view at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from tests.support.running import RunningLedger, fetch, program, wait_for

NOTHING_BY_ITSELF: Final = {"LEDGER_ANCHOR_HOURS": "0"}  # No clock anchors while tests look.
_SETTLED_S: Final = 120


def wait_until_settled(ledger: RunningLedger) -> None:
    """Return once no entry waits to be judged or to be shown.

    What the engine derives is committed before it counts an entry as judged, so after it only
    the views have anything to follow.
    """
    wait_for(lambda: engine_is_level(ledger), _SETTLED_S, "the engine of the rules")
    wait_for(lambda: views_are_level(ledger), _SETTLED_S, "the views")


def engine_is_level(ledger: RunningLedger) -> bool:
    """Tell whether every entry was judged and every day closed, and what follows committed."""
    _, text = fetch(ledger.run["health"]["supervise"] + "/metrics")
    if not re.search(r"^lianzheng_supervise_close_lag_seconds 0\.0$", text.decode(), re.MULTILINE):
        return False
    return has_judged(ledger)


def wait_until_judged(ledger: RunningLedger, outcome: Mapping[str, str]) -> None:
    """Return once an act was judged, by its outcome: what follows is in the ledger then.

    Whoever reviews a publication names the alerts of its matter, and has to know them all.
    """
    log, size = outcome["origin"].rpartition("/")[2], int(outcome["index"]) + 1
    wait_for(lambda: _reached(ledger).get(log, 0) >= size, _SETTLED_S, "the engine of the rules")


def _reached(ledger: RunningLedger) -> dict[str, float]:
    """Return up to where the entries of each log were judged, and what follows committed."""
    _, text = fetch(ledger.run["health"]["supervise"] + "/metrics")
    found = re.findall(r'supervise_reached_seq\{log="(\w+)"\} (\S+)', text.decode())
    return {log: float(size) for log, size in found}


def has_judged(ledger: RunningLedger) -> bool:
    """Tell whether every entry of which the portal knows was judged."""
    reached = _reached(ledger)
    # Sizes after what was reached: an entry that came between the two counts as not judged.
    return all(
        reached.get(origin.rpartition("/")[2], 0) >= size for origin, size in _sizes(ledger).items()
    )


def views_are_level(ledger: RunningLedger) -> bool:
    """Tell whether every view has followed every log to its end."""
    views = json.loads(program("view", "list", "--json", "--data", ledger.data).stdout)["views"]
    sizes = _sizes(ledger)
    return bool(views) and all(
        int(view["sizes"].get(origin, 0)) >= size
        for view in views
        for origin, size in sizes.items()
    )


def _sizes(ledger: RunningLedger) -> dict[str, int]:
    return {log["origin"]: int(log["tree_size"]) for log in ledger.json("/v1/logs")["logs"]}
