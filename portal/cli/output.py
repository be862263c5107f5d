"""What commands print: results on stdout, everything for people on stderr.

With ``--json`` a result is one JSON object (a stream of results is one object a line). Progress is
a bar where stderr is a terminal, else a line every ten seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ledger.errors import LedgerError, UnavailableError

PROGRESS_LINE_EVERY_S = 10.0
BAR_CHARS = 30


def emit_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object as one line on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a line for people on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def show(text: str) -> None:
    """Print a line of a result on stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_table(rows: Sequence[tuple[str, ...]], heads: tuple[str, ...]) -> None:
    """Print rows in aligned columns; full-width characters count two."""
    table = [heads, *rows]
    widths = [max(_width(row[n]) for row in table) for n in range(len(heads))]
    for row in table:
        cells = [cell + " " * (widths[n] - _width(cell)) for n, cell in enumerate(row)]
        show("  ".join(cells).rstrip())


def say_cut(count: int, *, is_cut: bool) -> None:
    """Say on stderr that a list was cut, where it was."""
    if is_cut:
        say(f"the first {count:,}; there are more: --limit")


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def fail(error: LedgerError, *, as_json: bool = False) -> int:
    """Print an error as a sentence (or an object) and return its exit code."""
    code = getattr(error, "code", type(error).__name__)
    say(f"lianzheng: {error}")
    if as_json:
        with suppress(UnavailableError):  # Where stdout takes nothing, that was said just now.
            emit_json({"error": str(error), "code": code, "exit_code": error.exit_code})
    return error.exit_code


class Progress:
    """Progress of long work, on stderr only.

    Args:
        label: What is being done.
        total: Units to do, or 0 where unknown.
        clock: Seconds that never go back.
    """

    def __init__(self, label: str, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.label = label
        self.total = total
        self._clock = clock
        self._terminal = sys.stderr.isatty()
        self._next_at = clock() + (0.0 if self._terminal else PROGRESS_LINE_EVERY_S)

    def update(self, done: int, total: int | None = None) -> None:
        """Say how many units are done."""
        self.total = total if total is not None else self.total
        if self._clock() < self._next_at:
            return
        self._next_at = self._clock() + (0.1 if self._terminal else PROGRESS_LINE_EVERY_S)
        share = min(1.0, done / self.total) if self.total else 0.0
        filled = int(share * BAR_CHARS)
        bar = "#" * filled + "." * (BAR_CHARS - filled)
        text = f"{self.label} [{bar}] {done:,}" + (f" / {self.total:,}" if self.total else "")
        sys.stderr.write(f"\r{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def finish(self) -> None:
        """End the bar."""
        if self._terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
