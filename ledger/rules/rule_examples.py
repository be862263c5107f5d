"""Examples of violation rules as data: the acts of a matter, and what a rule says of them.

Read before: ``example_ledger``. Read next: ``violations/engine.py``.

One file a rule in ``schemas/rules/examples``: ``rule_id`` and ``examples``, each with ``name``,
``acts`` and ``found``. An act has ``type`` and ``at`` (ISO, +08:00) and may have ``id`` (a name to
refer to), ``received`` (else as ``at``), ``payload`` (what differs from the least that the schema
takes), ``aggregate``, ``aggregate_type``, ``agency``, ``delegate``, ``emitter``, ``item``,
``late``, ``version`` (of the schema), ``cause`` (name of the act that it answers) and ``actors``
(``[officer, credential, role]``). In a payload dates and times are ISO texts, event ids are names
of acts, commitments any text. ``found`` lists ``{"at": id of the act, "subject": ...}``, with
``causes`` and ``severity`` where the example is about them; ``$name`` in a subject is the event id
of that act in hex. All rules are in force; what others find does not count. ``control`` are acts
of the control log that come before, in the same form. An example with ``until`` is one of a rule
that is judged at the end of days (``day_examples``).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ledger.chain.act import Actor
from ledger.chain.ids import alert_event_id
from ledger.chain.tree import leaf_hash
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from ledger.rules.day_close.closing import DayAlert, Findings
from ledger.rules.day_close.rule import Person
from ledger.rules.day_examples import ExampleDays, is_of_days
from ledger.rules.example_ledger import (
    AGENCY,
    AGENCY_EMITTER,
    control_state,
    event_id,
    stream_act,
)
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge
from schemas.loader import event_schemas, rule_examples
from schemas.sample import least, sample

ORIGIN: Final = "test.ledger/log/0"
STREAM: Final = "case:1"


class Verdict(NamedTuple):
    """What a rule said of one example.

    Attributes:
        name: The example's.
        wanted: Act and subject of each finding that it wants, ascending.
        found: The same of what the rule found.
        differences: What else is not as the example says: severities, causes.
    """

    name: str
    wanted: list[tuple[str, str]]
    found: list[tuple[str, str]]
    differences: list[str]

    @property
    def holds(self) -> bool:
        """Whether the rule says what the example says."""
        return self.wanted == self.found and not self.differences


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield rule id and example of every file."""
    for rule_id in rule_examples():
        for example in rule_examples()[rule_id]:
            yield rule_id, example


def verdict(rule_id: str, example: Mapping[str, Any]) -> Verdict:
    """Judge an example by the real rule, and hold what is found against it."""
    raised = raised_by(example)
    alerts = [alert for alert in raised if alert.rule_id == rule_id]
    given_acts = [*example.get("control", ()), *example["acts"]]
    names = {event_id(given["id"]): given["id"] for given in given_acts if "id" in given}
    names |= {alert_event_id(it.alert_id): f"alert of {it.rule_id}" for it in raised}

    def named(event: bytes) -> str:
        return str(names.get(event, event.hex()))

    found = sorted((named(it.causes[0]), it.subject) for it in alerts)
    by_subject = {it.subject: it for it in alerts}
    differences = []
    for wanted in example["found"]:
        alert = by_subject.get(subject_of(wanted["subject"]))
        if alert is None:
            continue
        causes = [named(cause) for cause in alert.causes[1:]]
        if wanted.get("severity", alert.severity) != alert.severity:
            differences.append(f"severity {alert.severity}, not {wanted['severity']}")
        if wanted.get("causes", causes) != causes:
            differences.append(f"causes {causes}, not {wanted['causes']}")
        if isinstance(alert, DayAlert):
            differences += _place_differences(alert, wanted)
    return Verdict(example["name"], expected(example), found, differences)


def _place_differences(alert: DayAlert, wanted: Mapping[str, Any]) -> Iterator[str]:
    if wanted.get("stream", alert.stream_id) != alert.stream_id:
        yield f"in {alert.stream_id}, not in {wanted['stream']}"
    if "since" in wanted and micros(wanted["since"]) != alert.at:
        yield f"since {alert.at}, not since {wanted['since']}"
    if wanted.get("by_vault", alert.is_by_vault) != alert.is_by_vault:
        yield f"shown by the vault's index: {alert.is_by_vault}"


def raised_by(example: Mapping[str, Any]) -> Sequence[Alert | DayAlert]:
    """Return what all rules say of the acts of an example."""
    if is_of_days(example):
        return day_findings(example).alerts
    return [alert for alerts in judged(example) for alert in alerts]


def day_findings(example: Mapping[str, Any]) -> Findings:
    """Return what all days of an example show (``day_examples``)."""
    state = example_state(example)
    counts: dict[str, int] = {}
    acts = []
    for given in example["acts"]:
        log = given.get("log", "0")
        item = _act(given, counts.get(log, 0), given.get("stream", STREAM))
        counts[log] = item.entry.leaf_index + 1
        entry = item.entry._replace(opened=given.get("opened", 0))
        act = item.act._replace(emitter_seq=given.get("seq"))
        acts.append((log, item._replace(entry=entry, act=act)))
    acts.sort(key=lambda one: one[1].entry.received_at)
    until = dt.date.fromisoformat(example["until"]) - dt.date(1970, 1, 1)
    persons = [[Person(*party) for party in one] for one in example.get("persons", ())]
    return ExampleDays(state, acts, persons).findings(until.days)


