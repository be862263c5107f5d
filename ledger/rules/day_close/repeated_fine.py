"""V-PROC-15: one party fined twice for the same act (一事不再罚).

Read before: ``rule``. Read next: ``fined_persons``. Statute: 行政处罚法 art. 29.

Two acts are taken to be the same where party, type of violation and the day on which it ended
(``violationEndDate`` of the filing) are equal. Organisations are compared by credit code, natural
persons by the vault's index, and then the alert says so. Rows: one a credit code and type of
violation, forgotten after ``KEPT_DAYS``, and those of ``fined_persons``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ledger.domain.amendments import CORRECTED
from ledger.domain.control_records import DAY_MICROS
from ledger.domain.stream import StreamAct
from ledger.rules.day_close import fined_persons
from ledger.rules.day_close.dates import ends_month
from ledger.rules.day_close.fined_persons import DESTROYED, OPENED, Fined
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows, key_of, told

KEPT_DAYS: Final = 731  # Two years: what is older is hardly punished any more (art. 36).
_DECISIONS: Final = frozenset({"PenaltyDecisionMade", "OnSitePenaltyDecided"})
FINES_MAX: Final = 50  # Of one row; the oldest are forgotten.


class _Fine(NamedTuple):
    """A fine as it reads when the day ends."""

    ref: Ref
    ended: int  # Day on which the violation ended.
    decision: str  # Event id of the decision, hex.
    since: int  # From when on it could be compared.
    row: str  # Key of its row.


class RepeatedFines:
    """The trigger is the decision received later; its event id is the subject.

    Of natural persons: the one whose openings came later, and where they came after the decision
    the alert is so since the end of that day.
    """

    rule_id = "V-PROC-15"
    event_types = frozenset({*_DECISIONS, CORRECTED, OPENED, DESTROYED})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in a fine, or what the vault knows of persons that were fined."""
        if act.act.event_type == OPENED:
            fined_persons.complete(act, rows)
        elif act.act.event_type == DESTROYED:
            fined_persons.forget_destroyed(act, rows)
        elif (payload := told(act, _DECISIONS)) is not None:
            if payload["party"]["uscc"] is None:
                fined_persons.note(act, payload["party"], _offence(payload) or "", rows)
            elif (key := _key(payload)) is not None:
                row = rows.open(key, lambda: {"refs": [], "told": []})
                row["refs"].append(act.ref())
                del row["refs"][:-FINES_MAX]

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Compare the fines of the day with those before."""
        for key, row in [*rows.touched()]:
            if "refs" in row:
                yield from _repeated(day, rows, _of_organisation(day, key, row))
        found: list[DayFinding] = []
        for fines in fined_persons.fined_persons(day, rows):
            if len({one.ref.stream_id for one in fines}) > 1:
                found += _repeated(day, rows, _of_person(day, fines), is_by_vault=True)
        # The index has an order of its own, which tells nobody anything.
        yield from sorted(found, key=lambda one: one.trigger)
        if ends_month(day.number):
            _forget(rows, day.cut - KEPT_DAYS * DAY_MICROS)


def _offence(payload: Mapping[str, Any]) -> str | None:
    """Return what stands for the type of violation of a fine, None of what is no fine."""
    is_fine = any(it["kind"] == "FINE" for it in payload["penalties"])
    return key_of(payload["violationType"]) if is_fine else None


def _key(payload: Mapping[str, Any]) -> str | None:
    """Return the key of a fine of an organisation, None of anything else."""
    code, offence = payload["party"]["uscc"], _offence(payload)
    return f"{code}:{offence}" if code is not None and offence is not None else None


def _of_organisation(day: Day, key: str, row: Mapping[str, Any]) -> Iterator[_Fine]:
    """Yield the fines of a row that are fines of its key when the day ends."""
    refs = [Ref(*ref) for ref in row["refs"]]
    if len({ref.stream_id for ref in refs}) > 1:
        for ref in refs:
            found = _ended(day, ref)
            if found is not None and _key(found[1].payload) == key:
                yield _Fine(ref, found[0], found[1].act.event_id.hex(), ref.received_at, key)


def _of_person(day: Day, fines: Iterable[Fined]) -> Iterator[_Fine]:
    """Yield those of one person's fines that are still about that party and offence."""
    for one in fines:
        found = _ended(day, one.ref)
        if found is not None:
            party, offence = found[1].payload["party"], _offence(found[1].payload)
            if (party["partyId"], party["uscc"], offence) == (one.party_id, None, one.offence):
                decision = found[1].act.event_id.hex()
                yield _Fine(one.ref, found[0], decision, one.since, one.key)


def _ended(day: Day, ref: Ref) -> tuple[int, StreamAct] | None:
    """Return when a decision's violation ended, and how it reads; None if it does not count."""
    acts = day.stream(ref)
    filed = [it.payload["violationEndDate"] for it in acts if it.event_type == "CaseFiled"]
    current = day.current(ref)
    if not filed or filed[-1] is None or current is None or current.event_type not in _DECISIONS:
        return None  # A correction may bring a fine, whatever it is about.
    return filed[-1], current


def _repeated(
    day: Day, rows: Rows, found: Iterable[_Fine], *, is_by_vault: bool = False
) -> Iterator[DayFinding]:
    fines = [*found]
    for place, one in enumerate(fines):
        earlier = [
            it.ref.event
            for it in fines[:place]
            if it.ended == one.ended and it.ref.stream_id != one.ref.stream_id
        ]
        if not earlier or one.since < day.start:
            continue
        row = rows.open(one.row, dict)
        if one.decision not in row["told"]:
            row["told"] = [*row["told"], one.decision][-FINES_MAX:]
            at = None if one.since == one.ref.received_at else day.cut
            yield DayFinding(
                one.ref.event_id, one.ref, tuple(earlier), at=at, is_by_vault=is_by_vault
            )


def _forget(rows: Rows, before: int) -> None:
    """Forget what nothing is compared with any more."""
    for key, row in rows.items():
        if "refs" in row and Ref(*row["refs"][-1]).received_at < before:
            rows.drop(key)
    fined_persons.forget_before(rows, before)
