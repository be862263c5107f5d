"""A row for each act by which an organisation says something of itself or is told something.

Read before: ``fact_rules``, ``view``. Read next: ``completeness``.

Rows are only added, and nothing is folded here: what replaces what, and what is in force, is
decided when somebody asks, for the moment that is asked about. A corrected act has a row for each
reading. Reads classes P and I only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.projection import ControlReader, EntryView, Payload
from projections.kept_acts import Said, corrected, kept, said_by
from projections.organisation.fact_rules import (
    AGGREGATE,
    FILE,
    STREAM,
    FactRule,
    fact_rules,
    hours_rules,
)
from projections.organisation.view import (
    ACTS,
    ANNULMENTS,
    CORRECTIONS,
    FACTS,
    TABLES,
    TRAINING,
    AnnulmentRow,
    CorrectionRow,
    FactRow,
    TrainingRow,
)
from projections.rows import Rows
from projections.tables import Table
from schemas.loader import data_version

DAY_MICROS: Final = 86_400_000_000
_DAY_MIN: Final = -700_000  # Within the years that a calendar has, some days to spare.
_DAY_MAX: Final = 2_900_000
_ZONE_MICROS: Final = 8 * 3_600_000_000  # Asia/Shanghai, no daylight saving time.


class OrganisationProjection:
    """Feeds the organisation view; may be dropped and replayed at any time."""

    name = "organisation"
    code_version = data_version("2", FILE)
    package = "projections.organisation"
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self.event_types = frozenset({ANNULLED, CORRECTED, *fact_rules(), *hours_rules()})

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry of a subscribed type."""
        if entry.event_type == ANNULLED:
            rows.append(ANNULMENTS, _annulment(entry))
        elif entry.event_type == CORRECTED:
            view = corrected(entry, facts, rows, ACTS)
            if view is not None:
                rows.append(CORRECTIONS, _correction(entry))
                _say(view, said_by(entry), rows)
        else:
            rows.append(ACTS, kept(entry))
            _say(entry, said_by(entry), rows)


def _say(view: EntryView, said: Said, rows: Rows) -> None:
    """Write down what an act says, as it came or as a correction has it."""
    if (rule := fact_rules().get(view.event_type)) is not None:
        rows.append(FACTS, _fact(view, rule, said))
    for row in _training(view, said):
        rows.append(TRAINING, row)


def day_begins(day: int) -> int:
    """Return the first moment of a day in China; days since 1970-01-01, microseconds UTC."""
    # An act may claim any number of 32 bits; microseconds of a column and a calendar both end.
    return min(max(day, _DAY_MIN), _DAY_MAX) * DAY_MICROS - _ZONE_MICROS


def _annulment(view: EntryView) -> AnnulmentRow:
    return AnnulmentRow(
        view.log,
        view.entry.stream_id,
        uuid_text(view.event_id),
        uuid_text(view.payload["targetEventId"]),
        view.act.occurred_at,
        view.entry.received_at,
    )


def _correction(view: EntryView) -> CorrectionRow:
    return CorrectionRow(
        view.log,
        view.entry.stream_id,
        uuid_text(view.event_id),
        uuid_text(view.payload["targetEventId"]),
        view.entry.leaf_index,
        view.entry.received_at,
    )


def _fact(view: EntryView, rule: FactRule, said: Said) -> FactRow:
    act, entry, payload = view.act, view.entry, view.payload
    kept = {name: payload[name] for name in rule.keep}
    kept |= {name: len(payload[name]) for name in rule.lengths}
    return FactRow(
        view.log,
        entry.stream_id,
        uuid_text(view.event_id),
        said.leaf_index,
        said.by,
        said.at,
        view.event_type,
        _agency(view, rule),
        act.agency_id,
        _officer(view, rule),
        _from(rule, payload, act.occurred_at),
        None if rule.to_day is None else day_begins(payload[rule.to_day] + 1),
        act.occurred_at,
        entry.received_at,
        entry.leaf_index,
        json.dumps(
            kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_id_text
        ),
    )


def _agency(view: EntryView, rule: FactRule) -> str:
    if rule.about is None:
        return view.act.agency_id
    if rule.about == STREAM:
        return view.entry.stream_id.removeprefix("agency:")
    return str(view.payload[rule.about])


def _officer(view: EntryView, rule: FactRule) -> str | None:
    if rule.officer is None:
        return None
    return view.act.aggregate_id if rule.officer == AGGREGATE else view.payload[rule.officer]


def _from(rule: FactRule, payload: Payload, occurred_at: int) -> int:
    if rule.from_day is not None:
        return day_begins(payload[rule.from_day])
    return occurred_at if rule.from_at is None else int(payload[rule.from_at])


def _training(view: EntryView, said: Said) -> list[TrainingRow]:
    """Return a row for each officer whom an act says to have been trained, each once."""
    rule = hours_rules().get(view.event_type)
    if rule is None:
        return []
    payload, act = view.payload, view.act
    officers = [act.aggregate_id] if rule.officers is None else payload[rule.officers]
    return [
        TrainingRow(
            view.log,
            view.entry.stream_id,
            uuid_text(view.event_id),
            said.leaf_index,
            officer,
            said.by,
            said.at,
            rule.source,
            payload[rule.topic],
            payload[rule.day],
            payload[rule.hours],
            act.agency_id,
            act.occurred_at,
            view.entry.received_at,
            view.entry.leaf_index,
        )
        for officer in dict.fromkeys(officers)
    ]


def _id_text(value: object) -> str:
    """Return an event id as text; any other bytes are commitments, and none is kept."""
    assert isinstance(value, bytes)
    return uuid_text(value)
