"""Figures of a benchmark: medians, the machine, and the one JSON line on stdout."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--smoke", action="store_true", help="small sizes: shows that it runs")
    return parser


def say(text: str) -> None:
    """Tell a person how far it is; stdout belongs to the result."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def median(values: Sequence[float]) -> float:
    """Return the median, rounded to four digits that count."""
    return float(f"{statistics.median(values):.4g}")


def machine() -> dict[str, Any]:
    """Return what a figure means nothing without."""
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next(
            (x.partition(":")[2].strip() for x in lines if x.startswith("model name")), model
        )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "commit": _commit(),
        "date": time.strftime("%Y-%m-%d"),
    }


def finish(figures: Mapping[str, Any]) -> None:
    """Print the result as the last line on stdout: one JSON object."""
    print(json.dumps({**figures, "machine": machine()}, ensure_ascii=False), flush=True)


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout.strip() or "none"
