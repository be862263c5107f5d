"""The replay of a case: everything that was recorded of it, as it stood at any moment.

Read before: ``portal/api/cases.py``. Read next: ``portal/console/retrievals.py``.

The list is that of the chain, oldest first, with both clocks on every entry and a mark where they
lie far apart. It works without a script and prints. What a value was is sealed; that it was given,
by whom and when, is here.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ledger.chain.ids import uuid_text
from ledger.clock import MICROS_PER_SECOND
from ledger.domain.case import Case, fold_case
from ledger.limits import CASE_VIEW_ENTRIES_MAX
from portal.access import require
from portal.api.cases import CaseId, counted_acts, entry_rows, machines_at, matter_row
from portal.as_of import AtQuery, ClockName, ClockQuery, VersionQuery, as_of
from portal.discretion.decided import case_documents
from portal.names import (
    agency_names,
    field_names,
    is_person,
    item_names,
    person_names,
)
from portal.pages import page
from portal.payloads import Line, payload_schema
from portal.permissions import Permission
from portal.resources import Resources
from portal.review_catalogues import matched_texts
from projections.case_replay.view import AsOf, CaseEntry
from projections.discretion.view import Moment

router = APIRouter(prefix="/console", include_in_schema=False)

LATE_AFTER_MICROS: Final = 24 * 3_600 * MICROS_PER_SECOND
LINES_SHOWN_MAX: Final = 200
LATEST: Final = 2**62  # Later than every moment of an act that a calendar has.
ASSESSED: Final = "MajorDecisionAssessed"
RULE_LABEL: Final = "条目标识"  # As its schema calls the id of a rule that matched.
ALERT: Final = "SupervisionAlertRaised"


class KnownThen(NamedTuple):
    """What the entries that count say of the case: nothing that came later."""

    case_no: str | None
    doc_no: str | None
    organisation: str | None
    item: str | None


class ShownEntry(NamedTuple):
    """One entry of the timeline."""

    row: CaseEntry
    lines: list[Line]
    is_late: bool
    kind: str  # flag, platform or agency: the colour of its dot.
    cause: int | None  # Version of the entry that caused it, if it is on this page.


@router.get("/cases/{case_id}")
def show_case(
    request: Request,
    case_id: CaseId,
    at: AtQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    version: VersionQuery = None,
    after: Annotated[int, Query(ge=0, lt=1 << 53)] = 0,
) -> Response:
    """Show a case as of a moment, by either clock."""
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    matter = matter_row(resources, case_id)
    moment = as_of(at, clock, version)
    rows = entry_rows(resources, case_id, moment, after=after, limit=CASE_VIEW_ENTRIES_MAX)
    counted = counted_acts(resources, matter, moment)
    case = fold_case(counted)
    discretion = _discretion(resources, case_id, moment)
    agencies = agency_names(resources)
    shown = [_shown(resources, row, matter.agency_id) for row in rows]
    persons = {actor.officer_id for row in rows for actor in row.act.actors} | case.handlers
    persons |= {line.text for one in shown for line in one.lines if is_person(line.text)}
    persons |= {one["officer_id"] for one in discretion["advices"]}
    people = person_names(resources, persons)
    items = item_names(resources, matter.agency_id)
    return page(
        request,
        "case.html",
        view_sizes=resources.view_sizes("case_replay"),
        logs=[matter.log],
        matter=matter,
        agency_name=agencies.get(matter.agency_id, matter.agency_id),
        case=case,
        known=_known(case, items),
        names=people,
        discretion=discretion,
        entries=_named(shown, {**agencies, **items, **people, **field_names()}),
        asked={"at": at or "", "clock": str(clock), "version": version},
        **machines_at(resources, counted, moment),
        alerts_then=sum(row.act.event_type == ALERT for row in rows),
        is_everything=moment == (None, None, None),
    )


def _discretion(resources: Resources, case_id: str, moment: AsOf) -> dict[str, Any]:
    """Return decisions beside their advice, as of the same moment; of a version nothing."""
    if moment.version is not None:
        return {"decisions": [], "advices": []}
    happened = LATEST if moment.occurred_at is None else moment.occurred_at
    known = LATEST if moment.received_at is None else moment.received_at
    with resources.discretion() as reader:
        return case_documents(reader, case_id, Moment(happened, known))


def _known(case: Case, items: dict[str, str]) -> KnownThen:
    decisions = list(case.decisions.values())
    return KnownThen(
        case.case_no,
        decisions[-1].payload["doc"]["docNo"] if decisions else None,
        None if case.party is None else case.party["name"],
        None if case.item_code is None else items.get(case.item_code, case.item_code),
    )


def _named(entries: list[ShownEntry], names: dict[str, str]) -> list[ShownEntry]:
    """Return the entries with names for ids, and with where on the page each one's cause is."""
    versions = {one.row.event_id: one.row.version for one in entries}
    causes = [one.row.act.causation_id for one in entries]
    return [
        one._replace(
            lines=[line._replace(text=names.get(line.text, line.text)) for line in one.lines],
            cause=None if cause is None else versions.get(uuid_text(cause)),
        )
        for one, cause in zip(entries, causes, strict=True)
    ]


def _shown(resources: Resources, row: CaseEntry, agency_id: str) -> ShownEntry:
    act, state = row.act, resources.control.state
    schema = payload_schema(resources.schema_text_of(act.event_type, act.schema_version))
    value: Any = state.codec(act.event_type, act.schema_version).decode(act.payload)
    lines = schema.lines(value)[:LINES_SHOWN_MAX]
    if act.event_type == ASSESSED:
        # Which rule makes the decision a major one, in the words of its catalogue.
        texts = {one: text for one, _, text in matched_texts(state, agency_id, value["matched"])}
        lines = [
            it._replace(text=f"{it.text} {texts[it.text]}")
            if it.text in texts and it.label.endswith(RULE_LABEL)
            else it
            for it in lines
        ]
    return ShownEntry(
        row=row,
        lines=lines,
        is_late=row.received_at - act.occurred_at > LATE_AFTER_MICROS,
        kind=_kind(act.event_type, state.emitter_kind(act.emitter_id)),
        cause=None,
    )


def _kind(event_type: str, emitter_kind: str | None) -> str:
    if event_type in {ALERT, "GateRefused", "DecisionGateRefused"}:
        return "flag"
    return "agency" if emitter_kind == "AGENCY" else "platform"
