"""V-PROC-15: one party fined twice for the same act (一事不再罚).

Read before: ``rule``. Statute: 行政处罚法 art. 29.

Two acts are taken to be the same where party, type of violation and the day on which it ended
(``violationEndDate`` of the filing) are equal. Parties are compared by credit code: whether two
natural persons are one, only the vault's index tells, and no rule reads the vault. Rows: one a
party and type of violation, forgotten after ``KEPT_DAYS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.amendments import CORRECTED
from ledger.domain.control_records import DAY_MICROS
from ledger.rules.day_close.dates import ends_month
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows, key_of, told

KEPT_DAYS: Final = 731  # Two years: what is older is hardly punished any more (art. 36).
_DECISIONS: Final = frozenset({"PenaltyDecisionMade", "OnSitePenaltyDecided"})
FINES_MAX: Final = 50  # Of one row; the oldest are forgotten.


class RepeatedFines:
    """The trigger is the decision received later; its event id is the subject."""

    rule_id = "V-PROC-15"
    event_types = frozenset({*_DECISIONS, CORRECTED})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in a fine of an organisation."""
        payload = told(act, _DECISIONS)
        key = None if payload is None else _key(payload)
        if key is not None:
            row = rows.open(key, lambda: {"refs": [], "told": []})
            row["refs"].append(act.ref())
            del row["refs"][:-FINES_MAX]

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Compare the fines of the day with those before."""
        for key, row in [*rows.touched()]:
            yield from _repeated(day, key, row)
        if ends_month(day.number):
            before = day.cut - KEPT_DAYS * DAY_MICROS
            for key, row in rows.items():
                if Ref(*row["refs"][-1]).received_at < before:
                    rows.drop(key)


def _key(payload: Mapping[str, Any]) -> str | None:
    """Return the key of a fine of an organisation, None of anything else."""
    code = payload["party"]["uscc"]
    is_fine = any(it["kind"] == "FINE" for it in payload["penalties"])
    return f"{code}:{key_of(payload['violationType'])}" if code is not None and is_fine else None


def _repeated(day: Day, key: str, row: dict[str, list[Any]]) -> Iterator[DayFinding]:
    refs = [Ref(*ref) for ref in row["refs"]]
    if len({ref.stream_id for ref in refs}) < 2:
        return
    fined = [(ref, *fine) for ref in refs if (fine := _fine(day, key, ref)) is not None]
    for place, (ref, ended, decision) in enumerate(fined):
        earlier = [
            one.event
            for one, known, _ in fined[:place]
            if known == ended and one.stream_id != ref.stream_id
        ]
        if earlier and ref.received_at >= day.start and decision not in row["told"]:
            row["told"] = [*row["told"], decision][-FINES_MAX:]
            yield DayFinding(ref.event_id, ref, tuple(earlier))


def _fine(day: Day, key: str, ref: Ref) -> tuple[int, str] | None:
    """Return when the violation of a decision ended and its event id; None if it does not count."""
    acts = day.stream(ref)
    filed = [it.payload["violationEndDate"] for it in acts if it.event_type == "CaseFiled"]
    current = day.current(ref)
    if not filed or current is None or current.event_type not in _DECISIONS:
        return None  # A correction may bring a fine, whatever it is about.
    is_same = _key(current.payload) == key and filed[-1] is not None
    return (filed[-1], current.act.event_id.hex()) if is_same else None
