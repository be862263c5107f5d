"""What the public may see of a case, and when: entries in, calls on the view's rows out.

Read before: ``ledger/chain/checkpoint.py``, ``consumers/project.py``, ``decisions``.
Read next: ``view``, then ``portal/public/decision.py``, the page with its proof.

Only PUBLISHED is public (domain: 行政处罚法 art. 48; 政府信息公开条例). A withdrawn record leaves a
tombstone with its reason, without the party; a wrongly published one without its number; one
that is sealed, expired or repaired leaves nothing. Reads classes P and I, never the vault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.disclosure import EXPIRED
from ledger.domain.projection import ControlReader, EntryView, Payload
from projections.disclosure.decisions import DECISION_TYPES, amended, annulled, decided
from projections.disclosure.search import Field, search_terms, search_text
from projections.disclosure.view import (
    DECISIONS,
    DISCLOSURES,
    DUTIES,
    OWN_PAGE,
    PAGES,
    TABLES,
    TOMBSTONES,
    VERSIONS,
    DecisionRow,
    DisclosureRow,
    DutyRow,
    PageRow,
    TombstoneRow,
    VersionRow,
)
from projections.rows import Rows
from projections.tables import Table

WITHOUT_TOMBSTONE: Final = frozenset({"SEALED"})
WITHOUT_DOC_NO: Final = frozenset({"WRONGLY_PUBLISHED"})


class DisclosureProjection:
    """Feeds the disclosure view; may be dropped and replayed at any time."""

    name = "disclosure"
    code_version = "2"
    package = "projections.disclosure"
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[EntryView, ControlReader, Rows], None]] = {
            **dict.fromkeys(DECISION_TYPES, decided),
            CORRECTED: amended,
            ANNULLED: annulled,
            "DisclosureObligationAssessed": _assessed,
            "DisclosureDrafted": _drafted,
            "DisclosureReviewed": _reviewed,
            "DisclosurePublished": _published,
            "DisclosureUpdated": _updated,
            "DisclosureCorrected": _updated,
            "DisclosureWithdrawn": _withdrawn,
            EXPIRED: _expired,
            "DisclosureRepairEnded": _ended,
            "DisclosureWithheld": _withheld,
            "DisclosurePublishedExternally": _published_externally,
        }
        self.event_types = frozenset(self._handlers)

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry of a subscribed type."""
        self._handlers[entry.event_type](entry, facts, rows)


