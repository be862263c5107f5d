"""An indicator as a document: the same members in the HTTP API, on pages and on the command line.

Read before: ``projections/indicators/view.py``. Read next: ``portal/api/indicators.py``,
``portal/programs/indicators.py``.

Both counts are always there; where the denominator is 0 there is no rate, and not 100 per cent.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from fractions import Fraction
from math import floor, isqrt
from typing import Any, Final, NamedTuple

from ledger.domain.control_records import day_of
from ledger.errors import MalformedError
from portal.cli.times import iso_time
from projections.indicators.definitions import Indicator, groups, indicators
from projections.indicators.view import (
    FactQuery,
    FactRow,
    IndicatorReader,
    Total,
    outcome_of,
)

PERIOD: Final = r"^[12][0-9]{3}(-(0[1-9]|1[0-2]))?$"
NOTHING: Final = "–"
_EPOCH: Final = dt.date(1970, 1, 1)
_NO_FACTS: Final = Total("", 0, 0, 0, 0, None)
_BREAKDOWNS: Final = (
    ("by_agency", "AGENCY"),
    ("by_month", "MONTH"),
    ("by_detail", "DETAIL"),
    ("by_outcome", "OUTCOME"),
)


class Wanted(NamedTuple):
    """What is asked of indicators."""

    as_of: int  # Microseconds UTC.
    agency_id: str | None = None
    period: str | None = None  # ``2026`` or ``2026-03``; None: all time.

    def query(self, indicator_id: str) -> FactQuery:
        """Return the question to the view. Raises MalformedError."""
        first, last = (None, None) if self.period is None else days_of(self.period)
        if not indicators()[indicator_id].is_stock:
            return FactQuery(indicator_id, self.as_of, self.agency_id, first, last)
        today = day_of(self.as_of)
        end = today if last is None else min(last, today)
        return FactQuery(indicator_id, self.as_of, self.agency_id, None, last, end)


def days_of(period: str) -> tuple[int, int]:
    """Return the first and the last day of a year or month, as days since 1970-01-01.

    Raises:
        MalformedError: It is neither.
    """
    if re.fullmatch(PERIOD, period, re.ASCII) is None:
        raise MalformedError(f"{period!r} is neither a year such as 2026 nor a month like 2026-03")
    year, _, month = period.partition("-")
    first = dt.date(int(year), int(month or 1), 1)
    end = int(month or 12)
    last = dt.date(int(year), end, calendar.monthrange(int(year), end)[1])
    return (first - _EPOCH).days, (last - _EPOCH).days


def indicator_of(indicator_id: str) -> Indicator:
    """Return the indicator with this id.

    Raises:
        MalformedError: There is none.
    """
    found = indicators().get(indicator_id)
    if found is None:
        raise MalformedError(f"there is no indicator {indicator_id}", code="NOT_FOUND")
    return found


def how_of(indicator: Indicator) -> str:
    """Return which facts the view shall count: one of ``HOWS``."""
    if indicator.kind == "RANK":
        return "RANK"
    return "LATEST" if indicator.is_latest else "ALL"


def summary(reader: IndicatorReader, indicator: Indicator, wanted: Wanted) -> dict[str, Any]:
    """Return one indicator with its formula and its counts."""
    query = wanted.query(indicator.id)
    parts = reader.totals(query, _headline(indicator), how_of(indicator))
    total = _pooled(parts) if indicator.kind == "DISPERSION" else next(iter(parts), _NO_FACTS)
    target = indicator.target
    return {
        "indicator_id": indicator.id,
        "cn": indicator.cn,
        "group": indicator.group,
        "group_cn": groups()[indicator.group],
        "unit": indicator.unit,
        "direction": indicator.direction,
        "formula": indicator.formula,
        "numerator_text": indicator.numerator,
        "denominator_text": indicator.denominator,
        "period_text": indicator.period,
        "target_percent": None if target is None else target.percent,
        "target_source": None if target is None else target.source,
        "required": _required(indicator, total),
        "newest_age_micros": _age(indicator, total, wanted.as_of),
        **_counts(indicator, total),
    }


def detail(reader: IndicatorReader, indicator: Indicator, wanted: Wanted) -> dict[str, Any]:
    """Return one indicator with its counts, and the same by agency, month and word."""
    query = wanted.query(indicator.id)
    document = summary(reader, indicator, wanted)
    for name, part in _BREAKDOWNS:
        if not _has_part(indicator, part):
            continue
        totals = reader.totals(query, part, how_of(indicator))
        if indicator.kind == "DISPERSION":
            totals = [_dispersion(total) for total in totals]
        document[name] = [
            {"part": total.part, **_counts(indicator, total)} for total in totals if total.part
        ]
    return document


def _headline(indicator: Indicator) -> str:
    return "DETAIL" if indicator.kind == "DISPERSION" else "ALL"


def _has_part(indicator: Indicator, part: str) -> bool:
    """Tell whether an indicator is counted by a part: fines differ by item and grade anyway."""
    if indicator.kind == "DISPERSION":
        return part == "DETAIL"
    return part == "AGENCY" or not indicator.is_latest


def _dispersion(total: Total) -> Total:
    """Return a part whose counts are standard deviation and mean of its values."""
    return _pooled([total])._replace(part=total.part)


def _pooled(parts: Sequence[Total]) -> Total:
    """Return the deviation within the parts, and the mean of all values, cut off."""
    count = sum(one.values for one in parts)
    if count == 0:
        return _NO_FACTS
    # Of each part: its values times the sum of its squares less the square of its sum, over them.
    within = sum(
        Fraction(one.value_squares) - Fraction(one.value_sum**2, one.values)
        for one in parts
        if one.values
    )
    deviation = isqrt(floor(within / count))
    mean = sum(one.value_sum for one in parts) // count
    facts = sum(one.facts for one in parts)
    return Total("", deviation, mean, facts, 0, None, newest=max(one.newest or 0 for one in parts))


def _age(indicator: Indicator, total: Total, as_of: int) -> str | None:
    """Return how long ago the newest fact was received, microseconds."""
    if not indicator.has_age or total.newest is None:
        return None
    return str(as_of - total.newest)


def fact_document(row: FactRow, as_of: int) -> dict[str, Any]:
    """Return one fact as it counted at a moment; 64-bit numbers are strings."""
    return {
        "indicator_id": row.indicator_id,
        "outcome": outcome_of(row, as_of),
        "numerator": row.numerator if row.is_met else 0,
        "denominator": row.denominator,
        "event_id": row.event_id,
        "event_type": row.event_type,
        "stream_id": row.stream_id,
        "agency_id": row.agency_id,
        "item_code": row.item_code,
        "day": (_EPOCH + dt.timedelta(days=row.day)).isoformat(),
        "occurred_at": iso_time(row.occurred_at),
        "received_at": iso_time(row.received_at),
        "due_at": None if row.due_at is None else iso_time(row.due_at),
        "met_event_id": row.met_event_id,
        "failed_event_id": row.failed_event_id,
        "value": None if row.value is None else str(row.value),
        "value_unit": None if row.value is None else indicators()[row.indicator_id].value_unit,
        "subject": row.subject,
        "detail": row.detail,
        "outcome_word": row.outcome,
        "log": row.log,
        "leaf_index": str(row.leaf_index),
    }


def percent(numerator: int, denominator: int) -> str:
    """Return a rate with one decimal, cut off; a dash where there is nothing to divide by.

    Cut off and not rounded, so that 99.96 per cent is never shown as the whole.
    """
    if denominator == 0:
        return NOTHING
    tenths = numerator * 1000 // denominator
    return f"{tenths // 10}.{tenths % 10}%"


def _counts(indicator: Indicator, total: Total) -> dict[str, Any]:
    target = indicator.target
    is_reached = None
    if target is not None and total.denominator:
        is_reached = total.numerator * 100 >= target.percent * total.denominator
    return {
        "numerator": total.numerator,
        "denominator": total.denominator,
        "rate": percent(total.numerator, total.denominator),
        "facts": total.facts,
        "pending": total.pending,
        "median": None if total.median is None else str(total.median),
        "value_unit": indicator.value_unit,
        "is_target_reached": is_reached,
    }


def _required(indicator: Indicator, total: Total) -> int | None:
    """Return how many the target asks for; a part of a person is a person."""
    if indicator.target is None or indicator.unit != "PERSONS":
        return None
    return -(-total.denominator * indicator.target.percent // 100)
