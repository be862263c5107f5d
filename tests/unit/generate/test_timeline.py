"""Working days, numbers with check characters, and draws: vectors computed elsewhere."""

from __future__ import annotations

import pytest

from consumers.generate.draws import Draws
from consumers.generate.people import credit_code, identity_number
from consumers.generate.timeline import (
    WorkCalendar,
    chinese_date,
    date_of,
    day_number,
    day_of,
    moment,
)
from schemas.loader import calendar_texts

CALENDAR = WorkCalendar(calendar_texts())


@pytest.mark.parametrize(
    ("start", "workdays", "due"),
    [
        ("2026-09-28", 7, "2026-10-13"),
        ("2026-09-24", 3, "2026-09-30"),
        ("2026-02-12", 7, "2026-02-28"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-04-29", 7, "2026-05-12"),
        ("2025-12-30", 7, "2026-01-09"),
        ("2025-09-26", 7, "2025-10-13"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-11-20", 20, "2026-12-18"),
        ("2026-10-12", -7, "2026-09-24"),
        ("2026-10-01", 0, "2026-10-08"),
        ("2026-09-30", 0, "2026-09-30"),
        ("2026-12-30", 2, "2027-01-04"),
    ],
)
def test_working_days(start: str, workdays: int, due: str) -> None:
    """Computed with chinesecalendar 1.11.0; the last crosses into a year without an official calendar."""
    assert date_of(CALENDAR.add(day_number(start), workdays)).isoformat() == due


def test_days_are_those_of_shanghai() -> None:
    """Midnight is at 16:00 UTC."""
    day = day_number("2026-09-28")
    assert moment(day, 0) == (day * 24 - 8) * 3_600_000_000
    assert day_of(moment(day, 0)) == day
    assert day_of(moment(day, 0) - 1) == day - 1
    assert chinese_date(day) == "2026年9月28日"


def test_draws_are_fixed_for_ever() -> None:
    """The first bytes of a seed, as SHAKE-256 gives them (computed with the openssl program)."""
    draws = Draws("lianzheng")
    assert draws.bytes(8).hex() == "070f4316df4292d7"
    assert Draws("lianzheng").uuid()[14] == "4"


def test_check_characters() -> None:
    """Checked with python-stdnum."""
    assert credit_code("91430100", "MAFCT001") == "91430100MAFCT0011C"
    assert credit_code("11430000", "FCT00001") == "11430000FCT000014L"
    assert identity_number(day_number("1990-01-01"), 1) == "990000199001010017"
