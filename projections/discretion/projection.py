"""Penalties, benchmarks, advice and closings as rows of their own; who owns a matter is remembered.

Read before: ``method``, ``view``, ``ledger/domain/stream.py``. Read next: ``postgres``.

In a matter only those acts count that a gate would count: the owner's, a supervisor's, the
platform's (docs/spec/gates.md), so a stranger's decision is no precedent and a stranger's
annulment takes none away. A benchmark is the publishing agency's own. A corrected act has a row for
each reading, whose item is its own or that of the filing, as that read when the row was made. Reads
classes P and I only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain import amendments
from ledger.domain.control_records import day_of
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView
from ledger.domain.stream import StreamAct, count_step
from projections.discretion.method import FILE, ground_prefixes, method
from projections.discretion.view import (
    ACTS,
    ADVICES,
    ANNULLED,
    ANNULMENTS,
    BENCHMARKS,
    CLOSINGS,
    CORRECTED,
    DECISIONS,
    FEN_MAX,
    MATTERS,
    REVOKED,
    TABLES,
    UNDOINGS,
    AdviceRow,
    AnnulledRow,
    BenchmarkRow,
    ClosingRow,
    DecisionRow,
    MatterRow,
    UndoingRow,
)
from projections.kept_acts import Said, corrected, kept, kept_view, said_by
from projections.rows import Rows
from projections.tables import Table
from schemas.loader import data_version

_BENCHMARK: Final = "DiscretionBenchmarkPublished"
_ON_SITE: Final = "OnSitePenaltyDecided"
_FILED: Final = "CaseFiled"
_TRANSFER: Final = "JurisdictionTransferred"
_ITEM: Final = re.compile(r"[A-Z0-9-]{1,32}")  # As ``CaseFiled`` and benchmarks name one.
_ABOVE: Final = ("SUPERVISOR", "PLATFORM")  # Kinds of systems that undo what any agency did.


class DiscretionProjection:
    """Feeds the discretion view; may be dropped and replayed at any time."""

    name = "discretion"
    code_version = data_version("2", FILE)
    package = "projections.discretion"
    event_types: Collection[str] | None = None  # Whose a matter is, its first act says.
    tables: Sequence[Table[Any]] = TABLES

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        if entry.log == CONTROL_LOG:
            _take_in_control(entry, facts, rows)
        elif not is_own_stream(entry.entry.stream_id):
            _take_in_matter(entry, facts, rows)


def _take_in_control(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    if view.event_type == _BENCHMARK:
        rows.append(ACTS, kept(view))
        rows.append(BENCHMARKS, _benchmark(view, said_by(view)))
    elif view.event_type == amendments.CORRECTED:
        if (benchmark := _corrected(view, facts, rows)) is not None:
            rows.append(BENCHMARKS, _benchmark(benchmark, said_by(view)))
    elif view.event_type == amendments.ANNULLED:
        kind = facts.judged_by(view.entry.control_size).emitter_kind(view.act.emitter_id)
        by_agency = None if kind in _ABOVE else view.act.agency_id
        rows.append(UNDOINGS, _undoing(view, "targetEventId", ANNULLED, said_by(view), by_agency))


def _take_in_matter(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    place = (view.log, view.entry.stream_id)
    known = rows.get(MATTERS, place)
    is_known_type = view.event_type in _KNOWN_TYPES
    if known is not None and not is_known_type:
        return
    matter = known or MatterRow(*place, view.act.agency_id, None, None)
    if is_known_type:
        does_count, owner = _counted(view, matter.owner, facts)
        matter = matter._replace(owner=owner)
        if does_count:
            matter = _take_in_counted(view, matter, facts, rows)
    if matter != known:
        rows.put(MATTERS, matter)


def _take_in_counted(
    view: EntryView, matter: MatterRow, facts: ControlReader, rows: Rows
) -> MatterRow:
    if view.event_type == amendments.ANNULLED:
        return _annul(view, matter, facts, rows)
    if _is_annulled(rows, matter, uuid_text(view.event_id)):
        return matter  # Its annulment came first.
    if view.event_type == amendments.CORRECTED:
        return _correct(view, matter, facts, rows)
    if view.event_type in _TAKERS:
        rows.append(ACTS, kept(view))
        _TAKERS[view.event_type](view, matter, said_by(view), rows)
    if view.event_type == _FILED:
        rows.append(ACTS, kept(view))
        return matter if matter.item_code is not None else _filed(view, matter)
    return matter


def _annul(view: EntryView, matter: MatterRow, facts: ControlReader, rows: Rows) -> MatterRow:
    rows.append(UNDOINGS, _undoing(view, "targetEventId", ANNULLED, said_by(view)))
    target = uuid_text(view.payload["targetEventId"])
    if _is_annulled(rows, matter, target):
        return matter
    rows.put(ANNULMENTS, AnnulledRow(*matter[:2], target))
    row = rows.stored(ACTS, (*matter[:2], target))
    about = None if row is None else kept_view(row, facts)
    if about is not None and about.event_type == amendments.CORRECTED:
        target = uuid_text(about.payload["targetEventId"])
    if matter.filed_event_id is None or target != matter.filed_event_id:
        return matter
    return _filed_again(matter, facts, rows)


def _correct(view: EntryView, matter: MatterRow, facts: ControlReader, rows: Rows) -> MatterRow:
    act = _corrected(view, facts, rows)
    if act is None:
        return matter
    rows.append(ACTS, kept(view))
    if act.event_type in _TAKERS:
        _TAKERS[act.event_type](act, matter, said_by(view), rows)
    elif uuid_text(act.event_id) == matter.filed_event_id:
        return _filed(act, matter)
    return matter


def _filed_again(matter: MatterRow, facts: ControlReader, rows: Rows) -> MatterRow:
    """Return a matter whose filing, or a correction of it, counts no more."""
    views = [kept_view(row, facts) for row in rows.of_stream(ACTS, (matter.log, matter.stream_id))]
    counting = [
        view
        for view in sorted(views, key=lambda view: view.entry.leaf_index)
        if not _is_annulled(rows, matter, uuid_text(view.event_id))
    ]
    matter = matter._replace(item_code=None, filed_event_id=None)
    for view in counting:
        if view.event_type == _FILED and matter.item_code is None:
            matter = _filed(view, matter)
        elif view.event_type == amendments.CORRECTED:
            act = corrected(view, facts, rows, ACTS)
            if act is not None and uuid_text(act.event_id) == matter.filed_event_id:
                matter = _filed(act, matter)
    return matter


def _is_annulled(rows: Rows, matter: MatterRow, event_id: str) -> bool:
    return rows.get(ANNULMENTS, (*matter[:2], event_id)) is not None


def _corrected(view: EntryView, facts: ControlReader, rows: Rows) -> EntryView | None:
    """Return the act that a correction is about as it reads by it, and note that it does."""
    act = corrected(view, facts, rows, ACTS)
    if act is not None:
        rows.append(UNDOINGS, _undoing(view, "targetEventId", CORRECTED, said_by(view)))
    return act


def _counted(view: EntryView, owner: str, facts: ControlReader) -> tuple[bool, str]:
    state = facts.judged_by(view.entry.control_size)
    assert state.ledger is not None
    payload = view.payload if view.event_type == _TRANSFER else {}
    item = StreamAct(view.entry, view.act, payload)
    return count_step(item, owner, state, f"{state.ledger.name}/log/{view.log}")


def _filed(view: EntryView, matter: MatterRow) -> MatterRow:
    return matter._replace(
        item_code=view.payload["itemCode"], filed_event_id=uuid_text(view.event_id)
    )


def _revoked(view: EntryView, _matter: MatterRow, said: Said, rows: Rows) -> None:
    rows.append(UNDOINGS, _undoing(view, "decisionEventId", REVOKED, said))


def _decided(view: EntryView, matter: MatterRow, said: Said, rows: Rows) -> None:
    act, payload = view.act, view.payload
    party = payload["party"]
    fines = [it["amountFen"] or 0 for it in payload["penalties"] if it["kind"] == "FINE"]
    rows.append(
        DECISIONS,
        DecisionRow(
            view.log,
            view.entry.stream_id,
            uuid_text(view.event_id),
            said.leaf_index,
            said.by,
            said.at,
            view.event_type,
            act.agency_id,
            _item(view, matter),
            payload["doc"]["docNo"],
            party["partyId"],
            party["partyType"],
            party["uscc"],
            party["name"],
            _procedure(view),
            _fen(sum(fines)),
            _grounds(payload["factIds"]),
            _officers(view),
            day_of(act.occurred_at),
            act.occurred_at,
            view.entry.received_at,
            view.entry.leaf_index,
        ),
    )


def _closed(view: EntryView, _matter: MatterRow, said: Said, rows: Rows) -> None:
    rows.append(
        CLOSINGS,
        ClosingRow(
            view.log,
            view.entry.stream_id,
            uuid_text(view.event_id),
            said.leaf_index,
            said.by,
            said.at,
            view.act.agency_id,
            view.payload["reason"],
            _officers(view),
            day_of(view.act.occurred_at),
            view.act.occurred_at,
            view.entry.received_at,
        ),
    )


def _advised(view: EntryView, matter: MatterRow, said: Said, rows: Rows) -> None:
    act, payload = view.act, view.payload
    amounts = [it["amountFen"] for it in payload["output"] if it["amountFen"] is not None]
    benchmark, chosen = payload.get("benchmarkEventId"), payload.get("chosenFen")
    rows.append(
        ADVICES,
        AdviceRow(
            view.log,
            view.entry.stream_id,
            uuid_text(view.event_id),
            said.leaf_index,
            said.by,
            said.at,
            act.agency_id,
            act.actors[0].officer_id if act.actors else "",
            _item(view, matter),
            payload.get("circumstance"),
            None if benchmark is None else uuid_text(benchmark),
            _fen(min(amounts)) if amounts else None,
            _fen(max(amounts)) if amounts else None,
            None if chosen is None else _fen(chosen),
            payload["officerChoice"],
            payload.get("reason"),
            payload["version"],
            act.occurred_at,
            view.entry.received_at,
            view.entry.leaf_index,
        ),
    )


def _benchmark(view: EntryView, said: Said) -> BenchmarkRow:
    payload = view.payload
    grades = [
        (grade["circumstance"], _fen(grade["minFen"]), _fen(grade["maxFen"]))
        for grade in payload["grades"]
    ]
    return BenchmarkRow(
        view.log,
        view.entry.stream_id,
        uuid_text(view.event_id),
        said.leaf_index,
        said.by,
        said.at,
        view.act.agency_id,
        payload["itemCode"],
        payload["effectiveFrom"],
        json.dumps(grades, ensure_ascii=False, separators=(",", ":")),
        view.act.occurred_at,
        view.entry.received_at,
        view.entry.leaf_index,
    )


def _undoing(
    view: EntryView, target: str, kind: str, said: Said, by_agency: str | None = None
) -> UndoingRow:
    return UndoingRow(
        view.log,
        view.entry.stream_id,
        uuid_text(view.event_id),
        said.leaf_index,
        said.by,
        said.at,
        uuid_text(view.payload[target]),
        kind,
        by_agency,
        view.entry.received_at,
    )


def _item(view: EntryView, matter: MatterRow) -> str | None:
    """Return the item that an act names, else the matter's; an act may name anything at all."""
    said = view.act.item_code
    return said if said and _ITEM.fullmatch(said) else matter.item_code


