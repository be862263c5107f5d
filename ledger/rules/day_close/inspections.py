"""V-INS-03: an enterprise that is inspected more often a year than its agency's own list allows.

Read before: ``rule``.

Basis: 国办发〔2024〕54号 (annual caps on routine inspections of one enterprise). The cap of an item
is ``frequencyCapPerYear`` of the agency's published list. Rows: one an agency with its lists, and
one an agency, enterprise, item and year, forgotten at the end of the next January.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.domain.control_records import day_of
from ledger.rules.day_close.dates import date_of
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Row, Rows

VISITS_MAX: Final = 100  # Of one row.
LISTS_MAX: Final = 8  # Of one agency, those that begin last.
_LIST, _VISITS = "list:", "visits:"
_PUBLISHED: Final = "InspectionItemListPublished"


class InspectionFrequency:
    """One finding an agency, enterprise, item and year: subject ``<enterprise>:<item>:<year>``.

    The trigger is the first inspection above the cap that the list of its day has. Routine tasks
    count, once each; one that was approved as special or individual does not. The year is that in
    which the inspection happened; the enterprise has a credit code.
    """

    rule_id = "V-INS-03"
    event_types = frozenset({"InspectionRecordMade", _PUBLISHED})

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in a list, or an inspection of an enterprise by the items that it was about."""
        if act.act.event_type == _PUBLISHED:
            _publish(rows.open(_LIST + act.act.agency_id, list), act)
            return
        code = act.payload["object"]["uscc"]
        if code is None:
            return
        today = day_of(act.act.occurred_at)
        for item in dict.fromkeys(it["itemCode"] for it in act.payload["results"]):
            key = f"{_VISITS}{date_of(today).year}:{act.act.agency_id}:{code}:{item}"
            row = rows.open(key, lambda: {"visits": [], "is_found": 0})
            if len(row["visits"]) < VISITS_MAX:
                row["visits"].append([today, act.ref()])

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Count the inspections of the enterprises that were inspected this day."""
        lists: dict[str, list[_List]] = {}
        for key, row in [*rows.touched()]:
            if key.startswith(_VISITS) and not row["is_found"]:
                _, year, agency_id, code, item = key.split(":")
                if agency_id not in lists:
                    lists[agency_id] = _counted(day, rows.get(_LIST + agency_id))
                most = _cap(lists[agency_id], item, row["visits"][-1][0])
                counted = [] if most is None or len(row["visits"]) <= most else _routine(day, row)
                if most is not None and len(counted) > most:
                    row["is_found"] = 1
                    causes = tuple(ref.event for ref in counted[:most])
                    yield DayFinding(f"{code}:{item}:{year}", counted[most], causes)
        today = date_of(day.number)
        if (today.month, today.day) == (1, 31):
            _forget(rows, today.year)


class _List(NamedTuple):
    """A published list."""

    since: int  # Day.
    caps: Mapping[str, int | None]


def _publish(lists: Row, act: DayAct) -> None:
    lists.append([act.payload["effectiveFrom"], act.ref()])
    lists.sort(key=lambda one: one[0])
    del lists[:-LISTS_MAX]


def _counted(day: Day, lists: Row | None) -> list[_List]:
    """Return the lists that count by the end of the day, as they read then, by their first day."""
    acts = (day.current(Ref(*ref)) for _, ref in lists or ())
    found = [
        _List(
            act.payload["effectiveFrom"],
            {it["itemCode"]: it["frequencyCapPerYear"] for it in act.payload["items"]},
        )
        for act in acts
        if act is not None and act.event_type == _PUBLISHED
    ]
    return sorted(found, key=lambda one: one.since)


def _cap(lists: Sequence[_List], item: str, day: int) -> int | None:
    """Return how often a year an item may be inspected, None where no list in force says it."""
    in_force = [one.caps for one in lists if one.since <= day]
    return in_force[-1].get(item) if in_force else None


def _routine(day: Day, row: Row) -> list[Ref]:
    """Return one counted inspection a routine task, in the order of receipt."""
    found: dict[tuple[str, str], Ref] = {}
    for ref in (Ref(*visit) for _, visit in row["visits"]):
        acts = day.stream(ref)
        kinds = [it.payload["kind"] for it in acts if it.event_type == "InspectionTaskApproved"]
        is_routine = not kinds or kinds[-1] == "ROUTINE"
        if is_routine and any(it.act.event_id == ref.event for it in acts):
            found.setdefault((ref.log, ref.stream_id), ref)
    return list(found.values())


def _forget(rows: Rows, year: int) -> None:
    for key in [key for key, _ in rows.items(_VISITS)]:
        if int(key.split(":")[1]) < year:
            rows.drop(key)
