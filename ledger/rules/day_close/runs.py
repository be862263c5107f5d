"""Numbers that should be dense, as runs of those received, and the gaps between them.

Read before: ``rule``. Read next: ``sequence``, ``document_numbers``.

A row is ``{"next": n, "runs": [[first, last, act of the first], ...]}``: below ``next`` all is
settled, the runs are ascending and apart. The first number received begins the sequence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final

from ledger.rules.day_close.rule import DayAct, Ref, Row

RUNS_MAX: Final = 1_000  # Of a row; gaps above that many are not told apart.


def new_row() -> Row:
    """Return the row of a sequence that has not begun."""
    return {"next": None, "runs": []}


def enter(row: Row, number: int, act: DayAct) -> None:
    """Enter a number that was received; one below ``next`` comes too late to change anything."""
    if row["next"] is not None and number < row["next"]:
        return
    runs: list[list[Any]] = row["runs"]
    place = bisect_right(runs, number, key=lambda run: run[0])
    below = runs[place - 1] if place else None
    above = runs[place] if place < len(runs) else None
    if below is not None and number <= below[1]:
        return
    if above is not None and above[0] == number + 1:
        above[0], above[2] = number, act.ref()
        number, place = above[1], place + 1
        if below is not None and below[1] == above[0] - 1:
            below[1] = number
            del runs[place - 1]
    elif below is not None and number == below[1] + 1:
        below[1] = number
    else:
        runs.insert(place, [number, number, act.ref()])
    if len(runs) > RUNS_MAX:
        runs[-2][1] = runs[-1][1]
        del runs[-1]


def settle(row: Row, before: int) -> Iterator[tuple[int, Ref]]:
    """Move ``next`` past what is settled; yield first missing number and act above each gap.

    Args:
        row: The sequence.
        before: A gap waits for its numbers until the act above it was received before then.
    """
    runs = row["runs"]
    while runs:
        first, last, ref = runs[0]
        if row["next"] is not None and first > row["next"]:
            above = Ref(*ref)
            if above.received_at >= before:
                return
            yield row["next"], above
        row["next"] = last + 1
        del runs[0]
