"""V-PROC-15 for natural persons: who was fined, and whom the vault knows under another name.

Read before: ``repeated_fine``. Statute: 行政处罚法 art. 29.

No act says who a natural person is: a party has a name of its own in each matter, and its number is
sealed. So what is remembered is which party of which matter was decided about, and at the end of a
day the vault's index is asked for the parties of that day. A decision counts from the entry on with
which its own openings came, its own or a later ``OpeningsCompleted``: before, the index does not
have its number, and whoever closes the day again later must find the same. Where a matter's
``VaultKeyDestroyed`` names the party, what came before it is forgotten.

Rows: ``person:``, one a party of a matter; ``sealed:``, one a decision whose openings have not
come; both forgotten after ``KEPT_DAYS``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from ledger.domain.amendments import CORRECTED
from ledger.rules.day_close.rule import Day, DayAct, Person, Ref, Row, Rows, key_of

OPENED: Final = "OpeningsCompleted"
DESTROYED: Final = "VaultKeyDestroyed"
# Since it is published, alerts can say that the index told persons apart; before, none is raised.
_SAYS_SO: Final = ("SupervisionAlertRaised", 2)
_PERSON, _SEALED = "person:", "sealed:"
ACTS_MAX: Final = 50  # Of one party and one person; of a row the first, of a person the newest.


class Fined(NamedTuple):
    """A decision about a natural person, or a correction of one, as a row has it."""

    offence: str  # Key of the type of violation; empty: no fine.
    since: int  # When the act came with which its number was known.
    ref: Ref
    party_id: str
    key: str  # Of the row.

    @property
    def order(self) -> tuple[int, str, int]:
        """Its place among the decisions about one person."""
        return (self.since, self.ref.log, self.ref.leaf_index)


def note(act: DayAct, party: Any, offence: str, rows: Rows) -> None:
    """Take in a decision about a natural person, or a correction of one.

    Args:
        act: The decision or correction.
        party: Its ``PartyRef``.
        offence: Key of the type of violation; empty if it is no fine.
        rows: The rule's.
    """
    if _SAYS_SO not in act.control.schemas or party["idValueCommitment"] is None:
        return
    noted = [offence, act.entry.received_at, *act.ref()]
    if act.act.event_type == CORRECTED:
        target = f"{_SEALED}{act.payload['targetEventId'].hex()}"
        if rows.get(target) is not None:
            _add(rows.open(target, dict), noted)
            return
        if rows.get(_key(act, party["partyId"])) is None:
            return  # What it corrects is of another party.
    elif not act.entry.opened:
        rows.put(f"{_SEALED}{act.act.event_id.hex()}", _row(party["partyId"], [noted]))
        return
    _add(_open(act, party["partyId"], rows), noted)


def complete(act: DayAct, rows: Rows) -> None:
    """Take in that the openings of a decision came after it."""
    key = f"{_SEALED}{act.payload['eventId'].hex()}"
    sealed = rows.get(key)
    if sealed is not None:
        rows.drop(key)
        row = _open(act, sealed["party"], rows)
        for offence, _, *ref in sealed["acts"]:
            _add(row, [offence, act.entry.received_at, *ref])


def forget_destroyed(act: DayAct, rows: Rows) -> None:
    """Forget the parties whose keys are destroyed: they are nobody's namesake any more."""
    for party_id in act.payload["subjects"]:
        if rows.get(key := _key(act, party_id)) is not None:
            rows.drop(key)


def forget_before(rows: Rows, before: int) -> None:
    """Forget what came before an instant."""
    for start in (_PERSON, _SEALED):
        for key, row in rows.items(start):
            if row["acts"][-1][1] < before:
                rows.drop(key)


def fined_persons(day: Day, rows: Rows) -> Iterator[list[Fined]]:
    """Yield the fines of each person about whom a decision became known on the day, by offence.

    Raises:
        UnavailableError: The vault's index cannot be read.
    """
    parties = [
        Person(ref.log, ref.stream_id, row["party"])
        for key, row in rows.touched()
        if key.startswith(_PERSON)
        for ref in [Ref(*row["acts"][-1][2:])]
    ]
    if parties:
        for same in day.same_persons(parties):
            yield from _by_offence(same, rows)


def _by_offence(same: Iterable[Person], rows: Rows) -> Iterator[list[Fined]]:
    held: dict[str, list[Fined]] = defaultdict(list)
    for person in same:
        key = _key_of(person)
        row = rows.get(key)
        for offence, since, *ref in () if row is None else row["acts"]:
            held[offence].append(Fined(offence, since, Ref(*ref), person.party_id, key))
    for offence in sorted(held.keys() - {""}):
        yield sorted(held[offence], key=lambda one: one.order)[-ACTS_MAX:]


def _open(act: DayAct, party_id: str, rows: Rows) -> Row:
    row: Row = rows.open(_key(act, party_id), lambda: _row(party_id, []))
    return row


def _row(party_id: str, acts: list[Any]) -> Row:
    return {"party": party_id, "acts": acts, "told": []}


def _add(row: Row, noted: list[Any]) -> None:
    row["acts"].append(noted)
    del row["acts"][ACTS_MAX:]


def _key(act: DayAct, party_id: str) -> str:
    return _key_of(Person(act.log, act.entry.stream_id, party_id))


def _key_of(person: Person) -> str:
    return _PERSON + key_of("\n".join(person))
