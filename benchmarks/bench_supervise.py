"""How many acts a second do the violation rules judge, on one core, and how many the whole engine?

A generated history, every entry decoded and judged one after the other: by all rules in force; and
as the engine does it, with deadlines, duties to publish, lapses, and what follows made into acts.
Nothing is read from a database and nothing is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sized
from typing import Any

from report import arguments, finish, median, say

from consumers.supervise.matters import collect_seldom
from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import judged, judged_by_rules

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
    rules = _rates("rules", lambda: judged_by_rules(history))
    engine = _rates("engine", lambda: judged(history))
    figures: dict[str, Any] = {"rules_acts_per_s": rules, "engine_acts_per_s": engine}
    finish({**figures, "entries": history.size, "cases": cases, "runs": RUNS})


def _rates(what: str, judge: Callable[[], Iterable[Sized]]) -> float:
    """Return the median of some runs, in entries a second."""
    rates = []
    for run in range(RUNS):
        begun = time.perf_counter()
        found = [len(one) for one in judge()]
        rates.append(len(found) / (time.perf_counter() - begun))
        say(f"{what}, run {run}: {rates[-1]:,.0f} acts/s, {sum(found)} found")
    return median(rates)


if __name__ == "__main__":
    main()
