"""Acts as deadlines see them, the default rules, and the calendars; no I/O beyond the package."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ledger.chain.entry import Entry
from ledger.domain.control_records import DAY_MICROS, SHANGHAI_MICROS, CalendarYear
from ledger.domain.deadline_rules import DeadlineRules
from ledger.domain.deadline_texts import parse_deadlines
from ledger.domain.published_texts import parse_calendar
from ledger.domain.stream import StreamAct
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadlines import Deadlines, Terms
from schemas.loader import calendar_texts, rule_set_text
from tests.support.control import days, event_id, make_act, published_text

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data/deadlines/examples.json").read_text()
)
CALENDAR: dict[int, CalendarYear] = {
    year.year: year
    for text in calendar_texts()
    for year in [parse_calendar(published_text(json.loads(text)["version"], text))]
}
OFFICIAL = {year: it for year, it in CALENDAR.items() if not it.provisional}


def default_text() -> dict[str, Any]:
    """Return the installed deadlines as the text that is published."""
    text: dict[str, Any] = json.loads(rule_set_text())["deadlines"]
    return text


RULES = parse_deadlines(default_text())
TERMS = Terms("2026.3", RULES, CALENDAR)


def instant(text: str) -> int:
    """Return a time in Shanghai, ``2026-06-01 10:00`` or with seconds, as microseconds UTC."""
    moment = dt.datetime.fromisoformat(text.replace(" ", "T"))
    day = (moment.date() - dt.date(1970, 1, 1)).days
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return day * DAY_MICROS - SHANGHAI_MICROS + seconds * 1_000_000


def last_instant(text: str) -> int:
    """Return the last instant of a day, or a time itself."""
    return instant(text) if " " in text else (days(text) + 1) * DAY_MICROS - SHANGHAI_MICROS


def act(
    event_type: str,
    at: str | int,
    payload: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    received: str | int | None = None,
    stream: str = "case:1",
    aggregate: str | None = None,
    **fields: Any,
) -> StreamAct:
    """Return an act of a stream.

    Args:
        event_type: Its type.
        at: When it happened.
        payload: Texts ``#Name``, ``d:2026-06-01`` and ``t:2026-06-01 10:00`` stand for event ids,
            days and instants.
        name: What its event id belongs to; its type if it is the only one.
        received: When the ledger got it; at once without.
        stream: Its stream.
        aggregate: Its aggregate; the stream itself without.
        fields: Further fields of the act.
    """
    occurred = instant(at) if isinstance(at, str) else at
    got = occurred if received is None else received
    got = instant(got) if isinstance(got, str) else got
    made = make_act(
        event_type,
        stream,
        event_id=event_id(name or event_type),
        occurred_at=occurred,
        recorded_at=occurred,
        aggregate_id=aggregate or stream,
        **fields,
    )
    entry = Entry(0, stream, 1, bytes(32), got, 20, 0, None, b"", b"")
    return StreamAct(entry, made, _filled(payload or {}))


def _filled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(it) for name, it in value.items()}
    if isinstance(value, list):
        return [_filled(it) for it in value]
    if isinstance(value, str) and value.startswith("#"):
        return event_id(value[1:])
    if isinstance(value, str) and value.startswith("d:"):
        return days(value[2:])
    return instant(value[2:]) if isinstance(value, str) and value.startswith("t:") else value


def example_acts(example: Mapping[str, Any]) -> list[StreamAct]:
    """Return the acts of an example of tests/data/deadlines."""
    return [
        act(
            it["type"],
            it["at"],
            it.get("payload"),
            stream=it.get("stream", "case:1"),
            aggregate=it.get("aggregate"),
            aggregate_type=it.get("aggregate_type", "Case"),
            item_code=it.get("item"),
        )
        for it in example["acts"]
    ]


def run(
    acts: Iterable[StreamAct],
    *,
    now: str | None = None,
    terms: Terms = TERMS,
    scope: str = "STREAM",
) -> tuple[Deadlines, list[Deadline]]:
    """Return an engine that took in some acts, and what it judged missed on the way."""
    engine, missed = Deadlines(scope), []
    for item in acts:
        missed += engine.apply(item, terms)
    if now is not None:
        missed += engine.advance(last_instant(now), terms)
    return engine, missed


def rules_of(*rows: Mapping[str, Any]) -> DeadlineRules:
    """Return a rule set of some rows, each with the words that a row needs."""
    base = {"name": "试验", "source": "试验规则", "tag": "R"}
    return parse_deadlines({"sources": {}, "refers": {}, "rows": [{**base, **row} for row in rows]})


def only(found: Iterable[Deadline], deadline_id: str) -> Deadline:
    """Return the one deadline with this id."""
    (deadline,) = (it for it in found if it.deadline_id == deadline_id)
    return deadline


# A penalty decision with its document, and what cites it.
DOC = {"docNo": "长市监处罚〔2026〕1号", "docDate": "d:2026-09-28"}
DECISION = act(
    "PenaltyDecisionMade",
    "2026-09-28 23:59",
    {
        "doc": DOC,
        "penalties": [{"kind": "FINE"}],
        "party": {"ageBand": "UNKNOWN", "partyType": "LEGAL", "uscc": None},
        "remedy": {"reconsiderationDays": 60, "litigationMonths": 6},
    },
)
PAID = {"decisionEventId": "#PenaltyDecisionMade"}
