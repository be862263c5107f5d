"""What days of the calendar day-close rules ask about.

Read before: ``rule``.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

_EPOCH: Final = dt.date(1970, 1, 1)
_DAY_MIN: Final = (dt.date.min - _EPOCH).days
_DAY_MAX: Final = (dt.date.max - _EPOCH).days


def date_of(day: int) -> dt.date:
    """Return the date of a day, days since 1970-01-01; the nearest of one that no calendar has.

    An act may claim any moment that fits in 64 bits, and no claim stops a rule.
    """
    return _EPOCH + dt.timedelta(days=min(max(day, _DAY_MIN), _DAY_MAX))


def month_of(day: int) -> str:
    """Return the month of a day, such as ``2026-03``."""
    return date_of(day).isoformat()[:7]


def ends_month(day: int) -> bool:
    """Tell whether a day is the last one of its month."""
    return date_of(day + 1).day == 1
