"""V-CRED-01, learnt late: a credential that had no force any more when an officer used it.

Read before: ``ledger/rules/violations/credentials.py``. Statute: 行政处罚法 arts. 42, 76.

A suspension or revocation that begins before it is received makes acts unlawful that were in order
as far as anybody knew. The days since then are read again, once for all that came on a day; rows:
one such act, gone when the day is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ledger.chain.act import Actor
from ledger.domain.control import ControlState
from ledger.rules.day_close.rule import CAUSES_MAX, Day, DayAct, DayFinding, Ref, Rows
from ledger.rules.deadline_instance import NEVER
from ledger.rules.violations.credentials import act_kind, may_act
from ledger.rules.violations.people import HANDLING

_SUSPENDED, _REVOKED = "CredentialSuspended", "CredentialRevoked"


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
    event_types = frozenset({_SUSPENDED, _REVOKED})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Note what begins before it was received."""
        payload = act.payload
        is_suspended = act.act.event_type == _SUSPENDED
        start = payload["from"] if is_suspended else payload["effectiveAt"]
        end = payload["to"] if is_suspended else None
        if start < act.entry.received_at:
            row = [act.act.aggregate_id, start, NEVER if end is None else end, act.ref()]
            rows.put(f"{act.entry.leaf_index:012}", row)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Look for acts in the time that was lost."""
        losses = []
        for key, (officer_id, start, end, ref) in rows.items():
            losses.append(_Loss(officer_id, start, end, Ref(*ref)))
            rows.drop(key)
        if losses:
            yield from _findings(day, losses)


def _findings(day: Day, losses: list[_Loss]) -> Iterator[DayFinding]:
    found: dict[tuple[int, str, str], list[Ref]] = {}
    for act in day.since(min(loss.start for loss in losses)):
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


def _is_unlawful(day: Day, act: DayAct, loss: _Loss) -> bool:
    at = act.act.occurred_at
    if not loss.start <= at < loss.end:
        return False
    return any(
        actor.officer_id == loss.officer_id
        and actor.role in HANDLING
        and _may_act(act, actor, act.control)
        and not _may_act(act, actor, day.control)
        for actor in act.act.actors
    )


def _may_act(act: DayAct, actor: Actor, control: ControlState) -> bool:
    kind = act_kind(control, act.act)
    return may_act(control, actor, act.act.occurred_at, act.act.agency_id, kind)
