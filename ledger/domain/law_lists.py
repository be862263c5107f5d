"""What the control log says of reviewers, review units, workflows, benchmarks and templates.

Read before: ``control_records``. Read next: ``control_changes``, which joins these changes to the
others, and ``ledger/rules/violations``, which judges acts by them.

Values are kept by the day from which they count, because an act is judged by the day it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from ledger.chain.act import Act

if TYPE_CHECKING:
    from ledger.domain.control import ControlState

Payload: TypeAlias = Mapping[str, Any]


class Dated(Protocol):
    """Something that counts from a day on."""

    @property
    def effective_from(self) -> int:
        """Day."""
        ...


DatedT = TypeVar("DatedT", bound=Dated)


class ReviewUnit(NamedTuple):
    """The legal review unit that an agency has designated."""

    unit_id: str
    effective_from: int  # Day.


class ReviewWorkflow(NamedTuple):
    """An agency's own limits of legal review, working days."""

    limit: int
    coordination_limit: int
    effective_from: int  # Day.


class Benchmark(NamedTuple):
    """A published discretion benchmark (裁量基准): least and greatest fine of each grade, fen."""

    grades: tuple[tuple[int, int], ...]
    effective_from: int  # Day.
    circumstances: tuple[str, ...] = ()  # Of each grade.
    event_id: bytes = b""  # Of the act that published it.


class Template(NamedTuple):
    """One version of a document form."""

    version: str
    effective_from: int  # Day.
    retired_from: int | None  # Day.
    doc_type: str
    file_hash: str

    def is_in_force(self, day: int) -> bool:
        """Tell whether it counts on a day."""
        ends = self.retired_from
        return self.effective_from <= day and (ends is None or day < ends)


def in_force(held: Sequence[DatedT], day: int) -> DatedT | None:
    """Return the newest of ``held`` that counts on a day, None if none does."""
    return next((it for it in reversed(held) if it.effective_from <= day), None)


def _reviewer_qualified(state: ControlState, act: Act, _payload: Payload) -> None:
    since = min(act.occurred_at, state.reviewers.get(act.aggregate_id, act.occurred_at))
    state.reviewers = {**state.reviewers, act.aggregate_id: since}


def _review_unit(state: ControlState, act: Act, payload: Payload) -> None:
    unit = ReviewUnit(payload["unitId"], payload["since"])
    held = state.review_units.get(act.agency_id, ())
    state.review_units = {**state.review_units, act.agency_id: (*held, unit)}


def _review_workflow(state: ControlState, act: Act, payload: Payload) -> None:
    workflow = ReviewWorkflow(
        payload["limitWorkingDays"],
        payload["coordinationLimitWorkingDays"],
        payload["effectiveFrom"],
    )
    held = state.review_workflows.get(act.agency_id, ())
    state.review_workflows = {**state.review_workflows, act.agency_id: (*held, workflow)}


def _benchmark(state: ControlState, act: Act, payload: Payload) -> None:
    grades = tuple((grade["minFen"], grade["maxFen"]) for grade in payload["grades"])
    key = (act.agency_id, payload["itemCode"])
    circumstances = tuple(grade["circumstance"] for grade in payload["grades"])
    benchmark = Benchmark(grades, payload["effectiveFrom"], circumstances, act.event_id)
    held = (*state.benchmarks.get(key, ()), benchmark)
    state.benchmarks = {**state.benchmarks, key: held}


def _annulled(state: ControlState, act: Act, payload: Payload) -> None:
    """Take a benchmark out that its own agency, a supervisor or the platform says was never so."""
    may_all = state.emitter_kind(act.emitter_id) in ("SUPERVISOR", "PLATFORM")
    target = payload["targetEventId"]
    for key, held in state.benchmarks.items():
        kept = tuple(it for it in held if it.event_id != target)
        if len(kept) != len(held) and (may_all or key[0] == act.agency_id):
            state.benchmarks = {**state.benchmarks, key: kept}
            return


def _template(state: ControlState, _act: Act, payload: Payload) -> None:
    template = Template(
        payload["version"], payload["inForceFrom"], None, payload["docType"], payload["fileHash"]
    )
    held = state.templates.get(payload["templateId"], ())
    state.templates = {**state.templates, payload["templateId"]: (*held, template)}


def _template_retired(state: ControlState, _act: Act, payload: Payload) -> None:
    held = tuple(
        it._replace(retired_from=payload["retiredOn"]) if it.version == payload["version"] else it
        for it in state.templates.get(payload["templateId"], ())
    )
    state.templates = {**state.templates, payload["templateId"]: held}


LAW_LIST_CHANGES: Final[Mapping[str, Callable[[ControlState, Act, Payload], None]]] = {
    "LegalReviewerQualified": _reviewer_qualified,
    "LegalReviewUnitDesignated": _review_unit,
    "ReviewWorkflowPublished": _review_workflow,
    "DiscretionBenchmarkPublished": _benchmark,
    "EventAnnulled": _annulled,
    "DocumentTemplatePublished": _template,
    "DocumentTemplateRetired": _template_retired,
}
