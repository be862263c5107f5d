"""How many acts a second do the violation rules judge, on one core?

A generated history, every entry decoded and judged by all rules in force, one after the other, as
the engine does it; nothing is read from a database and nothing is sent.
"""

from __future__ import annotations

import time
from typing import Any

from report import arguments, finish, median, say

from consumers.supervise.matters import collect_seldom
from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import judged

CASES, SMOKE_CASES = 2_000, 30
RUNS = 3
SEED = 20_261_126


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=None, help="cases of the history")
    options = parser.parse_args()
    cases = options.cases or (SMOKE_CASES if options.smoke else CASES)
    history = HistoryCopy(cases, SEED)
    collect_seldom()  # As the engine's own process does.
    say(f"{history.size:,} entries of {cases:,} cases")
    rates, alerts = [], 0
    for run in range(RUNS):
        begun = time.perf_counter()
        raised = [len(found) for found in judged(history)]
        rates.append(len(raised) / (time.perf_counter() - begun))
        alerts = sum(raised)
        say(f"run {run}: {rates[-1]:,.0f} acts/s, {alerts} alerts")
    figures: dict[str, Any] = {"judged_acts_per_s": median(rates), "alerts": alerts}
    finish({**figures, "entries": history.size, "cases": cases, "runs": RUNS})


if __name__ == "__main__":
    main()