def judged(example: Mapping[str, Any]) -> list[list[Alert]]:
    """Return the alerts of each act of an example."""
    control = example_state(example)
    judge = StreamJudge(example.get("stream", STREAM), ORIGIN, BOOK, PARTS)
    items = acts_of(example)
    return [judge.judge(item, control) for item in items]


@cache
def _state() -> ControlState:
    return control_state()


def example_state(example: Mapping[str, Any]) -> ControlState:
    """Return the control log of an example."""
    state = _state().copy()
    for given in example.get("control", ()):
        item = _act(given, 0, given.get("stream", "platform:test"))
        state.change(item.act, item.payload)
    return state


def acts_of(example: Mapping[str, Any]) -> list[StreamAct]:
    """Return the acts of an example, in the order of its stream."""
    stream = example.get("stream", STREAM)
    return [_act(given, index, stream) for index, given in enumerate(example["acts"])]


def expected(example: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return act and subject of each finding that an example wants, ascending."""
    return sorted((found["at"], subject_of(found["subject"])) for found in example["found"])


def subject_of(text: str) -> str:
    """Return a subject as the rule names it."""
    return re.sub(r"\$([^:]+)", lambda match: event_id(match[1]).hex(), text)


def _act(given: Mapping[str, Any], index: int, stream: str) -> StreamAct:
    event_type = given["type"]
    at = micros(given["at"])
    version = given.get("version", 1)
    payload = whole_payload(event_type, given.get("payload", {}), version)
    actors = given.get("actors", [["officer:1", "43010001", "HANDLER"]])
    item = stream_act(
        event_type,
        payload,
        at=at,
        event_id=event_id(given.get("id", f"act {index}")),
        stream_key=stream,
        case_id=stream if stream.startswith("case:") else None,
        aggregate_type=given.get("aggregate_type", "Case"),
        aggregate_id=given.get("aggregate", stream),
        agency_id=given.get("agency", AGENCY),
        delegate_id=given.get("delegate"),
        schema_version=version,
        emitter_id=given.get("emitter", AGENCY_EMITTER),
        item_code=given.get("item"),
        causation_id=event_id(given["cause"]) if "cause" in given else None,
        late_entry=given.get("late"),
        actors=tuple(Actor(*actor) for actor in actors),
    )
    received = micros(given["received"]) if "received" in given else at
    entry = item.entry._replace(
        leaf_index=index, stream_version=index + 1, stream_id=stream, received_at=received
    )
    return item._replace(entry=entry)


def micros(text: str) -> int:
    """Return an ISO time with its offset as microseconds UTC."""
    delta = dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return delta // dt.timedelta(microseconds=1)


def whole_payload(event_type: str, given: Mapping[str, Any], version: int = 1) -> dict[str, Any]:
    """Return a payload in memory: what is given in JSON, and the least that its schema takes."""
    return sample(event_type, version, **_converted(event_type, version, given))


def _converted(event_type: str, version: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    schema = json.loads(event_schemas()[event_type, version])
    value: dict[str, Any] = _value(payload, schema, {})
    return value


def _value(given: Any, schema: Any, named: dict[str, Any]) -> Any:
    """Return a JSON value as its schema has it in memory; learns named types on the way."""
    if isinstance(schema, str):
        return _value(given, named[schema], named) if schema in named else given
    if isinstance(schema, list):
        options = [_value(given, option, named) for option in schema if option != "null"]
        return None if given is None else options[0]
    if "name" in schema:
        named[schema["name"]] = schema
    kind, logical = schema["type"], schema.get("logicalType")
    if not isinstance(kind, str):
        return _value(given, kind, named)
    if kind == "record":
        held = given if isinstance(given, dict) else {}
        for field in schema["fields"]:
            _check_pattern(field, held.get(field["name"]))
        values = {
            field["name"]: _value(held.get(field["name"]), field["type"], named)
            for field in schema["fields"]
        }
        return _full(schema, held, values, named) if given is not None else None
    if kind == "array":
        items = [_value(item, schema["items"], named) for item in given or [None]]
        return items if given else given
    if not isinstance(given, str):
        return given
    if logical == "date":
        return (dt.date.fromisoformat(given) - dt.date(1970, 1, 1)).days
    if logical == "timestamp-micros":
        return micros(given)
    if kind == "fixed":
        return event_id(given) if schema["size"] == 16 else leaf_hash(given.encode())
    return given


def _check_pattern(field: Mapping[str, Any], given: Any) -> None:
    """Hold a text to its field's pattern, as the appender does: no act without can arrive."""
    if "pattern" in field:
        texts = given if isinstance(given, list) else [given]
        wrong = [it for it in texts if isinstance(it, str) and not re.search(field["pattern"], it)]
        assert not wrong, (field["name"], wrong)


def _full(
    schema: Any, held: Mapping[str, Any], values: Mapping[str, Any], named: dict[str, Any]
) -> dict[str, Any]:
    """Keep what was given; the rest of a record is the least its schema takes."""
    return {
        field["name"]: values[field["name"]]
        if field["name"] in held
        else least(field["type"], named)
        for field in schema["fields"]
    }
