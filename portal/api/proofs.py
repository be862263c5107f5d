"""Receipts, inclusion and consistency proofs, single entries, the list of logs.

Read before: ``ledger/chain/proofs.py``. Read next: ``portal/api/disclosures.py``.

Everything is read from stored interior hashes by coordinates, so a proof costs the same in a log
of a thousand entries and of a thousand million. All of it is checked by whoever receives it.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from ledger.chain.act import decode_act
from ledger.chain.checkpoint import parse_checkpoint
from ledger.chain.entry import decode_entry, split_entry
from ledger.chain.ids import uuid_bytes
from ledger.chain.notes import split_note
from ledger.chain.proofs import consistency_path, inclusion_path
from ledger.chain.receipt import format_receipt
from ledger.chain.tree import leaf_hash
from portal.access import require
from portal.api.described import BYTES, TEXT, content, exact, may_need
from portal.api.faults import BAD_ORDER, Fault
from portal.api.problem import problem
from portal.api.tiles import LogName, exact_bytes
from portal.pages import rfc3339
from portal.permissions import Permission
from portal.resources import Resources

router = APIRouter(prefix="/v1", tags=["证明"])

_AUDITORS: Final = may_need(Permission.READ_ENTRIES)
SIZE_END: Final = 1 << 53  # Far beyond any log, and exact in every JSON reader.
LogQuery = Annotated[
    str, Query(alias="log", pattern=r"^(control|[0-9]|1[0-5])$", description="control 或案件日志号")
]
Index = Annotated[int, Query(ge=0, lt=SIZE_END, description="叶序号，从 0 起")]
EventId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="行为标识（UUID，小写，带连字符）",
    ),
]


@router.get(
    "/receipts/{event_id}",
    summary="一个行为的回执",
    response_class=Response,
    responses=content(TEXT, "tlog-proof"),
)
def read_receipt(request: Request, event_id: EventId) -> Response:
    """Return the ``.tlog-proof`` of an act against the newest promised checkpoint."""
    resources: Resources = request.app.state.resources
    for log, recorder in resources.recorders.items():
        index = recorder.find_event(uuid_bytes(event_id))
        if index is None:
            continue
        checkpoint, size = resources.promise(log)
        if index >= size:
            break  # Committed, not yet promised: nothing may be said about it.
        extra, _ = split_entry(resources.proven[log].entry(index))
        path = inclusion_path(index, size, recorder.node_reader())
        return Response(
            format_receipt(extra, index, path, checkpoint),
            media_type="text/plain; charset=utf-8",
            headers={"cache-control": "no-cache"},
        )
    raise problem("NOT_FOUND")


@router.get("/proofs/inclusion", summary="包含证明")
def read_inclusion(request: Request, log: LogQuery, index: Index) -> dict[str, Any]:
    """Return the path from an entry's leaf to the root of the newest promised checkpoint."""
    resources: Resources = request.app.state.resources
    recorder = resources.check_log(log)
    checkpoint, size = resources.promise(log)
    if index >= size:
        raise problem("NOT_FOUND")
    path = inclusion_path(index, size, recorder.node_reader())
    return {
        "origin": resources.facts.origin(log),
        "index": str(index),
        "tree_size": str(size),
        "leaf_hash": _text(leaf_hash(resources.proven[log].entry(index))),
        "path": [_text(node) for node in path],
        "checkpoint": checkpoint.decode(),
    }


@router.get("/proofs/consistency", summary="一致性证明")
def read_consistency(
    request: Request,
    log: LogQuery,
    first: Annotated[int, Query(alias="from", ge=0, lt=SIZE_END, description="较小的树大小")],
    second: Annotated[int, Query(alias="to", ge=0, lt=SIZE_END, description="较大的树大小")],
) -> dict[str, Any]:
    """Return the proof that the tree of ``to`` leaves begins with the tree of ``from`` leaves."""
    resources: Resources = request.app.state.resources
    recorder = resources.check_log(log)
    if first > second:
        raise problem("INVALID", errors=[Fault("/query/from", BAD_ORDER)])
    checkpoint, size = resources.promise(log)
    if second > size:
        raise problem("NOT_FOUND")
    path = consistency_path(first, second, recorder.node_reader())
    return {
        "origin": resources.facts.origin(log),
        "from": str(first),
        "to": str(second),
        "path": [_text(node) for node in path],
        "checkpoint": checkpoint.decode(),
    }


