"""V-CRED-01, learnt late: a credential that had no force any more when an officer used it.

Read before: ``ledger/rules/violations/credentials.py``. Statute: 行政处罚法 arts. 42, 76.

A suspension or revocation that begins before it is received makes acts unlawful that were in order
as far as anybody knew. The officer's acts since then are read again, once for all that came on a
day. Rows: one such act, gone when the day is closed; and where the acts of each officer as handler
are, ``PAGE_ACTS`` to a page, so that it costs what the officer did and not what the ledger holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from typing import Final, NamedTuple

from ledger.chain.act import Actor
from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG
from ledger.rules.day_close.rule import (
    CAUSES_MAX,
    EARLY_MICROS,
    Day,
    DayAct,
    DayFinding,
    Place,
    Ref,
    Rows,
)
from ledger.rules.deadline_instance import NEVER
from ledger.rules.violations.credentials import act_kind, may_act
from ledger.rules.violations.people import HANDLING

_SUSPENDED: Final = "CredentialSuspended"
LOSSES: Final = frozenset({_SUSPENDED, "CredentialRevoked"})
_LOSS, _COUNT, _PAGE = "loss:", "count:", "page:"
PAGE_ACTS: Final = 500


class _Loss(NamedTuple):
    """A credential that lost its force before that was received."""

    officer_id: str
    start: int
    end: int
    trigger: Ref


class LateCredentials:
    """One finding a suspension or revocation and matter: discoveredLate.

    The trigger is the control entry, the subject the matter, in whose stream the alert lies; the
    causes are the acts of the officer in it that count, and that no alert was raised for when they
    came.
    """

    rule_id = "V-CRED-01"
    event_types = None

    def take(self, act: DayAct, rows: Rows) -> None:
        """Note where it is, and what begins before it was received."""
        for officer_id in dict.fromkeys(it.officer_id for it in act.act.actors if _handles(it)):
            _enter(officer_id, act, rows)
        if act.act.event_type in LOSSES:
            codec = act.control.codec(act.act.event_type, act.act.schema_version)
            payload = act.payload or codec.decode(act.act.payload)
            is_suspended = act.act.event_type == _SUSPENDED
            start = payload["from"] if is_suspended else payload["effectiveAt"]
            end = payload["to"] if is_suspended else None
            if start < act.entry.received_at:
                row = [act.act.aggregate_id, start, NEVER if end is None else end, act.ref()]
                rows.put(f"{_LOSS}{act.entry.leaf_index:012}", row)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Look for acts in the time that was lost."""
        losses = []
        for key, (officer_id, start, end, ref) in rows.items(_LOSS):
            losses.append(_Loss(officer_id, start, end, Ref(*ref)))
            rows.drop(key)
        if losses:
            yield from _findings(day, rows, losses)


def _handles(actor: Actor) -> bool:
    return actor.role in HANDLING


def _enter(officer_id: str, act: DayAct, rows: Rows) -> None:
    """Note where an act of an officer is, behind those that came before."""
    count: int = rows.get(_COUNT + officer_id) or 0
    page = rows.open(_page_key(officer_id, count // PAGE_ACTS), lambda: {"until": 0, "acts": ""})
    page["until"] = act.entry.received_at
    page["acts"] += f"{act.log}/{act.entry.leaf_index} "  # Millions of them, in a dry run.
    rows.put(_COUNT + officer_id, count + 1)


def _page_key(officer_id: str, page: int) -> str:
    return f"{_PAGE}{officer_id} {page:09}"


def _findings(day: Day, rows: Rows, losses: list[_Loss]) -> Iterator[DayFinding]:
    found: dict[tuple[int, str, str], list[Ref]] = {}
    for act in _acts(day, rows, losses):
        for place, loss in enumerate(losses):
            if _is_unlawful(day, act, loss):
                key = (place, act.log, act.entry.stream_id)
                found.setdefault(key, []).append(Ref(*act.ref()))
                break
    for key in sorted(found):
        place, _, stream_id = key
        refs = [ref for ref in found[key] if day.counts(ref)]
        if refs:
            causes = tuple(ref.event for ref in refs[:CAUSES_MAX])
            trigger = losses[place].trigger
            agency_id = refs[0].agency_id
            yield DayFinding(stream_id, trigger, causes, stream_id=stream_id, agency_id=agency_id)


def _acts(day: Day, rows: Rows, losses: list[_Loss]) -> Iterator[DayAct]:
    """Yield the acts that the officers may have done in the time that was lost, in their order."""
    since: dict[str, int] = {}
    for loss in losses:
        since[loss.officer_id] = min(loss.start, since.get(loss.officer_id, NEVER))
    each = (_of_officer(day, rows, one, at) for one, at in since.items())
    for _, same in groupby(merge(*each, key=_order), key=_order):
        yield next(same)  # Two of the officers may have done it together.


def _of_officer(day: Day, rows: Rows, officer_id: str, at: int) -> Iterator[DayAct]:
    for _, page in rows.items(f"{_PAGE}{officer_id} "):
        if page["until"] >= at - EARLY_MICROS:
            yield from day.acts(_place(one) for one in page["acts"].split())


def _place(text: str) -> Place:
    log, _, leaf_index = text.partition("/")
    return log, int(leaf_index)


def _order(act: DayAct) -> tuple[int, int, int]:
    """Return the place of an act in the order in which a day takes them."""
    log = -1 if act.log == CONTROL_LOG else int(act.log)
    return act.entry.received_at, log, act.entry.leaf_index


def _is_unlawful(day: Day, act: DayAct, loss: _Loss) -> bool:
    at = act.act.occurred_at
    if not loss.start <= at < loss.end:
        return False
    return any(
        actor.officer_id == loss.officer_id
        and _handles(actor)
        and _may_act(act, actor, act.control)
        and not _may_act(act, actor, day.control)
        for actor in act.act.actors
    )


def _may_act(act: DayAct, actor: Actor, control: ControlState) -> bool:
    kind = act_kind(control, act.act)
    return may_act(control, actor, act.act.occurred_at, act.act.agency_id, kind)
