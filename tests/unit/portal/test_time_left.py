"""How much time a deadline leaves, in words: days that are worked, hours, today, another day."""

import datetime as dt

import pytest

from ledger.domain.control_records import HOUR_MICROS
from portal.deadlines import left_words
from projections.deadlines.view import DeadlineRow
from tests.support.deadlines import RULES

NOON = int(dt.datetime(2026, 6, 5, 4, tzinfo=dt.UTC).timestamp()) * 1_000_000  # Friday, Beijing.
MIDNIGHT = NOON + 12 * HOUR_MICROS
DAY = 24 * HOUR_MICROS


def row(due_at):
    given = dict.fromkeys(DeadlineRow._fields)
    return DeadlineRow(**{**given, "due_at": due_at})


def rule(unit):
    return next(one for one in RULES.rules.values() if one.unit == unit)


@pytest.mark.parametrize(
    ("unit", "due_at", "left", "words"),
    [
        ("WD", MIDNIGHT, 0, "今日到期"),
        ("CD", MIDNIGHT + DAY, 0, "到期前没有工作日"),  # The end of Saturday.
        ("WD", MIDNIGHT + 5 * DAY, 3, "3 个工作日"),
        ("WD", MIDNIGHT - 4 * DAY, -3, "逾期 3 个工作日"),
        ("CD", NOON - 1, 0, "已逾期"),
        ("H", NOON + 30 * HOUR_MICROS, 0, "剩 30 小时"),
        ("H", NOON + 1, 0, "剩 不足一小时"),
        ("H", NOON - 30 * HOUR_MICROS, -1, "逾期 30 小时"),
        ("H", NOON - 1, 0, "逾期 不足一小时"),
    ],
)
def test_time_left_in_words(unit, due_at, left, words):
    assert left_words(row(due_at), rule(unit), left, NOON) == words


def test_a_row_that_no_rule_set_explains_counts_in_days():
    assert left_words(row(MIDNIGHT), None, 0, NOON) == "今日到期"