@router.get(
    "/entries/{log}/{index}",
    summary="单个条目的原始字节",
    response_class=Response,
    responses=exact(BYTES, "条目"),
    openapi_extra=_AUDITORS,
)
def read_entry(
    request: Request, log: LogName, index: Annotated[int, Path(ge=0, lt=SIZE_END)]
) -> Response:
    """Return an entry's bytes: to everybody where the ledger's entries are public.

    Else if its type is public and its disclosure has not ended; auditors (with a token) get all.
    """
    resources: Resources = request.app.state.resources
    resources.check_log(log)
    if index >= resources.promised_size(log):
        raise problem("NOT_FOUND")
    data = resources.proven[log].entry(index)
    is_open = resources.facts.are_entries_public or _is_public(resources, data)
    if not is_open:
        require(request, Permission.READ_ENTRIES)
    return exact_bytes(
        request,
        data,
        media_type="application/octet-stream",
        cache_control="no-cache" if is_open else "private, no-cache",
    )


@router.get(
    "/entries/{log}/{index}/act",
    summary="条目中的行为原始字节",
    response_class=Response,
    responses=exact(BYTES, "行为"),
    openapi_extra=_AUDITORS,
)
def read_entry_act(
    request: Request, log: LogName, index: Annotated[int, Path(ge=0, lt=SIZE_END)]
) -> Response:
    """Return the act in an entry: what a receipt is verified with."""
    entry = read_entry(request, log, index)
    if entry.status_code != 200:
        return entry
    _, act = split_entry(bytes(entry.body))
    return exact_bytes(
        request,
        act,
        media_type="application/octet-stream",
        cache_control=entry.headers["cache-control"],
    )


@router.get("/logs", summary="各日志的检查点与验证钥")
def read_logs(request: Request) -> dict[str, Any]:
    """Return where each log is, its newest published checkpoint and the keys that sign it."""
    resources: Resources = request.app.state.resources
    facts = resources.facts
    lines = resources.freshness.lines(facts, None, facts.logs)
    return {
        "ledger": facts.ledger,
        "profile": facts.profile,
        "synthetic": facts.synthetic,
        "logs": [
            {
                "log": log,
                "origin": line.origin,
                "url": f"/logs/{log}",
                "vkeys": list(facts.vkeys[log]),
                "tree_size": None if line.tree_size is None else str(line.tree_size),
                "root": published_root(resources, log),
                "checkpoint_time": None
                if line.checkpoint_time is None
                else rfc3339(line.checkpoint_time),
            }
            for log, line in zip(facts.logs, lines, strict=True)
        ],
    }


def published_root(resources: Resources, log: str) -> str | None:
    """Return the root of the newest published checkpoint in base64."""
    note = resources.published_checkpoint(log)
    return None if note is None else _text(parse_checkpoint(split_note(note)[0]).root)


def _is_public(resources: Resources, data: bytes) -> bool:
    entry = decode_entry(data)
    act = decode_act(entry.act)
    catalogue = resources.control.state.catalogue
    row = None if catalogue is None else catalogue.rows.get(act.event_type)
    if row is None or not row.public:
        return False
    # What the public saw may be asked for as long as it is shown; a disclosure that has ended
    # leaves no trace in public, its entry included.
    if act.aggregate_type != "Disclosure":
        return True
    with resources.disclosures() as reader:
        shown = reader.page(act.aggregate_id, resources.clock.now_micros())
        return shown is not None or reader.disclosure(act.aggregate_id) is None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
