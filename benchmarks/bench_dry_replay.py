"""Does a replay from nothing give the same alerts twice, and how fast is it?

The entries of a ledger are judged from the first on by an engine that has nothing in memory, and
then by another one; both say which alerts there are.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from report import arguments, finish, say

from consumers.supervise.matters import collect_seldom
from tests.support.copied_history import CopiedHistory

CASES, SMOKE_CASES = 300, 20
ACTS, SMOKE_ACTS = 1_000_000, 3_000
SEED = 20_261_128
LOG = "0"


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--acts", type=int, default=None, help="acts of the ledger")
    options = parser.parse_args()
    acts = options.acts or (SMOKE_ACTS if options.smoke else ACTS)
    history = CopiedHistory(SMOKE_CASES if options.smoke else CASES, SEED)
    collect_seldom()  # As the engine's own process does.
    first, second = (_replay(history, acts) for _ in range(2))
    assert first["alert_ids"] == second["alert_ids"], "two replays of one ledger differ"
    assert first["alerts"], "a history with violations has alerts"
    finish({**first, "second_acts_per_cpu_s": second["acts_per_cpu_s"], "acts": acts})


def _replay(history: CopiedHistory, acts: int) -> dict[str, Any]:
    """Judge all entries; return the rate and a digest of all alert ids in their order."""
    judging, digest, alerts, spent = history.judging(), hashlib.sha256(), 0, 0.0
    for entry in history.entries(acts):
        begun = time.thread_time()
        derived = judging.derive(LOG, entry)
        spent += time.thread_time() - begun
        for one in derived:
            if one.is_alert:
                alerts += 1
                digest.update(bytes.fromhex(one.id))
    say(f"{acts:,} acts in {spent:,.0f} s, {alerts:,} alerts")
    return {
        "acts_per_cpu_s": float(f"{acts / spent:.4g}"),
        "alerts": alerts,
        "alert_ids": digest.hexdigest(),
    }


if __name__ == "__main__":
    main()
