"""A row for every entry of a matter: the replay that a supervisor reads.

Read before: ``projections/disclosure/projection.py``. Read next: ``view``.

Takes in every entry of the case logs but the ledger's own and decodes hardly any; an act is
looked into where the list of matters shows something of it. Reads classes P and I, never the
vault. The stage is the furthest milestone, whatever the order of the acts: sectors differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView, Payload
from projections.case_replay.view import ENTRIES, MATTERS, TABLES, CaseEntryRow, MatterRow
from projections.rows import Rows
from projections.tables import Table

STAGES: Final = (
    "LEAD",
    "FILED",
    "INVESTIGATING",
    "CONCLUDED",
    "REVIEWED",
    "NOTIFIED",
    "HEARD",
    "DECIDED",
    "SERVED",
    "EXECUTING",
    "CLOSED",
    "ARCHIVED",
)
_STAGE_OF: Final[Mapping[str, str]] = {
    "LeadRegistered": "LEAD",
    "CaseFiled": "FILED",
    "OnSiteExamined": "INVESTIGATING",
    "InquiryRecorded": "INVESTIGATING",
    "EvidenceRegistered": "INVESTIGATING",
    "InvestigationConcluded": "CONCLUDED",
    "LegalReviewConcluded": "REVIEWED",
    "PenaltyPreNoticeServed": "NOTIFIED",
    "StatementReviewed": "HEARD",
    "StatementWaived": "HEARD",
    "HearingHeld": "HEARD",
    "PenaltyDecisionMade": "DECIDED",
    "OnSitePenaltyDecided": "DECIDED",
    "NoPenaltyDecisionMade": "DECIDED",
    "DocumentServed": "SERVED",
    "FinePaid": "EXECUTING",
    "ExecutionCompleted": "EXECUTING",
    "CaseClosed": "CLOSED",
    "CaseFileArchived": "ARCHIVED",
}
_NO_STAGE: Final = "NONE"
_RANK: Final = {_NO_STAGE: -1} | {stage: rank for rank, stage in enumerate(STAGES)}
_SHOWN_PAYLOADS: Final = frozenset({"CaseFiled", "PenaltyDecisionMade", "OnSitePenaltyDecided"})


class CaseReplayProjection:
    """Feeds the replay view; may be dropped and replayed at any time."""

    name = "case_replay"
    code_version = "1"
    package = "projections.case_replay"
    event_types: Collection[str] | None = None
    tables: Sequence[Table[Any]] = TABLES

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        stream_id = entry.entry.stream_id
        # The ledger's own streams tell of the log, not of a matter.
        if entry.log == CONTROL_LOG or is_own_stream(stream_id):
            return
        cn = facts.chinese_term(entry.event_type, entry.schema_version)
        rows.append(ENTRIES, _entry_row(entry, cn))
        rows.put(MATTERS, _matter_row(entry, cn, rows.get(MATTERS, (entry.log, stream_id))))


def _entry_row(view: EntryView, cn: str) -> CaseEntryRow:
    entry = view.entry
    return CaseEntryRow(
        view.log,
        entry.stream_id,
        entry.stream_version,
        entry.leaf_index,
        uuid_text(view.event_id),
        cn,
        entry.received_at,
        entry.control_size,
        entry.opened,
        entry.act,
    )


def _matter_row(view: EntryView, cn: str, before: MatterRow | None) -> MatterRow:
    """Return the line of the matter after this entry."""
    entry = view.entry
    row = before or _new_matter(view)
    if view.event_type in _SHOWN_PAYLOADS:
        row = _with_payload(row, view.event_type, view.payload)
    return MatterRow(
        row.log,
        row.stream_id,
        row.agency_id,
        row.case_no,
        row.doc_no,
        row.org_name,
        row.item_code,
        _further(row.stage, view.event_type),
        row.entries + 1,
        row.alerts + (view.event_type == "SupervisionAlertRaised"),
        row.first_received_at,
        entry.received_at,
        cn,
        entry.leaf_index,
    )


def _with_payload(row: MatterRow, event_type: str, payload: Payload) -> MatterRow:
    """Return the line with what filing or decision say of the matter."""
    row = row._replace(org_name=payload["party"]["name"])
    if event_type == "CaseFiled":
        return row._replace(case_no=payload["caseNo"], item_code=payload["itemCode"])
    return row._replace(doc_no=payload["doc"]["docNo"])


def _new_matter(view: EntryView) -> MatterRow:
    act, received = view.act, view.entry.received_at
    return MatterRow(
        view.log,
        view.entry.stream_id,
        act.agency_id,
        case_no=None,
        doc_no=None,
        org_name=None,
        item_code=act.item_code,
        stage=_NO_STAGE,
        entries=0,
        alerts=0,
        first_received_at=received,
        last_received_at=received,
        last_cn="",
        last_leaf_index=0,
    )


def _further(stage: str, event_type: str) -> str:
    """Return the stage after an act: never an earlier one."""
    reached = _STAGE_OF.get(event_type, _NO_STAGE)
    return reached if _RANK[reached] > _RANK[stage] else stage
