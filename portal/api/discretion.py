"""Discretion for machines: benchmarks in force, advice with the decisions like it, decisions.

Read before: ``portal/discretion/advice.py``. Read next: ``portal/console/discretion.py``.

Behind a login: whoever works with cases. Everything can be asked as of an earlier moment. To have
advice recorded with a choice is a command of its own (``advise_discretion``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from ledger.domain.control_records import day_of
from portal.access import require
from portal.api.cases import CaseId
from portal.api.described import needs
from portal.api.organisation import MomentQuery
from portal.api.problem import problem
from portal.as_of import ClockName, ClockQuery
from portal.discretion.advice import (
    BENCHMARKS_MAX,
    Question,
    advice_document,
    advise,
    benchmark_document,
)
from portal.discretion.decided import case_documents, decision_document
from portal.discretion.similar import Asked as AskedOf
from portal.organisation.moments import asked_document, moment_of
from portal.permissions import Permission
from portal.resources import Resources
from projections.discretion.view import Decided, DecisionQuery, DiscretionReader, Moment
from projections.organisation.view import Moment as OrganisationMoment
from schemas.loader import symbol_words


def _require_reader(request: Request) -> None:
    require(request, Permission.READ_DISCRETION)


# The login is asked for before it is said which parameters are missing.
router = APIRouter(prefix="/v1/discretion", tags=["裁量"], dependencies=[Depends(_require_reader)])

_READERS: Final = needs(Permission.READ_DISCRETION)
_ID: Final = r"^[A-Za-z0-9:._-]{1,128}$"
_PARTY_TYPES: Final = "|".join(symbol_words()["PartyType"])
ItemQuery = Annotated[str, Query(pattern="^[A-Z0-9-]{1,32}$", description="执法事项编码")]
AgencyQuery = Annotated[str, Query(pattern=_ID, description="执法主体代码")]
CircumstanceQuery = Annotated[
    str | None, Query(max_length=64, description="情节，如裁量基准所列；不填为全部")
]
PartyQuery = Annotated[
    str | None, Query(pattern=f"^({_PARTY_TYPES})?$", description="当事人类别代码")
]
GroundsQuery = Annotated[
    str | None,
    Query(max_length=1_000, pattern=r"^[A-Za-z0-9:._ -]*$", description="从轻从重事由，以空格分隔"),
]
CaseQuery = Annotated[
    str | None,
    Query(pattern=r"^([A-Za-z0-9:._-]{1,128})?$", description="为哪个案件；它本身不列入"),
]


class View(NamedTuple):
    """What a request asks of: the view, and the moment."""

    reader: DiscretionReader
    moment: Moment


@contextmanager
def asked(
    request: Request,
    at: str | None,
    clock: ClockName,
    permission: Permission = Permission.READ_DISCRETION,
) -> Iterator[View]:
    """Lend the view for one request of somebody who may.

    Raises:
        ProblemError: NOT_LOGGED_IN, FORBIDDEN; INVALID: ``at`` is not a time.
    """
    require(request, permission)
    resources: Resources = request.app.state.resources
    moment = Moment(*moment_of(at, clock, resources.clock.now_micros()))
    with resources.discretion() as reader:
        yield View(reader, moment)


def question(
    view: View,
    item: str,
    agency: str,
    circumstance: str | None,
    party_type: str | None,
    grounds: str | None,
    case: str | None,
) -> Question:
    """Return what a query asks advice for, on the day of its moment."""
    wanted = AskedOf(
        agency,
        day_of(view.moment.at),
        (circumstance or "").strip() or None,
        party_type or None,
        frozenset((grounds or "").split()),
        stream_id=case or None,
    )
    return Question(item, wanted)


def decided_of(view: View, event_id: str) -> Decided:
    """Return a decision that counts at the moment. Raises ProblemError NOT_FOUND."""
    found = view.reader.decisions(DecisionQuery(event_id=event_id), view.moment, 1)
    if not found:
        raise problem("NOT_FOUND")
    return found[0]


@router.get("/benchmarks", summary="裁量基准", openapi_extra=_READERS)
def list_benchmarks(
    request: Request,
    item: ItemQuery,
    agency: Annotated[str | None, Query(pattern=_ID, description="执法主体代码")] = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return the benchmarks of an item that are in force on a day, one an agency."""
    with asked(request, at, clock) as view:
        rows = view.reader.benchmarks(view.moment, BENCHMARKS_MAX, item, agency)
        day = day_of(view.moment.at)
    in_force: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.effective_day <= day:
            in_force.setdefault(row.agency_id, benchmark_document(row))
    items = [in_force[one] for one in sorted(in_force)]
    return {**asked_document_of(view.moment), "items": items}


@router.get("/advice", summary="裁量建议", openapi_extra=_READERS)
def read_advice(
    request: Request,
    item: ItemQuery,
    agency: AgencyQuery,
    circumstance: CircumstanceQuery = None,
    party_type: PartyQuery = None,
    grounds: GroundsQuery = None,
    case: CaseQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return the advised range for an item and a circumstance, and the most similar decisions."""
    with asked(request, at, clock) as view:
        wanted = question(view, item, agency, circumstance, party_type, grounds, case)
        document = advice_document(advise(view.reader, wanted, view.moment))
    return {**asked_document_of(view.moment), **document}


@router.get("/decisions/{event_id}", summary="决定与裁量建议对照", openapi_extra=_READERS)
def read_decision(
    request: Request,
    event_id: Annotated[UUID, Path(description="决定行为的标识")],
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return a decision's amount beside the advised range, the stated reason, similar decisions."""
    with asked(request, at, clock) as view:
        document = decision_document(view.reader, decided_of(view, str(event_id)), view.moment)
    return {**asked_document_of(view.moment), **document}


@router.get("/cases/{case_id}", summary="案件的裁量", openapi_extra=_READERS)
def read_case(
    request: Request,
    case_id: CaseId,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return the advice given in a case, and its decisions beside it."""
    with asked(request, at, clock) as view:
        document = case_documents(view.reader, case_id, view.moment)
    return {**asked_document_of(view.moment), **document}


def asked_document_of(moment: Moment) -> dict[str, Any]:
    """Return as of when a document is."""
    return asked_document(OrganisationMoment(*moment))
