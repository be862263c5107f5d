"""V-ORG-01: the annual statistics of enforcement that an agency has not made public and submitted.

Read before: ``dates``.

Basis: 任务分解表 4.3. The day until when is that of D-ORG-01 in the rule set. Rows: one an
agency, with the reports of the newest ``YEARS_MAX`` years that have begun, and one a report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.rules.day_close.dates import date_of
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows, about_agency

YEARS_MAX: Final = 8
_DEADLINE: Final = "D-ORG-01"
_REPORT: Final = "report "  # No identifier has a space.
_POWERS: Final = frozenset({"EnforcementItemRegistered", "PowerListPublished"})
_PARTS: Final = frozenset({"StatisticsReportPublished", "StatisticsReportSubmitted"})


class AnnualReports:
    """One finding an agency and year: subject ``agency:<code>:<year>``, since the day's end.

    The trigger is the agency's registration, on which the duty rests: for the year of it at first.
    Judged by what was received by the end of the day; a report later on undoes nothing. An agency
    of which no enforcement item and no power list is on record has nothing to report.
    """

    rule_id = "V-ORG-01"
    event_types = (
        _PARTS | _POWERS | {"AgencyRegistered", "AgencyQualificationRevoked", "EventAnnulled"}
    )

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in a registration, a report, or what ends or annuls one."""
        kind = act.act.event_type
        if kind == "AgencyRegistered":
            _register(act, rows)
        elif kind == "AgencyQualificationRevoked":
            rows.drop(about_agency(act))
        elif kind == "EventAnnulled":
            _annul([act.payload["targetEventId"].hex(), act.entry.stream_id], rows)
        elif rows.get(act.act.agency_id) is None:
            return
        elif kind in _POWERS:
            rows.open(act.act.agency_id, dict)["enforces"] = 1
        else:
            _report(act, rows)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge the year before, on the day that the rule set says."""
        deadlines = day.rules.deadlines
        row = None if deadlines is None else deadlines.rules.get(_DEADLINE)
        today = date_of(day.number)
        if row is None or row.month_day != (today.month, today.day):
            return
        year = today.year - 1
        for agency_id, held in rows.items():
            if agency_id.startswith(_REPORT):
                continue
            is_due = held["enforces"] and held["since"] <= year
            if is_due and set(held["done"].get(str(year), ())) != _PARTS:
                stream = f"agency:{agency_id}"
                trigger = Ref(*held["registered"])
                subject = f"{stream}:{year}"
                yield DayFinding(
                    subject, trigger, stream_id=stream, agency_id=agency_id, at=day.cut
                )


def _register(act: DayAct, rows: Rows) -> None:
    agency_id = act.payload["uscc"]
    if rows.get(agency_id) is None:
        at = max(act.act.occurred_at, act.entry.received_at)
        since = date_of(day_of(at)).year
        rows.put(agency_id, {"registered": act.ref(), "since": since, "enforces": 0, "done": {}})


def _report(act: DayAct, rows: Rows) -> None:
    """Note a report; of a year that has not begun there is none, whatever an act claims."""
    agency_id, year = act.act.agency_id, act.payload["year"]
    newest = date_of(day_of(act.entry.received_at)).year
    if not newest - YEARS_MAX < year <= newest:
        return
    done: dict[str, dict[str, list[str]]] = rows.open(agency_id, dict)["done"]
    for old in [one for one in done if int(one) <= newest - YEARS_MAX]:
        for event_id, _ in done.pop(old).values():
            rows.drop(_REPORT + event_id)
    parts = done.setdefault(str(year), {})
    if act.act.event_type in parts:
        rows.drop(_REPORT + parts[act.act.event_type][0])
    parts[act.act.event_type] = [act.act.event_id.hex(), act.entry.stream_id]
    rows.put(_REPORT + act.act.event_id.hex(), agency_id)


def _annul(target: list[str], rows: Rows) -> None:
    """Forget a report by its event id and stream: only there is it annulled."""
    agency_id = rows.get(_REPORT + target[0])
    held = None if agency_id is None else rows.get(agency_id)
    if agency_id is None or held is None:
        return
    if all(target not in parts.values() for parts in held["done"].values()):
        return
    rows.drop(_REPORT + target[0])
    done: dict[str, Any] = rows.open(agency_id, dict)["done"]
    for parts in done.values():
        for kind in [kind for kind, known in parts.items() if known == target]:
            del parts[kind]
