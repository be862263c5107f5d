"""Parse the deadlines of a rule set's text.

Read before: ``deadline_rules``. Read next: ``published_texts``.

A text comes from a signed act and is judged before its entry is made: an unknown word, a row
without a start or an event type in no role it can have is refused. Trusts nothing in it.
Every error is a ``ValueError``, ``KeyError`` or ``TypeError``; ``parse_rule_set`` makes one of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.domain.control_records import SEVERITIES
from ledger.domain.deadline_rules import (
    Accrual,
    Condition,
    DeadlineRule,
    DeadlineRules,
    Extension,
    Fulfilment,
    Path,
    Pause,
    PauseEnd,
    Ref,
    Start,
    Use,
    Uses,
)

UNITS: Final = ("WD", "CD", "H", "M", "Y", "DATE")
KINDS: Final = ("DUTY", "WINDOW", "WAIT")
TAGS: Final = ("L", "P", "S", "M", "R")
_LENGTH_MAX: Final = {"WD": 1_000, "CD": 36_500, "H": 10_000, "M": 1_200, "Y": 100, "DATE": 0}
_NUMBER_MAX: Final = 36_500
_ID_LENGTH_MAX: Final = 32  # DeadlineMissed.deadlineId
_REF: Final = frozenset({"type", "when", "key", "all"})
_START: Final = _REF | {
    "deadline",
    "from",
    "date",
    "at",
    "on",
    "due_of",
    "length",
    "unit",
    "permanent",
    "agency",
}
_EXTENSION: Final = _REF | {"add", "to", "most", "times", "permanent"}
_PAUSE: Final = _REF | {"pair", "span", "until", "off"}
_WORDS: Final = (
    *("id", "name", "kind", "length", "unit", "roll", "direction", "severity", "informational"),
    *("key", "once", "scope", "every", "month_day", "deemed", "override", "accrual"),
    *("source", "tag", "note"),
)
_ROLES: Final = ("starts", "fulfils", "breaks", "extends", "pauses", "cancels", "after")

Key = tuple[Path, ...]


def parse_deadlines(value: Mapping[str, Any]) -> DeadlineRules:
    """Return the deadlines of a rule set's member ``deadlines``.

    Raises:
        ValueError: a word or number that no row may have, an id twice, an unknown deadline.
        KeyError: something is missing.
        TypeError: a value of the wrong kind.
    """
    _only(value, {"sources", "refers", "annuls", "rows"})
    rules: dict[str, DeadlineRule] = {}
    for row in value["rows"]:
        rule = _rule(row)
        if rule.id.upper() in {known.upper() for known in rules}:
            raise ValueError(f"{rule.id} twice")
        rules[rule.id] = rule
    _check_names(rules)
    annuls = value.get("annuls")
    return DeadlineRules(
        rules,
        {str(name): _path(it) if it else None for name, it in value["sources"].items()},
        {str(name): _path(it) for name, it in value["refers"].items()},
        None if annuls is None else (str(annuls["type"]), _path(annuls["target"])),
        frozenset(path.of for path in _all_paths(rules.values())) - {"", "source"},
        _by_type(rules),
        _by_deadline(rules),
    )


def _rule(row: Mapping[str, Any]) -> DeadlineRule:
    _only(row, (*_WORDS, *_ROLES))
    key = _paths(row.get("key", []))
    unit, length = _one_of(row["unit"], UNITS), _number(row.get("length", 0))
    severity = row.get("severity")
    pauses = [_pause(it, key) for it in row.get("pauses", [])]
    rule = DeadlineRule(
        id=_id(row["id"]),
        name=str(row["name"]),
        kind=_one_of(row.get("kind", "DUTY"), KINDS),
        length=length,
        unit=unit,
        rolls=_flag(row, "roll"),
        is_backward=_one_of(row.get("direction", "FORWARD"), ("FORWARD", "BACKWARD")) == "BACKWARD",
        severity=None if severity is None else _one_of(severity, SEVERITIES),
        is_informational=_flag(row, "informational"),
        key=key,
        once=None if "once" not in row else _one_of(row["once"], ("OPEN", "EVER")),
        scope=_one_of(row.get("scope", "STREAM"), ("STREAM", "AGENCY")),
        every=None if "every" not in row else _one_of(row["every"], ("YEAR", "QUARTER")),
        month_day=_month_day(row.get("month_day")),
        deemed=_optional_text(row, "deemed"),
        override=_optional_text(row, "override"),
        accrual=None if "accrual" not in row else _accrual(row["accrual"]),
        source=str(row["source"]),
        tag=_one_of(row["tag"], TAGS),
        note=_optional_text(row, "note"),
        starts=tuple(_start(it, key, length, unit) for it in row["starts"]),
        fulfils=tuple(_fulfilment(it, key) for it in row.get("fulfils", [])),
        breaks=tuple(_ref(it, key) for it in row.get("breaks", [])),
        extends=tuple(_extension(it, key) for it in row.get("extends", [])),
        pauses=tuple(it for it in pauses if it is not None),
        cancels=tuple(_ref(it, key) for it in row.get("cancels", [])),
        after=tuple(_ref(it, key) for it in row.get("after", [])),
    )
    _check_rule(rule)
    return rule


def _check_rule(rule: DeadlineRule) -> None:
    if not rule.starts:
        raise ValueError(f"{rule.id}: nothing starts it")
    if rule.is_informational == (rule.severity is not None):
        raise ValueError(f"{rule.id}: either informational or with a severity")
    if (rule.kind == "WAIT" and rule.fulfils) or (rule.kind != "WAIT" and rule.breaks):
        raise ValueError(f"{rule.id}: a wait is broken, everything else is fulfilled")
    if rule.pauses and any(start.unit not in ("WD", "CD") for start in rule.starts):
        raise ValueError(f"{rule.id}: only days can be paused")
    for start in rule.starts:
        _check_length(rule, start)
    if rule.is_backward and any(start.unit != "WD" for start in rule.starts):
        raise ValueError(f"{rule.id}: backwards only working days are counted")


def _check_length(rule: DeadlineRule, start: Start) -> None:
    """Refuse a length that is none, or that extensions lead to where no calendar goes."""
    least = 1 if start.unit == "WD" else 0
    longest = start.length + sum(it.add * (it.times or 0) for it in rule.extends)
    longest += max((it.most or 0 for it in rule.extends), default=0)
    if start.length < least or longest > _LENGTH_MAX[start.unit]:
        raise ValueError(f"{rule.id}: {start.length} {start.unit} is no length")
    is_unnamed = (rule.every is None) is not (rule.month_day is None)
    if start.unit == "DATE" and (start.deadline is not None or is_unnamed):
        raise ValueError(f"{rule.id}: nothing says its date")


def _check_names(rules: Mapping[str, DeadlineRule]) -> None:
    """Refuse a deadline that depends on one that is not above it: it would never start."""
    above: set[str] = set()
    for rule in rules.values():
        for start in rule.starts:
            if not above.issuperset(start.due_of):
                raise ValueError(f"{rule.id}: due_of names a row that is not above it")
            if start.deadline is not None and start.deadline not in rules:
                raise ValueError(f"{rule.id}: no deadline {start.deadline}")
        above.add(rule.id)


def _start(value: Any, key: Key, length: int, unit: str) -> Start:
    fields = _fields(value, _START)
    ref = _ref({name: it for name, it in fields.items() if name in _REF}, key, needs_type=False)
    deadline = _optional_text(fields, "deadline")
    if (deadline is None) != bool(ref.types):
        raise ValueError("a start has a type or a deadline")
    return Start(
        ref,
        deadline,
        _one_of(fields.get("from", "START"), ("START", "DUE")) == "DUE",
        _alternatives(fields.get("date")),
        _alternatives(fields.get("at")),
        _alternatives(fields.get("on")),
        tuple(map(str, fields.get("due_of", []))),
        _number(fields.get("length", length)),
        _one_of(fields.get("unit", unit), UNITS),
        _flag(fields, "permanent"),
        _alternatives(fields.get("agency")),
    )


def _fulfilment(value: Any, key: Key) -> Fulfilment:
    fields = dict(_fields(value, _REF | {"part"}))
    part = _number(fields.pop("part", 1))
    return Fulfilment(_ref(fields, key), part)


def _extension(value: Any, key: Key) -> Extension:
    fields = _fields(value, _EXTENSION)
    add, most, times = _number(fields.get("add", 0)), fields.get("most"), fields.get("times")
    if add and times is None:
        raise ValueError("what adds to the length says how often")
    return Extension(
        _ref({name: it for name, it in fields.items() if name in _REF}, key),
        add,
        _alternatives(fields.get("to")),
        None if most is None else _number(most),
        None if times is None else _number(times),
        _flag(fields, "permanent"),
    )


def _pause(value: Any, key: Key) -> Pause | None:
    """Return a pause; None for one that is off."""
    fields = _fields(value, _PAUSE)
    span = fields.get("span")
    ends = tuple(_pause_end(it, key) for it in fields.get("until", []))
    if (span is None) == (not ends):
        raise ValueError("a pause has a span or ends")
    pause = Pause(
        _ref({name: it for name, it in fields.items() if name in _REF}, key),
        _paths(fields.get("pair", [])),
        None if span is None else (_path(span[0]), _path(span[1])),
        ends,
    )
    return None if _flag(fields, "off") else pause


def _pause_end(value: Any, key: Key) -> PauseEnd:
    fields = dict(_fields(value, _REF | {"pair"}))
    pair = _paths(fields.pop("pair", []))
    return PauseEnd(_ref(fields, key), pair)


def _accrual(value: Any) -> Accrual:
    _only(value, Accrual._fields)
    return Accrual(*(_number(value[name]) for name in Accrual._fields))


def _ref(value: Any, key: Key, *, needs_type: bool = True) -> Ref:
    fields = _fields(value, _REF)
    types = fields.get("type", [])
    names = (types,) if isinstance(types, str) else tuple(map(str, types))
    if needs_type and not names:
        raise ValueError("no event type")
    own = fields.get("key")
    when = tuple(_test(path, it) for path, it in fields.get("when", {}).items())
    return Ref(names, when, key if own is None else _paths(own), _flag(fields, "all"))


def _test(path: str, value: Any) -> Condition:
    if isinstance(value, list):
        return Condition(_path(path), "in", tuple(value))
    ((op, operand),) = value.items()
    if op in ("not", "beyond"):
        return Condition(_path(path), op, tuple(operand))
    if op in ("absent", "other_province"):
        return Condition(_path(path), op, (bool(operand),))
    raise ValueError(f"no such condition: {op}")


def _path(text: str) -> Path:
    of, rest = "", text
    if text.startswith("="):
        return Path("", (text,))
    if text.startswith("@"):
        of, _, rest = text[1:].partition(".")
    steps = tuple(step.removesuffix("[]") for step in rest.split("."))
    if not all(steps) or (text.startswith("@") and not of):
        raise ValueError(f"no such path: {text}")
    return Path(of, steps)


def _paths(values: Iterable[str]) -> Key:
    return tuple(_path(value) for value in values)


def _alternatives(value: str | list[str] | None) -> Key:
    if value is None:
        return ()
    return _paths([value] if isinstance(value, str) else value)


def _fields(value: Any, known: Iterable[str]) -> Mapping[str, Any]:
    """Return an entry of a row as an object; a text alone is the type."""
    fields = {"type": value} if isinstance(value, str) else value
    _only(fields, known)
    return dict(fields)


def _only(value: Mapping[str, Any], known: Iterable[str]) -> None:
    if unknown := set(value) - set(known):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"not one of {', '.join(words)}: {value}")
    return str(value)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _NUMBER_MAX:
        raise ValueError("not a number of days, hours, months or years")
    return int(value)


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise TypeError(f"{name} is true or false")
    return value


def _optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    return None if name not in fields else str(fields[name])


def _id(value: Any) -> str:
    text = str(value)
    if not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= _ID_LENGTH_MAX):
        raise ValueError(f"no id of a deadline: {text}")
    return text


def _month_day(value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    day = dt.date.fromisoformat(f"2001-{value}")  # A day that every year has.
    return day.month, day.day


def _by_type(rules: Mapping[str, DeadlineRule]) -> dict[str, Uses]:
    roles: dict[str, dict[str, list[Use]]] = {}

    def play(role: str, rule: DeadlineRule, ref: Ref, what: Any) -> None:
        for name in ref.types:
            roles.setdefault(name, {}).setdefault(role, []).append(Use(rule, what))

    for rule in rules.values():
        for role in ("after", "cancels", "breaks"):
            for ref in getattr(rule, role):
                play(role, rule, ref, ref)
        for role in ("starts", "fulfils", "extends", "pauses"):
            for what in getattr(rule, role):
                play(role, rule, what.ref, what)
        for pause in rule.pauses:
            for end in pause.ends:
                play("resumes", rule, end.ref, end)
    return {
        name: Uses(*(tuple(held.get(role, ())) for role in Uses._fields))
        for name, held in roles.items()
    }


def _by_deadline(rules: Mapping[str, DeadlineRule]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, tuple[Use, ...]] = {}
    for rule in rules.values():
        for start in rule.starts:
            if start.deadline is not None:
                found[start.deadline] = (*found.get(start.deadline, ()), Use(rule, start))
    return found


def _all_paths(rules: Iterable[DeadlineRule]) -> Iterator[Path]:
    """Yield every path that may look at another act than the one that comes."""
    for rule in rules:
        yield from rule.key
        for start in rule.starts:
            yield from (*start.dates, *start.times, *start.due_dates, *start.ref.key)
            yield from (test.path for test in start.ref.when)
        for extension in rule.extends:
            yield from extension.to