def _assessed(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    payload = view.payload
    duty = _duty(view, rows, payload["channel"])._replace(
        obligation=payload["result"],
        credit_class=payload["creditClass"],
        due_date=payload["dueDate"],
    )
    rows.put(DUTIES, duty)
    begun = duty.disclosure_id and rows.get(DISCLOSURES, (*duty[:2], duty.disclosure_id))
    if begun:
        rows.put(DISCLOSURES, _bound(begun, duty))


def _duty(view: EntryView, rows: Rows, channel: str) -> DutyRow:
    """Return what was judged of the decision that an act names."""
    source = uuid_text(view.payload["sourceEventId"])
    key = (view.log, view.entry.stream_id, source, channel)
    return rows.get(DUTIES, key) or DutyRow(*key)


def _begun(view: EntryView, rows: Rows, channel: str) -> DisclosureRow:
    """Return the disclosure that an act is about, with what was judged of its decision."""
    duty = _duty(view, rows, channel)._replace(disclosure_id=view.act.aggregate_id)
    rows.put(DUTIES, duty)
    row = _bound(_disclosure(view, rows), duty)
    return row._replace(source_event_id=duty.source_event_id)


def _bound(row: DisclosureRow, duty: DutyRow) -> DisclosureRow:
    return row._replace(
        obligation=duty.obligation, credit_class=duty.credit_class, due_date=duty.due_date
    )


def _drafted(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    payload = view.payload
    row = _begun(view, rows, payload["channel"])
    decision = rows.get(DECISIONS, (row.log, row.stream_id, str(row.source_event_id)))
    _change(
        view,
        rows,
        row,
        state="PUBLISHED" if row.state == "PUBLISHED" else "DRAFT",
        channel=payload["channel"],
        view=payload["view"],
        draft_reading=None if decision is None else decision.reading,
        draft_hash=payload["contentHash"],
        draft_version=payload["version"],
        drafter=payload["drafter"],
        reviewer=None,
        scan_clean=None,
        until=payload["until"],
        replaces=payload["replaces"],
    )


def _reviewed(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    payload, row = view.payload, _disclosure(view, rows)
    approved = payload["decision"] == "APPROVED"
    _change(
        view,
        rows,
        row,
        state=_reviewed_state(row.state, approved=approved),
        reviewer=payload["reviewer"] if approved else None,
        scan_clean=payload["scan"]["clean"],
    )


def _reviewed_state(state: str, *, approved: bool) -> str:
    """Return the state after a review; a published record stays so until it is updated."""
    if state == "PUBLISHED":
        return state
    return "APPROVED" if approved else "DRAFT"


def _published(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    act, entry, payload = view.act, view.entry, view.payload
    before = _disclosure(view, rows)
    row = _change(
        view,
        rows,
        before,
        state="PUBLISHED",
        published_reading=before.draft_reading,
        channel=payload["channel"],
        view=payload["view"],
        published_hash=payload["contentHash"],
        published_version=payload["version"],
        published_at=payload["publishedAt"],
        published_by=uuid_text(view.event_id),
        until=payload["until"],
    )
    decision = _decision_of(row, rows)
    agency_name = facts.agency_name(act.agency_id, entry.control_size)
    text = _searched(act.agency_id, agency_name, decision, with_party=True, with_doc_no=True)
    page = PageRow(
        log=view.log,
        stream_id=entry.stream_id,
        disclosure_id=act.aggregate_id,
        view=payload["view"],
        channel=payload["channel"],
        agency_id=act.agency_id,
        agency_name=agency_name,
        doc_no=decision.doc_no if decision else None,
        doc_date=decision.doc_date if decision else None,
        org_name=decision.org_name if decision else None,
        uscc=decision.uscc if decision else None,
        party_type=decision.party_type if decision else None,
        violation_type=decision.violation_type if decision else None,
        penalty_kinds=decision.penalty_kinds if decision else None,
        content_hash=payload["contentHash"],
        version=payload["version"],
        url=payload["url"],
        published_at=payload["publishedAt"],
        updated_at=payload["publishedAt"],
        until=payload["until"],
        event_id=uuid_text(view.event_id),
        leaf_index=entry.leaf_index,
        received_at=entry.received_at,
        search_text=text,
        search_terms=search_terms(text),
    )
    rows.put(PAGES, page)
    rows.append(VERSIONS, _version(view, payload, payload["publishedAt"]))


def _updated(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    entry, payload = view.entry, view.payload
    before = _disclosure(view, rows)
    row = _change(
        view,
        rows,
        before,
        published_reading=before.draft_reading,
        published_hash=payload["contentHash"],
        published_version=payload["version"],
        until=payload["until"],
    )
    page = rows.get(PAGES, row[:3])
    if page is not None:
        updated = page._replace(
            content_hash=payload["contentHash"],
            version=payload["version"],
            updated_at=payload["at"],
            until=payload["until"],
            event_id=uuid_text(view.event_id),
            leaf_index=entry.leaf_index,
            received_at=entry.received_at,
        )
        rows.put(PAGES, _as_decided(updated, row, _decision_of(row, rows)))
    rows.append(VERSIONS, _version(view, payload, payload["at"]))


def _as_decided(page: PageRow, row: DisclosureRow, decision: DecisionRow | None) -> PageRow:
    """Return the page of a next version, found by what the decision reads as in it."""
    if decision is None or decision.reading != row.published_reading:
        return page  # Of what the version was made is not known any more.
    text = _searched(page.agency_id, page.agency_name, decision, with_party=True, with_doc_no=True)
    return page._replace(
        doc_no=decision.doc_no,
        doc_date=decision.doc_date,
        org_name=decision.org_name,
        uscc=decision.uscc,
        party_type=decision.party_type,
        violation_type=decision.violation_type,
        penalty_kinds=decision.penalty_kinds,
        search_text=text,
        search_terms=search_terms(text),
    )


def _withdrawn(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    act, entry, payload = view.act, view.entry, view.payload
    ground = payload["ground"]
    row = _change(view, rows, _disclosure(view, rows), state="WITHDRAWN", ground=ground)
    page = rows.get(PAGES, row[:3])
    rows.delete(PAGES, row[:3])
    rows.append(VERSIONS, _version(view, payload, payload["at"]))
    if page is None or ground in WITHOUT_TOMBSTONE:
        return
    with_doc_no = ground not in WITHOUT_DOC_NO
    agency_name = facts.agency_name(act.agency_id, entry.control_size)
    decision = _decision_of(row, rows)
    text = _searched(
        act.agency_id, agency_name, decision, with_party=False, with_doc_no=with_doc_no
    )
    tombstone = TombstoneRow(
        log=view.log,
        stream_id=entry.stream_id,
        disclosure_id=act.aggregate_id,
        view=page.view,
        agency_id=act.agency_id,
        agency_name=agency_name,
        doc_no=page.doc_no if with_doc_no else None,
        published_at=page.published_at,
        withdrawn_at=payload["at"],
        ground=ground,
        public_reason=payload["publicReason"],
        content_hash=payload["contentHash"],
        version=payload["version"],
        event_id=uuid_text(view.event_id),
        leaf_index=entry.leaf_index,
        search_text=text,
        search_terms=search_terms(text),
    )
    rows.put(TOMBSTONES, tombstone)


def _expired(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """End a disclosure; an act that names a publication, as the engine's do, ends that one only."""
    named, row = view.act.causation_id, _disclosure(view, rows)
    is_of_now = row.state == "PUBLISHED" and row.published_by == uuid_text(named or bytes(16))
    if named is None or is_of_now:
        _ended(view, facts, rows)


def _ended(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    row = _change(view, rows, _disclosure(view, rows), state="ENDED")
    rows.delete(PAGES, row[:3])


def _withheld(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    payload = view.payload
    _change(
        view,
        rows,
        _begun(view, rows, payload["channel"]),
        state="WITHHELD",
        channel=payload["channel"],
        ground=payload["ground"],
    )


def _published_externally(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    row = _begun(view, rows, OWN_PAGE)
    # What the agency did by itself changes nothing of what this platform shows.
    state = row.state if row.state == "PUBLISHED" else "EXTERNAL"
    _change(view, rows, row, state=state)


def _disclosure(view: EntryView, rows: Rows) -> DisclosureRow:
    """Return the disclosure that an act is about, as it stands."""
    key = (view.log, view.entry.stream_id, view.act.aggregate_id)
    return rows.get(DISCLOSURES, key) or DisclosureRow(*key, agency_id=view.act.agency_id)


def _change(entry: EntryView, rows: Rows, row: DisclosureRow, /, **changes: Any) -> DisclosureRow:
    """Write the disclosure with some columns changed, and return it."""
    changes |= {"changed_at": entry.act.occurred_at, "leaf_index": entry.entry.leaf_index}
    changed = row._replace(**changes)
    rows.put(DISCLOSURES, changed)
    return changed


def _decision_of(row: DisclosureRow, rows: Rows) -> DecisionRow | None:
    """Return the decision that a disclosure is about, if it is one of this stream."""
    if row.source_event_id is None:
        return None
    return rows.get(DECISIONS, (row.log, row.stream_id, row.source_event_id))


def _searched(
    agency_id: str,
    agency_name: str | None,
    decision: DecisionRow | None,
    *,
    with_party: bool,
    with_doc_no: bool,
) -> str:
    """Return the text by which a page or a tombstone is found."""
    fields = [(Field.AGENCY, agency_name), (Field.AGENCY, agency_id)]
    if decision is not None and with_doc_no:
        fields.append((Field.DOC_NO, decision.doc_no))
    if decision is not None and with_party:
        fields += [
            (Field.ORGANISATION, decision.org_name),
            (Field.ORGANISATION, decision.uscc),
            (Field.VIOLATION, decision.violation_type),
        ]
    return search_text(fields)


def _version(view: EntryView, payload: Payload, at: int) -> VersionRow:
    """Return the line of a public act in the history of its disclosure."""
    changed = payload.get("changedFields")
    return VersionRow(
        log=view.log,
        stream_id=view.entry.stream_id,
        disclosure_id=view.act.aggregate_id,
        leaf_index=view.entry.leaf_index,
        event_type=view.event_type,
        event_id=uuid_text(view.event_id),
        version=payload["version"],
        content_hash=payload["contentHash"],
        at=at,
        reason=payload.get("reason", payload.get("publicReason")),
        changed_fields=None if changed is None else ",".join(changed),
    )
