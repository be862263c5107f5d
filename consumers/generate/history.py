"""A whole simulated history: which cases begin when, and the file that comes of it.

Read before: ``consumers/generate/province.py``. Read next: ``consumers/generate/reading.py``.
Trusts: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import fastavro

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Matter, Office, Twins
from consumers.generate.case.penalty_case import penalty_case
from consumers.generate.case.plan import CasePlan, draw_plan
from consumers.generate.case.violations import VIOLATIONS, Violation
from consumers.generate.draws import Draws
from consumers.generate.lists import Register
from consumers.generate.organisation import report_statistics, supervise_organisations
from consumers.generate.people import staff_of
from consumers.generate.province import (
    NEWCOMERS,
    declare_staff,
    newcomer,
    register_newcomer,
    register_province,
)
from consumers.generate.records import RECORD_SCHEMA, SimulatedRecord
from consumers.generate.simulation import Process, Simulation
from consumers.generate.timeline import (
    DAY_MICROS,
    MINUTE_MICROS,
    WorkCalendar,
    date_of,
    day_number,
    day_of,
    moment,
)
from schemas.loader import calendar_texts, rule_set_text

_SPAN_DAYS: Final = 180
"""Cases end within so many days before the end of the history."""
_SETUP_DAYS: Final = 30
"""The province is registered so long before its first case."""
_RUNNING_EVERY: Final = 7
"""One case in so many is still running when the history ends."""
_AGENCIES_MIN: Final = 2
_TWIN_NUMBERS: Final = 500_000
"""Second cases are numbered from here on."""


def generate(
    cases: int, seed: str | int, until_micros: int, violation_rate: float, out_path: Path
) -> dict[str, int]:
    """Write a history of ``cases`` penalty cases to ``out_path``, and its truth file beside it.

    The same arguments give the same bytes. The truth file has the name of ``out_path`` with
    ``.truth.json`` for its suffix.

    Args:
        cases: How many, at least 1; one in seven is still running at the end.
        seed: Any text or number.
        until_micros: No record is later; microseconds UTC.
        violation_rate: Share of cases with a planted violation, 0 to 1. The kinds take turns.
        out_path: ``FILE.avro``; overwritten.

    Returns:
        How many ``acts``, ``commands`` and ``violations`` were written, and ``from_micros``, the
        moment of the first record: a simulated clock starts then or before.

    Raises:
        ValueError: A number is out of its bounds.
        OSError: A file cannot be written.
    """
    if cases < 1 or not 0 <= violation_rate <= 1:
        raise ValueError("at least one case, and a rate of violations from 0 to 1")
    simulation = Simulation(str(seed), until_micros)
    first = _populate(simulation, cases, str(seed), Fraction(violation_rate))
    counts = {"acts": 0, "commands": 0}
    with _appearing_whole(out_path) as stream:
        marker = Draws(f"{seed}/marker").bytes(16)
        rows = _rows(simulation.records(), counts)
        fastavro.writer(stream, RECORD_SCHEMA, rows, codec="null", sync_marker=marker)
    truth = {"violations": [planted._asdict() for planted in simulation.planted]}
    text = json.dumps(truth, ensure_ascii=False, indent=1) + "\n"
    with _appearing_whole(out_path.with_suffix(".truth.json")) as stream:
        stream.write(text.encode())
    return counts | {"violations": len(simulation.planted), "from_micros": first}


@contextmanager
def _appearing_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that has its name only when it is whole; one that was cut off reads cleanly."""
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("wb") as stream:
            yield stream
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _populate(simulation: Simulation, cases: int, seed: str, rate: Fraction) -> int:
    """Spawn the province and all its cases; return the moment of the first record."""
    calendar = WorkCalendar(calendar_texts())
    supervisors = staff_of(words.SUPERVISOR, 0).handlers[:2]
    agencies = min(len(words.AGENCIES), max(_AGENCIES_MIN, cases // 3))
    offices = [
        Office(agency, staff_of(agency, number), supervisors)
        for number, agency in enumerate(words.AGENCIES[:agencies], start=1)
    ]
    setting = _Setting(simulation, calendar, offices, seed, cases, rate, _hearing_thresholds())
    begins = []
    for number in range(cases):
        _, plan, draws = setting.plan(number)
        begins.append(_begin(draws, plan, cases, calendar, simulation.until))
        simulation.spawn(_case(setting, number), begins[-1])
    first = moment(day_of(min(begins)) - _SETUP_DAYS, 8 * 60)
    register = Register(simulation, Draws(f"{seed}/province"))
    simulation.spawn(register_province(register, offices), first)
    after_setup = first + (agencies + 2) * 60_000_000
    simulation.spawn(declare_staff(register, offices, calendar), after_setup)
    simulation.spawn(supervise_organisations(register, offices, calendar), after_setup)
    reports = Register(simulation, Draws(f"{seed}/statistics"))
    simulation.spawn(report_statistics(reports, offices, calendar), after_setup)
    department = Office(words.SUPERVISOR, offices[0].staff, supervisors)
    simulation.spawn(report_statistics(reports, [department], calendar), after_setup)
    return first


class _Setting(NamedTuple):
    """What all cases of a history share."""

    simulation: Simulation
    calendar: WorkCalendar
    offices: list[Office]
    seed: str
    cases: int
    rate: Fraction
    thresholds: tuple[int, int]

    def plan(self, number: int) -> tuple[Office, CasePlan, Draws]:
        """Draw a case; the draws go on where the plan ended."""
        draws = Draws(f"{self.seed}/case/{number}")
        violation = _violation(number, self.rate)
        plan = draw_plan(draws, number, len(self.offices), self.thresholds, violation)
        return self.offices[plan.agency], plan, draws


def _case(setting: _Setting, number: int) -> Process:
    """Draw a case again when its time has come, so that waiting cases cost next to nothing."""
    office, plan, draws = setting.plan(number)
    if plan.violation is not None and plan.violation.kind in NEWCOMERS:
        office = newcomer(office, number)
        register = Register(setting.simulation, Draws(f"{setting.seed}/newcomer/{number}"))
        register_newcomer(register, office, plan.violation)
        declaring = declare_staff(register, [office], setting.calendar)
        setting.simulation.spawn(declaring, setting.simulation.now)
        if plan.violation.kind != "no_annual_report":
            reporting = report_statistics(register, [office], setting.calendar)
            setting.simulation.spawn(reporting, setting.simulation.now)
        yield setting.simulation.now + 30 * MINUTE_MICROS
    matter = Matter(setting.simulation, setting.calendar, office, plan, draws, setting.seed)
    if matter.kind in ("fined_twice", "person_fined_twice", "number_given_twice"):
        _spawn_twin(setting, matter)
    yield from penalty_case(matter)


def _spawn_twin(setting: _Setting, matter: Matter) -> None:
    """Have a second case begin that has in common with one what it must not have."""
    is_number_shared = matter.kind == "number_given_twice"
    plan = matter.plan._replace(number=matter.plan.number + _TWIN_NUMBERS)
    draws = Draws(f"{setting.seed}/twin/{matter.plan.number}")
    office, calendar = matter.office, setting.calendar
    if matter.kind == "person_fined_twice":
        others = [it for it in plan.offence.agencies if it < len(setting.offices)]
        office = setting.offices[next(it for it in others if it != plan.agency)]
    twin = Matter(setting.simulation, calendar, office, plan, draws, setting.seed)
    if not is_number_shared:
        twin.be_of_the_party_of(matter)
    twin.twins = matter.twins = Twins(matter.today - 5, is_number_shared=is_number_shared)
    setting.simulation.spawn(penalty_case(twin), matter.now)


def _hearing_thresholds() -> tuple[int, int]:
    """Return the fines from which a hearing is due, fen: natural persons, organisations."""
    numbers = json.loads(rule_set_text())["numbers"]
    natural: int = numbers["hearing_fine_fen_natural_min"]
    organisation: int = numbers["hearing_fine_fen_organisation_min"]
    return natural, organisation


def _violation(number: int, rate: Fraction) -> Violation | None:
    """Return what is planted in a case: an even share of them, the kinds in turn."""
    planted_before = int(number * rate)
    if int((number + 1) * rate) == planted_before:
        return None
    return VIOLATIONS[planted_before % len(VIOLATIONS)]


def _begin(draws: Draws, plan: CasePlan, cases: int, calendar: WorkCalendar, until: int) -> int:
    """Return when a case begins: it ends within the last half year, or history cuts it off."""
    last_day = day_of(until) - 1
    if plan.violates("no_annual_report"):
        return moment(_before_new_year(until, calendar), draws.between(9 * 60, 11 * 60))
    is_running = plan.number % _RUNNING_EVERY == _RUNNING_EVERY - 1 and not plan.violation
    if is_running:
        day = calendar.add(last_day, -draws.between(2, plan.workdays() // 2))
    else:
        back = _SPAN_DAYS * (cases - 1 - plan.number) // cases
        day = calendar.add(calendar.add(last_day - back, 0), -plan.workdays())
    begin = moment(day, draws.between(9 * 60, 11 * 60), draws.below(60))
    assert begin < until - DAY_MICROS
    return begin


def _before_new_year(until: int, calendar: WorkCalendar) -> int:
    """Return a working day of December before the last 31 January that the history has."""
    last = date_of(day_of(until))
    year = last.year - (last.month == 1)
    return calendar.add(day_number(f"{year - 1}-12-10"), 0)


def _rows(records: Iterator[SimulatedRecord], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    for record in records:
        counts["commands" if record.command else "acts"] += 1
        yield {
            "simTime": record.sim_time,
            "emitterId": record.emitter_id,
            "key": record.key,
            "act": record.act,
            "openings": [
                {
                    "path": opening.path,
                    "subjectId": opening.subject_id,
                    "salt": opening.salt,
                    "value": opening.value,
                }
                for opening in record.openings
            ],
            "command": record.command.to_record() if record.command else None,
        }
