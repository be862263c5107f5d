"""Moments that a reader asks for: "as of" a time, by one of the ledger's two clocks.

Read before: docs/glossary.md ("two clocks"). Read next: ``portal/api/cases.py``.

``received``: what the ledger held at that moment, which nobody can back-date. ``occurred``: what
had happened by then, as far as is known today, late entries included.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query

from portal.api.faults import BAD_TIME, Fault
from portal.api.problem import problem
from portal.pages import BEIJING, utc
from projections.case_replay.view import AsOf

_EPOCH: Final = utc(0)


class ClockName(StrEnum):
    """Which time of an entry is compared."""

    RECEIVED = "received"
    OCCURRED = "occurred"


AtQuery = Annotated[
    str | None,
    Query(
        max_length=40,
        description="时刻，RFC 3339；无时区时按北京时间",
        examples=["2026-11-25T12:00:00+08:00"],
    ),
]
ClockQuery = Annotated[
    ClockName, Query(description="按账本接收时间（received）或发生时间（occurred）")
]
VersionQuery = Annotated[int | None, Query(ge=1, lt=1 << 53, description="只看本链前若干条")]


def as_of(at: str | None, clock: ClockName, version: int | None = None) -> AsOf:
    """Return which entries count.

    Raises:
        ProblemError: INVALID: ``at`` is not a time.
    """
    if at is None or not at.strip():
        return AsOf(version=version)
    micros = _micros(at.strip(), "at")
    if clock is ClockName.RECEIVED:
        return AsOf(received_at=micros, version=version)
    return AsOf(occurred_at=micros, version=version)


def moment_of(text: str | None, parameter: str) -> int | None:
    """Return a moment of the query, microseconds UTC; None where it was not given.

    Raises:
        ProblemError: INVALID: it is not a time.
    """
    return _micros(text.strip(), parameter) if text and text.strip() else None


def _micros(text: str, parameter: str) -> int:
    """Return microseconds since 1970; a time without a zone is Beijing's."""
    try:
        # A plus sign that was not escaped in an address arrives as a space.
        moment = dt.datetime.fromisoformat(text.replace(" +", "+"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=BEIJING)
        return (moment - _EPOCH) // dt.timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise problem("INVALID", errors=[Fault(f"/query/{parameter}", BAD_TIME)]) from error
