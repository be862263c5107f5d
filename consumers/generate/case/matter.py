"""One case while it runs: its people, its papers, its clock.

Read before: ``consumers/generate/case/violations.py``.
Read next: ``consumers/generate/case/penalty_case.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from consumers.generate import vocabulary as words
from consumers.generate.case.changes import CHANGES
from consumers.generate.case.plan import CasePlan
from consumers.generate.commands import Command
from consumers.generate.draws import Draws
from consumers.generate.emitters import emitter_id
from consumers.generate.people import Officer, Party, Staff, draw_party, minor_party
from consumers.generate.simulation import Draft, Secret, Simulation
from consumers.generate.timeline import (
    DESK_OPENS,
    MINUTE_MICROS,
    WorkCalendar,
    chinese_date,
    date_of,
    day_of,
    moment,
)

_PARTIES_PER_SEED = 4_000


class Office:
    """What the cases of one agency share: its people and its document numbers."""

    def __init__(
        self,
        agency: words.Agency,
        staff: Staff,
        supervisors: tuple[Officer, ...],
        superior: words.Agency | None = None,
    ) -> None:
        self.agency = agency
        self.superior = superior
        self.staff = staff
        self.supervisors = supervisors
        self._document_numbers: Counter[tuple[str, int]] = Counter()

    def document_number(self, prefix: str, day: int) -> str:
        """Return the next number of a series: ``长市监处罚〔2026〕123号``, dense in its year."""
        year = date_of(day).year
        self._document_numbers[prefix, year] += 1
        return f"{prefix}〔{year}〕{self._document_numbers[prefix, year]}号"


class Twins:
    """Two cases that break a rule together, by the decision that comes second."""

    def __init__(self, violation_ended: int, *, is_number_shared: bool) -> None:
        self.violation_ended = violation_ended
        """Day on which the violation of both ended."""
        self.is_number_shared = is_number_shared
        self.number: str | None = None
        """Document number of the first decision."""


class Matter:
    """A penalty case; its methods say when things happen and submit what happened."""

    def __init__(
        self,
        simulation: Simulation,
        calendar: WorkCalendar,
        office: Office,
        plan: CasePlan,
        draws: Draws,
        seed: str,
    ) -> None:
        self.simulation = simulation
        self.calendar = calendar
        self.office = office
        self.plan = plan
        self.draws = draws
        self.key = f"case:{draws.uuid()}"
        who = Draws(f"{seed}/party/{draws.below(_PARTIES_PER_SEED)}")
        party = draw_party(who, draws, plan.offence, office.agency)
        self._party = party
        first = draws.between(0, len(office.staff.handlers) // 2 - 1) * 2
        self.handlers = office.staff.handlers[first : first + 2]
        self.evidence: list[tuple[str, str]] = []
        """Identifier and digest of each piece."""
        self.media: list[str] = []
        self.draft_hash = draws.digest()
        self.late_evidence = f"evidence:{self.key.removeprefix('case:')}"
        """Identifier of what a faulty case registers after its decision."""
        self.omitted = 0
        """Acts that a faulty case should have had and has not."""
        self.inspections_left = 0
        """Until one of an enterprise is one too many."""
        self.twins: Twins | None = None
        """What the case has in common with another one that it must not have."""
        self.compiled: dict[str, Any] = {}
        """What the file of the case was compiled as, and its event id."""
        self.auxiliary: Officer | None = None
        """Who enforces in a faulty case and must not."""
        self.lost_at = 0
        """When the credential of that officer lost its force."""
        self.decision_id = b""
        """Event id of the decision."""
        self._to_plant = _plain_to_see(plan)
        self.rectification_id = b""
        """Event id of the order to mend the violation."""
        self.disclosure_id: str | None = None
        """What is published of the decision."""

    @property
    def kind(self) -> str:
        """What goes wrong in this case; empty if nothing does."""
        return "" if self.plan.violation is None else self.plan.violation.kind

    @property
    def party(self) -> Party:
        """The party to the case."""
        return self._party

    def be_of_the_party_of(self, other: Matter) -> None:
        """Let the party be who it is in another case."""
        part, rep = f"p-{self.draws.uuid()}", f"p-{self.draws.uuid()}"
        self._party = other.party._replace(party_id=part, rep_id=rep)

    def make_party_a_minor(self) -> None:
        """Let the party be under eighteen on the day this is called."""
        self._party = minor_party(self._party, self.draws, self.today)

    # -- time ------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Microseconds UTC."""
        return self.simulation.now

    @property
    def today(self) -> int:
        """Local day, days since 1970-01-01."""
        return day_of(self.now)

    def morning(self, workdays: int, within_days: int = 366) -> int:
        """Return a moment of the morning that many working days on.

        With 0 workdays it may lie behind: then half an hour from now.

        Args:
            workdays: How many; fewer if a holiday would carry it past ``within_days``.
            within_days: Calendar days that the law gives.
        """
        day = self.calendar.add(self.today, workdays)
        while day > self.today + within_days:
            day = self.calendar.add(day, -1)
        minute = self.draws.between(9 * 60, 11 * 60)
        return max(moment(day, minute, self.draws.below(60)), self.now + 30 * MINUTE_MICROS)

    def minutes(self, low: int, high: int) -> int:
        """Return a moment that many minutes from now."""
        return self.now + self.draws.between(low * 60, high * 60) * 1_000_000

    def desk(self, minute: int, workdays: int = 0) -> int:
        """Return when the platform's desk turns to it: so many minutes after 17:00.

        Args:
            minute: Where in the desk's round this kind of work is done.
            workdays: How many working days on; the next one if today's turn has passed.
        """
        day = self.calendar.add(self.today, workdays)
        second = self.draws.below(240)
        if moment(day, DESK_OPENS + minute, second) < self.now:
            day = self.calendar.add(day, 1)
        return moment(day, DESK_OPENS + minute, second)

    # -- acts ------------------------------------------------------------------------------------

    def submit(
        self,
        event_type: str,
        payload: dict[str, Any],
        *actors: tuple[Officer, str],
        system: str = "agy",
        aggregate: str | None = None,
        occurred: int | None = None,
        by: words.Agency | None = None,
        stream: str | None = None,
    ) -> bytes:
        """Submit an act of this case and return its event id; empty if a fault keeps it away.

        Args:
            event_type: What happened.
            payload: Its fields, with secrets.
            actors: Who acted, in which role.
            system: Which of the agency's systems sends it.
            aggregate: Part of the case that it is about; the case itself by default.
            occurred: When it happened, a moment ago by default.
            by: On whose behalf, and whose system sends it; the agency of the case by default.
            stream: Another matter beside the case, that it is an act of.
        """
        change = CHANGES.get(self.kind, {}).get(event_type)
        if change is not None and not change(self, payload):
            return b""
        delay = self.draws.between(20, 80) * 1_000_000
        agency, key = by or self.office.agency, stream or self.key
        draft = Draft(
            event_type=event_type,
            payload=payload,
            stream=key,
            aggregate_id=aggregate or key,
            agency_id=agency.credit_code,
            system=system,
            system_code=agency.credit_code,
            actors=tuple(officer.acting(role) for officer, role in actors),
            occurred_at=self.now - delay if occurred is None else occurred,
            recorded_at=max(self.now - delay // 4, occurred or 0),
            case_id=key if key.startswith("case:") else None,
            item_code=self.plan.offence.item_code,
        )
        event_id = self.simulation.submit(draft)
        for rule_id in self._to_plant.pop(event_type, ()):
            self.simulation.plant(rule_id, key, event_id)
        return event_id

    def declare(
        self,
        event_type: str,
        payload: dict[str, Any],
        stream: str,
        system: str,
        by: words.Agency | None = None,
    ) -> bytes:
        """Submit an act outside of this case, a moment ago and by nobody in particular."""
        agency, occurred = by or self.office.agency, self.now - 30_000_000
        code = agency.credit_code
        return self.simulation.submit(
            Draft(event_type, payload, stream, stream, code, system, code, (), occurred, occurred)
        )

    def command(
        self, kind: str, officer: Officer, *, stream: str | None = None, **fields: Any
    ) -> None:
        """Ask the platform for a step in this case, or in another matter beside it."""
        key = stream or self.key
        command = Command(
            kind=kind,
            agency_id=self.office.agency.credit_code,
            officer_id=officer.officer_id,
            credential_no=officer.credential_no,
            case_id=key,
            item_code=self.plan.offence.item_code,
            **fields,
        )
        self.simulation.command(key, command)

    def plant(self, kind: str, event_id: bytes, stream: str | None = None) -> None:
        """Note the fault of this case if it is of that kind: its rule, stream and trigger."""
        violation = self.plan.violation
        if violation is not None and violation.kind == kind:
            self.simulation.plant(violation.rule_id, stream or self.key, event_id)

    def plant_any(self, event_id: bytes) -> None:
        """Note the fault of this case, whichever it is, at an act of it."""
        assert self.plan.violation is not None
        self.simulation.plant(self.plan.violation.rule_id, self.key, event_id)

    def lose_number(self) -> str:
        """Let the agency's case system skip a sequence number; return the stream of its alerts."""
        emitter = emitter_id("agy", self.office.agency.credit_code)
        self.simulation.lose_number(emitter)
        return f"emitter:{emitter}"

    # -- papers ----------------------------------------------------------------------------------

    @property
    def pair(self) -> tuple[tuple[Officer, str], tuple[Officer, str]]:
        """Both handlers as actors."""
        return (self.handlers[0], "HANDLER"), (self.handlers[1], "CO_HANDLER")

    @property
    def colleague(self) -> Officer:
        """An officer of the agency who does not handle the case."""
        return next(it for it in self.office.staff.handlers if it not in self.handlers)

    @property
    def approver(self) -> tuple[Officer, str]:
        """Who approves, as an actor."""
        return self.office.staff.leader, "APPROVER"

    def document(self, doc_type: str, number: str | None = None) -> dict[str, Any]:
        """Return a ``DocRef`` of today."""
        form = words.DOC_FORMS.get(doc_type)
        return {
            "docType": doc_type,
            "docNo": number,
            "docDate": self.today,
            "fileHash": self.draws.digest(),
            "pages": self.draws.between(1, 9),
            "templateId": f"template:hn-{form}:v1" if form else None,
            "sealed": number is not None,
        }

    def secret(self, text: str) -> Secret:
        """Return a text about the case as a whole."""
        return Secret(self.key, text)

    def facts(self) -> Secret:
        """Return the facts as a document of today states them."""
        day, offence = chinese_date(self.today), self.plan.offence.violation
        return self.secret(f"截至{day}查明，当事人{self.party.name}{offence}，证据确凿。")

    def place(self) -> dict[str, Any]:
        """Return where the party is, as a ``Place``."""
        return {
            "regionCode": self.office.agency.region,
            "address": Secret(self.party.subject, self.party.address),
            "lonMicro": None,
            "latMicro": None,
        }

    def penalties(self, fine: int | None = None) -> list[dict[str, Any]]:
        """Return the penalties as ``PenaltyItem``s; ``fine`` in fen, the planned one by default."""
        amount = self.plan.fine if fine is None else fine
        kinds: list[tuple[str, int | None]] = [("FINE", amount) if amount else ("WARNING", None)]
        if self.plan.gains:
            kinds.append(("CONFISCATE_GAINS", self.plan.gains))
        return [
            {"kind": kind, "amountFen": fen, "objectCommitment": None, "durationDays": None}
            for kind, fen in kinds
        ]

    @property
    def notified_fine(self) -> int:
        """Fine that the party is told of before, fen."""
        if not self.plan.violates("heavier_after_statement"):
            return self.plan.fine
        return self.plan.fine // 2_000 * 1_000

    def basis(self) -> list[dict[str, Any]]:
        """Return the legal basis."""
        offence = self.plan.offence
        law, version = words.PENALTY_LAW
        rows = [
            (offence.law, offence.law_day, offence.article, offence.paragraph, offence.item),
            (law, version, "32" if self._is_mitigated else "28", None, None),
        ]
        names = ("law", "versionDate", "article", "paragraph", "item")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def fact_ids(self) -> list[str]:
        """Return what the case rests on; mitigation for minors is a fact too."""
        return ["F1", "F2", *(["mitigation:minor-party"] if self._is_mitigated else [])]

    @property
    def _is_mitigated(self) -> bool:
        return self.plan.is_minor and not self.plan.violates("minor_not_mitigated")


def _plain_to_see(plan: CasePlan) -> dict[str, list[str]]:
    """Return the rules that the first act of a type will break, by that type."""
    held: dict[str, list[str]] = {}
    if plan.violation is not None and plan.violation.is_plain_to_see:
        broken = ((plan.violation.rule_id, plan.violation.trigger), *plan.violation.also)
        for rule_id, event_type in broken:
            held.setdefault(event_type, []).append(rule_id)
    return held