def _procedure(view: EntryView) -> str:
    if view.event_type == _ON_SITE:
        return "SUMMARY"
    return "ORDINARY" if view.payload["reviewId"] is None else "REVIEWED"


def _grounds(fact_ids: Sequence[str]) -> str:
    """Return the named mitigating and aggravating facts, ascending, each once."""
    prefixes = ground_prefixes()
    return " ".join(sorted({fact for fact in fact_ids if fact.startswith(prefixes)}))


def _officers(view: EntryView) -> str:
    """Return who handled it, ascending, each once."""
    roles = method()["handler_roles"]
    return " ".join(sorted({it.officer_id for it in view.act.actors if it.role in roles}))


def _fen(amount: int) -> int:
    """Return an amount within the bounds of a column: an act may claim any number."""
    return min(max(amount, 0), FEN_MAX)


_TAKERS: Final[dict[str, Callable[[EntryView, MatterRow, Said, Rows], None]]] = {
    "PenaltyDecisionMade": _decided,
    _ON_SITE: _decided,
    "CaseClosed": _closed,
    "DiscretionAdviceGiven": _advised,
    "DecisionRevoked": _revoked,
    "DecisionAltered": _revoked,
    "DecisionConfirmedUnlawful": _revoked,
    "DecisionConfirmedInvalid": _revoked,
}
_KNOWN_TYPES: Final = frozenset(
    {*_TAKERS, _FILED, _TRANSFER, amendments.ANNULLED, amendments.CORRECTED}
)
