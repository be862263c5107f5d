"""Numbers that should be dense, as runs of those received, and the gaps between them.

Read before: ``rule``. Read next: ``sequence``, ``document_numbers``.

A row is ``{"spans": [[first, next], ...], "runs": [[first, last, act of the first], ...]}``: what
lies in a span is settled, the runs are ascending and apart. The first number received begins the
first span. A gap wider than ``JUMP_MIN`` begins another one: it is a gap like any, but counting
goes on below it too, so no single number, however large, hides what comes after it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final

from ledger.rules.day_close.rule import DayAct, Ref, Row

RUNS_MAX: Final = 1_000  # Of a row; gaps above that many are not told apart.
JUMP_MIN: Final = 1_000  # Numbers; what is further off is no number that comes late.
SPANS_MAX: Final = 8  # Of a row; the shortest are forgotten.
_NO_NUMBER: Final = -(2**63)  # Below every number.


def new_row() -> Row:
    """Return the row of a sequence that has not begun."""
    return {"spans": [], "runs": []}


def enter(row: Row, number: int, act: DayAct) -> None:
    """Enter a number that was received; one that comes late changes nothing."""
    if _is_late(_spans(row), number):
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
        if runs[-1][0] - runs[-2][1] <= JUMP_MIN:
            runs[-2][1] = runs[-1][1]
        del runs[-1]


def settle(row: Row, before: int) -> Iterator[tuple[int, Ref]]:
    """Move spans past what is settled; yield first missing number and act above each gap.

    Args:
        row: The sequence.
        before: A gap waits for its numbers until the act above it was received before then.
    """
    spans, runs = _spans(row), row["runs"]
    while runs:
        first, last, ref = runs[0]
        place = bisect_right(spans, first, key=lambda span: span[0])
        below = spans[place - 1] if place else None
        if below is not None and first > below[1]:
            above = Ref(*ref)
            if above.received_at >= before:
                return
            yield below[1], above
        if below is None or first - below[1] > JUMP_MIN:
            spans.insert(place, [first, last + 1])
            if len(spans) > SPANS_MAX:
                spans.remove(min(spans, key=lambda span: span[1] - span[0]))
        else:
            below[1] = max(below[1], last + 1)
        del runs[0]


def _is_late(spans: list[list[int]], number: int) -> bool:
    """Tell whether a number is settled, or so little below all that it was left out at first."""
    if spans and spans[0][0] - JUMP_MIN <= number < spans[0][0]:
        return True
    return any(first <= number < end for first, end in spans)


def _spans(row: Row) -> list[list[int]]:
    """Return the spans of a row; one kept in the older form ``{"next": n}`` has one at most."""
    if "next" in row:
        end = row.pop("next")
        row["spans"] = [] if end is None else [[_NO_NUMBER, end]]
    spans: list[list[int]] = row["spans"]
    return spans
