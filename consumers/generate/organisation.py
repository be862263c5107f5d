"""What organisations declare beside their cases: contents, rules, training, equipment, tasks.

Read before: ``consumers/generate/lists.py``. Read next: ``consumers/generate/province.py``.
Trusts: nothing. Every second agency has a gap or two, as agencies do; nothing is done late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Office
from consumers.generate.lists import Register
from consumers.generate.people import Officer
from consumers.generate.simulation import Process
from consumers.generate.timeline import DESK_OPENS, WorkCalendar, date_of, day_of, moment

_DOCUMENTS: Final = (
    ("STANDARD", "装备配备标准"),
    ("EQUIPMENT_PLAN", "装备配备规划"),
    ("FACILITY_PLAN", "设施建设规划"),
    ("ANNUAL_PLAN", "年度实施计划"),
)
_RULES: Final = (("SUPPORTING_RULE", "行政执法公示办法"), ("MECHANISM", "案卷评查办法"))
_TASKS: Final = (  # Item, lead, working days for it; None: beyond the end of the history.
    ("1.1", "省司法厅", 30),
    ("2.3", "省政务局", 30),
    ("11.2", "省司法厅", 60),
    ("14.1", "省司法厅", 60),
    ("17.1", "省发展改革委", None),
)
_LEVELS: Final = ("PROVINCE", "CITY", "COUNTY")
_PRE_POST_HOURS, _IN_POST_HOURS = 40, 16
PRE_POST_DAYS: Final = 60
"""The training before the office was so many days before the registration."""
_OPEN_DAYS: Final = 40
_REPORTED: Final = (1, 15)  # Month and day from which on the annual statistics are made public.


def declare_organisation(register: Register, office: Office) -> None:
    """Submit what an agency declares about itself when it is registered."""
    place = words.AGENCIES.index(office.agency)
    _publish_contents(register, office.agency, with_guide=place % 2 == 1)
    _adopt(register, office.agency, _DOCUMENTS[: 4 - place % 2])
    _train(register, office)


def _publish_contents(register: Register, agency: words.Agency, *, with_guide: bool) -> None:
    """Where to complain, what is inspected, how it is done: ex-ante disclosure."""
    code, today = agency.credit_code, register.today
    changed = [{"field": "REMEDY_BODY", "value": f"{agency.city}人民政府行政复议机构"}]
    payload: dict[str, Any] = {"changed": changed, "effectiveFrom": today}
    register.submit("AgencyProfileChanged", f"agency:{code}", payload, "agy", agency)
    place = words.AGENCIES.index(agency)
    items = [
        {
            "itemCode": offence.item_code,
            "object": offence.trade or "个人",
            "ratioPerMille": 50,
            "frequencyCapPerYear": 2,
        }
        for offence in words.OFFENCES
        if place in offence.agencies
    ]
    payload = {"listVersion": "1", "items": items, "effectiveFrom": today}
    stream = f"list:{code}:inspection"
    register.submit("InspectionItemListPublished", stream, payload, "ins", agency)
    payload = {
        "actKind": "PENALTY",
        "doc": register.document("行政处罚流程图"),
        "effectiveFrom": today,
    }
    register.submit("FlowchartPublished", f"list:{code}:flowchart", payload, "agy", agency)
    if with_guide:
        payload = {
            "itemCode": items[0]["itemCode"],
            "doc": register.document("服务指南"),
            "effectiveFrom": today,
        }
        stream = f"item:{code}:{payload['itemCode']}"
        register.submit("ServiceGuidePublished", stream, payload, "lic", agency)


def _adopt(register: Register, agency: words.Agency, documents: Sequence[tuple[str, str]]) -> None:
    """Rules, equipment documents, money, a meeting, and how it was assessed."""
    stream, today = f"org:{agency.credit_code}", register.today
    year = date_of(today).year
    for number, (kind, _) in enumerate(_RULES, start=1):
        payload: dict[str, Any] = {
            "kind": kind,
            "docNo": f"{agency.short}发〔{year}〕{number}号",
            "fileHash": register.draws.digest(),
            "inForceFrom": today,
        }
        register.submit("PolicyDocumentAdopted", stream, payload, "agy", agency)
    for kind, name in documents:
        payload = {"kind": kind, "doc": register.document(name)}
        register.submit("EquipmentStandardAdopted", stream, payload, "agy", agency)
    amount = register.draws.between(20, 90) * 1_000_000
    payload = {"year": year, "amountFen": amount, "doc": register.document("经费安排")}
    register.submit("FundingPlanAdopted", stream, payload, "agy", agency)
    for event_type, name in (
        ("CoordinationMeetingHeld", "协调会纪要"),
        ("AssessmentResultRecorded", "法治政府建设考评"),
    ):
        payload = {"doc": register.document(name), "date": today - 1}
        register.submit(event_type, stream, payload, "agy", agency)


def _train(register: Register, office: Office) -> None:
    """The list of the training before the office, and one in it that the handlers completed."""
    agency, today, everybody = office.agency, register.today, office.staff.everybody()
    _hold(register, agency, "PRE_POST", today - PRE_POST_DAYS, _PRE_POST_HOURS, everybody)
    handlers = list(office.staff.handlers)
    _hold(register, agency, "LAW_UPDATE", today - 7, _IN_POST_HOURS, handlers)
    for officer in handlers:
        payload = {"kind": "IN_POST", "hours": _IN_POST_HOURS, "completedOn": today - 7}
        stream = officer.officer_id
        register.submit("OfficerTrainingCompleted", stream, payload, "hrs", words.SUPERVISOR)


def _hold(
    register: Register,
    agency: words.Agency,
    topic: str,
    day: int,
    hours: int,
    officers: Sequence[Officer],
) -> None:
    payload = {
        "topic": topic,
        "date": day,
        "hours": hours,
        "attendees": [officer.officer_id for officer in officers],
        "evidence": None,
    }
    register.submit("TrainingHeld", f"org:{agency.credit_code}", payload, "agy", agency)


def supervise_organisations(
    register: Register, offices: Sequence[Office], calendar: WorkCalendar
) -> Process:
    """Share out reform tasks and see them done in time; give opinions, and have one answered."""
    start, last = register.today, day_of(register.simulation.until)
    open_until = last + _OPEN_DAYS
    for item, lead, days in _TASKS:
        due = open_until if days is None else calendar.add(start, days)
        for level in _LEVELS:
            _plan_task(register, item, level, lead, due)
    agency = offices[-1].agency
    opinion = _give_opinion(register, agency, calendar.add(start, 20))
    yield moment(calendar.add(start, 10), DESK_OPENS)
    payload = {"opinionEventId": opinion, "doc": register.document("整改报告")}
    _about_opinion(register, "RectificationReported", agency, payload, "agy", agency)
    for days in sorted({days for _, _, days in _TASKS if days is not None}):
        yield moment(calendar.add(start, days - 5), DESK_OPENS)
        for item in [item for item, _, wanted in _TASKS if wanted == days]:
            _complete_tasks(register, item)
    yield from _last_opinion(register, offices[0].agency, calendar, last)


def report_statistics(
    register: Register, offices: Sequence[Office], calendar: WorkCalendar
) -> Process:
    """Make the statistics of each year public and submit them, in the January after it."""
    year = date_of(register.today).year
    while True:
        month, day = _REPORTED
        begin = date_of(0).replace(year=year + 1, month=month, day=day)
        yield moment(calendar.add(begin.toordinal() - date_of(0).toordinal(), 2), DESK_OPENS)
        for office in offices:
            _report(register, office.agency, year)
        year += 1


def _report(register: Register, agency: words.Agency, year: int) -> None:
    code = agency.credit_code
    stream, tables = f"stat:{code}:{year}", register.draws.digest()
    at = register.simulation.now - 60_000_000
    url = f"https://xzzf.example/{code.lower()}/statistics/{year}"
    published = {"year": year, "tablesHash": tables, "url": url, "publishedAt": at}
    register.submit("StatisticsReportPublished", stream, published, "agy", agency)
    to = [words.SUPERVISOR.credit_code]
    submitted = {"year": year, "tablesHash": tables, "to": to, "submittedAt": at}
    register.submit("StatisticsReportSubmitted", stream, submitted, "agy", agency)


def _last_opinion(
    register: Register, agency: words.Agency, calendar: WorkCalendar, last: int
) -> Iterator[int]:
    """One whose time is not over when the history ends."""
    day = calendar.add(last, -3)
    if day > register.today:
        yield moment(day, DESK_OPENS)
        _give_opinion(register, agency, last + _OPEN_DAYS)


def _plan_task(register: Register, item: str, level: str, lead: str, due: int) -> None:
    payload = {"seedItem": item, "level": level, "due": due, "lead": [lead]}
    stream = f"org:{words.SUPERVISOR.credit_code}"
    register.submit("ReformTaskPlanned", stream, payload, "sup", words.SUPERVISOR)


def _complete_tasks(register: Register, item: str) -> None:
    stream = f"org:{words.SUPERVISOR.credit_code}"
    for level in _LEVELS:
        payload = {
            "seedItem": item,
            "level": level,
            "doc": register.document("任务完成证明"),
            "at": register.today,
        }
        register.submit("ReformTaskCompleted", stream, payload, "sup", words.SUPERVISOR)


def _give_opinion(register: Register, agency: words.Agency, due: int) -> bytes:
    payload = {
        "doc": register.document("行政执法监督意见书"),
        "toAgency": agency.credit_code,
        "due": due,
    }
    return _about_opinion(
        register, "SupervisionOpinionIssued", agency, payload, "sup", words.SUPERVISOR
    )


def _about_opinion(
    register: Register,
    event_type: str,
    agency: words.Agency,
    payload: dict[str, Any],
    system: str,
    by: words.Agency,
) -> bytes:
    """Submit an act about an opinion, in the stream of the agency that it is about."""
    stream = f"agency:{agency.credit_code}"
    aggregate = f"supervision:{agency.credit_code}"
    return register.submit(event_type, stream, payload, system, by, aggregate)
