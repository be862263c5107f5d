"""Times as people write them: RFC 3339 in, Beijing time out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from ledger.errors import MalformedError

YEAR_MIN = 1980
YEAR_MAX = 2999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS_MIN = -62_135_596_800_000_000  # The first microsecond of year 1 in UTC.
_MICROS_MAX = 253_402_271_999_999_999  # The last microsecond of 9999 in Beijing.
BEIJING = timezone(timedelta(hours=8), "+08:00")


def parse_time(text: str) -> int:
    """Return microseconds UTC of an RFC 3339 time; a date alone is its beginning in Beijing.

    Raises:
        MalformedError: The text is no such time, or one that no ledger has to do with.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(f"{text!r} is not a time such as 2026-09-28T16:20:00+08:00") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=BEIJING)
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise MalformedError(f"{text!r} is not between the years {YEAR_MIN} and {YEAR_MAX}")
    return round(moment.timestamp() * 1_000_000)


def iso_time(micros: int) -> str:
    """Return a time as JSON has it, as the HTTP API does: ``2026-09-28T16:20:00.000000+08:00``."""
    moment = _EPOCH + timedelta(microseconds=within_calendar(micros))
    return moment.astimezone(BEIJING).isoformat(timespec="microseconds")


def format_time(micros: int) -> str:
    """Return a time in Beijing, to the second: ``2026-09-28 16:20:00``."""
    moment = (_EPOCH + timedelta(microseconds=within_calendar(micros))).astimezone(BEIJING)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def within_calendar(micros: int) -> int:
    """Return a time that a calendar has; an act may claim any, and is shown with the nearest."""
    return min(max(micros, _MICROS_MIN), _MICROS_MAX)
