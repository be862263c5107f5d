"""Do the rules find what is planted in 2,000 generated cases, and nothing in 2,000 honest ones?

Every entry is judged by the engine's own code, what it derives is put into the ledger and judged
too, all in memory. Exits with 1 if an alert is missing or one too many, or a deadline is missed
that no planted fault explains.
"""

from __future__ import annotations

import time
from typing import Any

from report import arguments, finish, say

from consumers.generate.case.violations import VIOLATIONS
from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import completed
from tests.support.planted import NOT_BUILT, compared

CASES, SMOKE_CASES = 2_000, 20
SEED = 20_261_126
RATE = 0.5


def main() -> None:
    """Compare, print, and fail if something differs."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=None, help="cases of each history")
    options = parser.parse_args()
    cases = options.cases or (SMOKE_CASES if options.smoke else CASES)
    figures: dict[str, Any] = {"cases": cases, "kinds": len(VIOLATIONS)}
    for name, rate in (("planted", RATE), ("honest", 0.0)):
        begun = time.perf_counter()
        differs = judge(name, cases, rate, figures)
        figures[f"{name}_s"] = round(time.perf_counter() - begun, 1)
        if differs:
            raise SystemExit(1)
    finish(figures)


def judge(name: str, cases: int, rate: float, figures: dict[str, Any]) -> bool:
    """Judge one history; return whether something differs from what was planted."""
    history = HistoryCopy(cases, SEED, violations=rate)
    result = compared(history.planted, completed(history))
    figures[f"{name}_violations"] = len(history.planted)
    figures[f"{name}_rules_found"] = len(result.found)
    say(f"{name}: {history.size:,} entries, {len(history.planted)} planted")
    for what in ("missing", "unexpected", "missed"):
        for rule, stream in sorted(getattr(result, what)):
            say(f"{name}: {what} {rule} in {stream}")
    left = {it.rule_id for it in VIOLATIONS} - NOT_BUILT - result.found
    is_whole = rate == 0 or cases * rate < len(VIOLATIONS) or not left
    return result.differs or not is_whole


if __name__ == "__main__":
    main()
