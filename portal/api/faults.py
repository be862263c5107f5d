"""What is wrong with one value of a request: where it stands, and which rule it breaks.

Read before: ``portal/api/problem_codes.py``. Read next: ``portal/api/problem.py``.

Made from the validator's findings, of which only what our own models say is taken on: kind and
limits. What was sent never is, so a member that no model knows is not named either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple


class FaultKind(NamedTuple):
    """A rule that a value can break; the sentences have the limits' names in braces."""

    code: str
    zh: str
    en: str


class Fault(NamedTuple):
    """One value at fault.

    Attributes:
        pointer: RFC 6901 pointer into the request: ``/query/limit``, ``/body/case_id``.
        kind: The rule.
        limits: Its limits, by the validator's names for them.
    """

    pointer: str
    kind: FaultKind
    limits: Mapping[str, str | int | float] = {}

    def message(self, language: str) -> str:
        """Return the rule in a sentence, ``zh`` or ``en``."""
        sentence = self.kind.en if language == "en" else self.kind.zh
        return sentence.format_map(self.limits)

    def document(self, language: str) -> dict[str, Any]:
        """Return the fault as a member of a problem document."""
        members = {"pointer": self.pointer, "code": self.kind.code, **self.limits}
        return {**members, "message": self.message(language)}


MISSING: Final = FaultKind("MISSING", "必填", "required")
INVALID: Final = FaultKind("INVALID", "不符合要求", "not acceptable")
TOO_SHORT: Final = FaultKind(
    "TOO_SHORT", "至少 {min_length} 个字符", "at least {min_length} characters"
)
SEARCH_TOO_SHORT: Final = FaultKind(
    "TOO_SHORT",
    "至少 {min_length} 个字母、数字或汉字",
    "at least {min_length} letters or digits; signs do not count",
)
BAD_TIME: Final = FaultKind("NOT_A_TIME", "应为 RFC 3339 时间", "must be an RFC 3339 time")
BAD_ORDER: Final = FaultKind("OUT_OF_ORDER", "不得大于 to", "must not be above `to`")
_UNKNOWN: Final = "extra_forbidden"
_NOT_JSON: Final = "json_invalid"
_INTEGER: Final = FaultKind("NOT_AN_INTEGER", "应为整数", "must be an integer")
_OBJECT: Final = FaultKind("NOT_AN_OBJECT", "应为 JSON 对象", "must be a JSON object")
_CHOICE: Final = FaultKind("NOT_A_CHOICE", "应为其中之一：{expected}", "must be one of {expected}")
_DATE: Final = FaultKind("NOT_A_DATE", "应为日期，如 2026-03-02", "must be a date, like 2026-03-02")
_UUID: Final = FaultKind("NOT_A_UUID", "应为 UUID", "must be a UUID")
_KINDS: Final[Mapping[str, FaultKind]] = {
    "missing": MISSING,
    _UNKNOWN: FaultKind("UNKNOWN_MEMBER", "含有不认识的成员", "has a member that is not known"),
    _NOT_JSON: FaultKind("NOT_JSON", "不是 JSON", "is not JSON"),
    "string_too_short": TOO_SHORT,
    "string_too_long": FaultKind(
        "TOO_LONG", "最多 {max_length} 个字符", "at most {max_length} characters"
    ),
    "too_long": FaultKind("TOO_MANY", "最多 {max_length} 项", "at most {max_length} items"),
    "string_pattern_mismatch": FaultKind("PATTERN", "应符合 {pattern}", "must match {pattern}"),
    "greater_than_equal": FaultKind("TOO_SMALL", "不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": FaultKind("TOO_LARGE", "不得大于 {le}", "must be at most {le}"),
    "less_than": FaultKind("TOO_LARGE", "应小于 {lt}", "must be below {lt}"),
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "int_parsing": _INTEGER,
    "int_type": _INTEGER,
    "int_from_float": _INTEGER,
    "int_parsing_size": _INTEGER,
    "bool_parsing": FaultKind("NOT_A_BOOLEAN", "应为 true 或 false", "must be true or false"),
    "string_type": FaultKind("NOT_TEXT", "应为文本", "must be text"),
    "list_type": FaultKind("NOT_A_LIST", "应为列表", "must be a list"),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
    "datetime_type": BAD_TIME,
    "datetime_parsing": BAD_TIME,
    "datetime_from_date_parsing": BAD_TIME,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "timezone_aware": FaultKind("NO_TIME_ZONE", "时间须带时区", "must have a time zone"),
}
_LIMITS: Final = frozenset({"min_length", "max_length", "pattern", "ge", "le", "lt", "expected"})


def faults_of(findings: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Return the faults that the validator found.

    Args:
        findings: With ``type``, ``loc`` and perhaps ``ctx``, as pydantic and FastAPI give them.
    """
    return [_fault(finding) for finding in findings]


def _fault(finding: Mapping[str, Any]) -> Fault:
    rule = finding["type"]
    context = finding.get("ctx") or {}
    limits = {name: value for name, value in context.items() if name in _LIMITS}
    steps = list(finding["loc"])
    if rule in {_UNKNOWN, _NOT_JSON}:
        steps.pop()  # The stranger's own word, or a place in the text.
    return Fault(_pointer(steps), _KINDS.get(rule, INVALID), limits)


def _pointer(steps: Sequence[str | int]) -> str:
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in escaped)
