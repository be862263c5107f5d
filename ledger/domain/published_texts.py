"""Parse the JSON texts that control acts carry: rule sets and calendars.

Read before: schemas/rules/rule-set-1.json. Read next: ``control_changes``.

A text comes from a signed act of the platform or a supervisor and is judged before its entry is
made, so that what is in the log can always be applied. Trusts nothing in it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from ledger.domain.control_records import (
    SEVERITIES,
    CalendarYear,
    ReviewCatalogue,
    RuleSet,
    RuleWords,
    catalogue_rule,
)
from ledger.domain.deadline_texts import parse_deadlines
from ledger.domain.rule_values import check_gate_numbers, check_rule_values
from ledger.errors import MalformedError

_EPOCH = dt.date(1970, 1, 1)


def parse_rule_set(payload: Mapping[str, Any]) -> RuleSet:
    """Return the rule set of a ``RuleSetPublished``.

    Raises:
        MalformedError: the text is no rule set, names another version than the act, or lacks what
            the rules under ``violations`` read.
    """
    text = _object(payload["text"])
    _check_version(text, payload)
    try:
        catalogue = text.get("review_catalogue")
        deadlines = text.get("deadlines")
        check_gate_numbers(text["numbers"])
        if text.get("violations"):
            check_rule_values(text["violations"], text["numbers"], text["lists"])
        return RuleSet(
            payload["version"],
            {str(name): tuple(map(str, ids)) for name, ids in text["gates"].items()},
            {str(name): int(number) for name, number in text["numbers"].items()},
            None if catalogue is None else _review_catalogue(catalogue),
            payload["effectiveFrom"],
            None if deadlines is None else parse_deadlines(deadlines),
            violations={str(name): _words(it) for name, it in text.get("violations", {}).items()},
            lists={str(name): tuple(map(str, it)) for name, it in text.get("lists", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedError("not a rule set", pointer="/text") from error


def parse_calendar(payload: Mapping[str, Any]) -> CalendarYear:
    """Return the year of a ``CalendarVersionPublished``.

    Raises:
        MalformedError: the text is no calendar of one year.
    """
    text = _object(payload["text"])
    try:
        year = int(text["year"])
        holidays = frozenset(_days(text["holidays"], year))
        makeup = frozenset(_days(text["makeup_workdays"], year))
        return CalendarYear(year, payload["version"], holidays, makeup, bool(text["provisional"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("not a calendar", pointer="/text") from error


def _words(value: Mapping[str, Any]) -> RuleWords:
    if value["severity"] not in SEVERITIES:
        raise ValueError("no such severity")
    return RuleWords(
        value["severity"], str(value["text"]), str(value["basis"]), str(value["known"])
    )


def _review_catalogue(value: Mapping[str, Any]) -> ReviewCatalogue:
    rules = tuple(catalogue_rule(rule) for rule in value["rules"])
    return ReviewCatalogue("default", str(value["version"]), rules, 0)


def _days(texts: list[str], year: int) -> list[int]:
    dates = [dt.date.fromisoformat(text) for text in texts]
    if any(date.year != year for date in dates):
        raise ValueError("a day of another year")
    return [(date - _EPOCH).days for date in dates]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError("text is not JSON", pointer="/text") from error
    if not isinstance(value, dict):
        raise MalformedError("text is not a JSON object", pointer="/text")
    return value


def _check_version(text: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    if text.get("version") != payload["version"]:
        raise MalformedError("text names another version", pointer="/version")
