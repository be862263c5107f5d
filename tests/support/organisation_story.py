"""What two agencies declared over some months, told to a ledger copy; times are days of the story."""

from __future__ import annotations

from typing import Any, NamedTuple

from ledger.chain.act import Actor
from ledger.chain.ids import uuid7, uuid_bytes, uuid_text
from projections.organisation.projection import DAY_MICROS, day_begins
from projections.organisation.view import Moment
from tests.support.correcting import correction
from tests.support.ledger_copy import (
    AGENCY,
    OTHER_AGENCY,
    SECOND,
    LedgerCopy,
    digest,
    sample,
)

FIRST_DAY = 20_454  # 2026-01-01.
OPERATOR = "11430000FCT000110X"  # The justice department, which keeps the register.
NOON = DAY_MICROS // 2
URL = "https://xzzf.example/power-list"
A1, A2, A3 = "officer:1", "officer:2", "officer:3"


def on(day: int) -> int:
    """Return noon of a day of the story, which begins with day 0."""
    return day_begins(FIRST_DAY + day) + NOON


def moment(day: int, known: int | None = None) -> Moment:
    """Return the end of a day of the story, as the ledger knew it then or at another day's end."""
    ends = [day_begins(FIRST_DAY + one + 1) - 1 for one in (day, day if known is None else known)]
    return Moment(*ends)


def paper(doc_no: str, day: int) -> dict[str, Any]:
    """Return a document of a day of the story."""
    return {
        "docType": "文件",
        "docNo": doc_no,
        "docDate": FIRST_DAY + day,
        "fileHash": digest(doc_no),
        "pages": 1,
    }


class ToldAct(NamedTuple):
    """One act: when it is received, its type, its payload, and fields of its envelope."""

    at: int
    event_type: str
    payload: dict[str, Any]
    envelope: dict[str, Any]


class OrganisationStory:
    """Acts in any order of telling; ``told`` puts them into a ledger as they are received."""

    def __init__(self) -> None:
        self.acts: list[ToldAct] = []
        for agency, name in ((AGENCY, "甲局"), (OTHER_AGENCY, "乙局")):
            registered = {"uscc": agency, "name": name, "level": "COUNTY", "regionCode": "430100"}
            self.of(
                agency, 0, "AgencyRegistered", by=OPERATOR, stream=f"agency:{agency}", **registered
            )

    def of(
        self,
        agency: str,
        day: int,
        event_type: str,
        *,
        by: str | None = None,
        stream: str | None = None,
        log: str = "control",
        received: int | None = None,
        person: str = A1,
        **payload: Any,
    ) -> str:
        """Have an agency act on a day, received on the same or a later one; return the event id."""
        at = on(day if received is None else received) + len(self.acts) * SECOND
        event_id = uuid7(at // 1_000, len(self.acts).to_bytes(10, "big"))
        envelope = {
            "stream": stream or f"org:{agency}",
            "log": log,
            "aggregate_type": "Organisation",
            "occurred_at": on(day),
            "agency_id": by or agency,
            "event_id": event_id,
            "actors": (Actor(person, None, "HANDLER"),),
        }
        self.acts.append(ToldAct(at, event_type, sample(event_type, **payload), envelope))
        return uuid_text(event_id)

    def officer(self, agency: str, day: int, officer_id: str, name: str) -> None:
        """Register an officer with a credential of a year."""
        registered = {"name": name, "agencyId": agency, "category": "ENFORCEMENT"}
        self.of(agency, day, "OfficerRegistered", by=OPERATOR, stream=officer_id, **registered)
        credential = {
            "credentialNo": officer_id.rpartition(":")[2],
            "regionCode": "430100",
            "validFrom": FIRST_DAY + day,
            "validTo": FIRST_DAY + day + 364,
        }
        self.of(agency, day, "CredentialIssued", by=OPERATOR, stream=officer_id, **credential)

    def as_received(self) -> list[ToldAct]:
        """Return the acts in the order in which they are received."""
        return sorted(self.acts, key=lambda act: act.at)

    def told(self) -> LedgerCopy:
        """Return the ledger in which all of it was received."""
        types = {act.event_type for act in self.acts}
        ledger = LedgerCopy(1, schemas=types, start=day_begins(FIRST_DAY))
        for act in self.as_received():
            ledger.now = act.at - SECOND
            ledger.add(act.event_type, act.payload, **act.envelope)
        return ledger


class TwoAgencies(OrganisationStory):
    """The first agency does most of it; the other hardly anything."""

    def __init__(self) -> None:
        super().__init__()
        self._contents()
        self._duties()
        self._people()
        self._due()
        self._corrected()

    def _contents(self) -> None:
        own = f"agency:{AGENCY}"
        confirmed = {"scope": ["PENALTY"], "noticeDoc": paper("公告1", 1)}
        self.of(
            AGENCY, 1, "AgencyQualificationConfirmed", by=OPERATOR, stream=own,
            validFrom=FIRST_DAY + 2, **confirmed,
        )  # fmt: skip
        self.of(AGENCY, 3, "PowerListPublished", stream="list:power", listVersion="1", url=URL)
        self.of(AGENCY, 40, "PowerListPublished", stream="list:power", listVersion="2", url=URL)
        basis = [{"law": "某法", "versionDate": 0, "article": "1", "paragraph": None, "item": None}]
        item = {"itemCode": "ITEM-1", "name": "事项一"}
        self.item = self.of(
            AGENCY, 4, "EnforcementItemRegistered", stream="item:1", basis=basis, **item
        )
        self.bare = self.of(
            AGENCY, 10, "EnforcementItemRegistered", stream="item:2", itemCode="ITEM-2"
        )
        self.of(
            AGENCY, 20, "EnforcementItemRetired", stream="item:2", itemCode="ITEM-2",
            effectiveFrom=FIRST_DAY + 20,
        )  # fmt: skip
        self.of(
            AGENCY, 5, "AgencyProfileChanged", stream=own,
            changed=[{"field": "REMEDY_BODY", "value": "市政府"}], effectiveFrom=FIRST_DAY + 5,
        )  # fmt: skip
        self.of(
            AGENCY, 6, "AgencyProfileChanged", stream=own,
            changed=[{"field": "PHONE", "value": "1"}], effectiveFrom=FIRST_DAY + 6,
        )  # fmt: skip
        self.of(
            OTHER_AGENCY, 7, "DelegationGranted", stream=f"agency:{OTHER_AGENCY}",
            delegateId=AGENCY, powers=["检查"], letterDoc=paper("委托书", 7), validFrom=FIRST_DAY + 7, validTo=FIRST_DAY + 9,
        )  # fmt: skip
        self.of(
            AGENCY, 50, "AgencyQualificationRevoked", by=OPERATOR, stream=own,
            effectiveAt=moment(49).at + 1,
        )  # fmt: skip

    def _duties(self) -> None:
        own = f"agency:{AGENCY}"
        first = {"role": "FIRST_RESPONSIBLE", "system": "OVERALL", "stream": own}
        for day, officer in ((2, A1), (30, A2)):
            self.of(
                AGENCY, day, "ResponsibilityAssigned", officerId=officer, since=FIRST_DAY + day,
                **first,
            )  # fmt: skip
        self.of(AGENCY, 10, "CoordinationMeetingHeld", doc=paper("纪要1", 10), date=FIRST_DAY + 10)
        self.of(AGENCY, 12, "CoordinationMeetingHeld", doc=paper("纪要2", 12), date=FIRST_DAY + 12)
        staff = {"officersTotal": 37, "asOf": FIRST_DAY + 14, "stream": own}
        self.of(AGENCY, 15, "StaffingDeclared", reviewers=1, **staff)
        self.of(AGENCY, 25, "StaffingDeclared", reviewers=2, **staff)
        rule = {"docNo": "甲局〔2026〕1号", "inForceFrom": FIRST_DAY + 20}
        self.of(AGENCY, 5, "PolicyDocumentAdopted", fileHash=digest("一"), **rule)
        self.wrong = self.of(
            AGENCY,
            6,
            "PolicyDocumentAdopted",
            docNo="误",
            fileHash=digest("误"),
            inForceFrom=FIRST_DAY + 6,
        )
        target = {"targetEventId": uuid_bytes(self.wrong)}
        proposed = self.of(AGENCY, 29, "EventAnnulmentProposed", **target)
        self.of(
            AGENCY, 30, "EventAnnulled", by=OPERATOR, person="officer:9", stream=f"org:{AGENCY}",
            proposalEventId=uuid_bytes(proposed), **target,
        )  # fmt: skip
        self.of(
            AGENCY,
            8,
            "PolicyDocumentAdopted",
            docNo="迟报",
            fileHash=digest("迟报"),
            inForceFrom=FIRST_DAY + 8,
            received=45,
        )
        self.of(AGENCY, 9, "EquipmentStandardAdopted", kind="STANDARD", doc=paper("标准", 9))
        self.of(AGENCY, 9, "FundingPlanAdopted", year=2026, amountFen=5_000_000)
        self.assessment = self.of(
            AGENCY, 11, "AssessmentResultRecorded", doc=paper("考评", 11), date=FIRST_DAY + 11
        )

    def _people(self) -> None:
        for officer, name in ((A1, "王一"), (A2, "李二"), (A3, "张三")):
            self.officer(AGENCY, 3, officer, name)
        self.of(
            AGENCY, 35, "OfficerTransferred", by=OPERATOR, stream=A3, fromAgency=AGENCY,
            toAgency=OTHER_AGENCY, effectiveFrom=FIRST_DAY + 35,
        )  # fmt: skip
        training = {"topic": "LAW", "date": FIRST_DAY + 16}
        self.trained = self.of(
            AGENCY, 16, "TrainingHeld", hours=8, attendees=[A1, A2, A1], **training
        )
        for officer, hours in ((A1, 8), (A3, 6)):
            self.of(
                AGENCY, 17, "OfficerTrainingCompleted", by=OPERATOR, stream=officer, hours=hours,
                kind="IN_POST", completedOn=FIRST_DAY + 16,
            )  # fmt: skip
        self.of(
            AGENCY, 18, "TrainingHeld", topic="LAW", date=FIRST_DAY - 1, hours=4, attendees=[A1]
        )

    def _due(self) -> None:
        doc = paper("意见1", 10)
        self.opinion = self.of(
            AGENCY, 10, "SupervisionOpinionIssued", by=OPERATOR, stream="supervision:1", log="0",
            toAgency=AGENCY, due=FIRST_DAY + 20, doc=doc,
        )  # fmt: skip
        target = uuid_bytes(self.opinion)
        for agency, day in ((OTHER_AGENCY, 12), (AGENCY, 28)):
            self.of(
                agency, day, "RectificationReported", stream="supervision:1", log="0",
                opinionEventId=target, doc=paper("报告", day),
            )  # fmt: skip
        for item, level, last in (
            ("10.1", "CITY", 30),
            ("2.3", "CITY", 30),
            ("2.3", "PROVINCE", 5),
        ):
            self.of(
                AGENCY, 1, "ReformTaskPlanned", by=OPERATOR, seedItem=item, level=level,
                due=FIRST_DAY + last, lead=["省司法厅"],
            )  # fmt: skip
        self.of(
            AGENCY, 9, "ReformTaskCompleted", by=OPERATOR, seedItem="2.3", level="PROVINCE",
            at=FIRST_DAY + 8, doc=paper("完成", 8),
        )  # fmt: skip

    def _corrected(self) -> None:
        assessed = {"doc": paper("考评二", 11), "date": FIRST_DAY + 11}
        first = self.correct(60, self.assessment, "AssessmentResultRecorded", **assessed)
        assessed = {"doc": paper("考评三", 12), "date": FIRST_DAY + 12}
        second = self.correct(62, self.assessment, "AssessmentResultRecorded", **assessed)
        self.correct(
            63, self.assessment, "AssessmentResultRecorded", OTHER_AGENCY,
            doc=paper("冒名", 11), date=FIRST_DAY + 11,
        )  # fmt: skip
        for day, one in ((64, second), (66, first)):
            target = {"targetEventId": uuid_bytes(one)}
            proposed = self.of(
                AGENCY, day, "EventAnnulmentProposed", person="officer:8",
                stream=f"org:{AGENCY}", **target,
            )  # fmt: skip
            self.of(
                AGENCY, day, "EventAnnulled", by=OPERATOR, person="officer:9",
                stream=f"org:{AGENCY}", proposalEventId=uuid_bytes(proposed), **target,
            )  # fmt: skip
        training = {"topic": "LAW", "date": FIRST_DAY + 16}
        for day, attendees in ((61, [A2]), (63, [])):
            self.correct(
                day, self.trained, "TrainingHeld", attendees=attendees, hours=6, **training
            )

    def correct(
        self, day: int, target: str, event_type: str, agency: str = AGENCY, **said: Any
    ) -> str:
        """Have an act of the agency's own stream corrected; return the correction's id."""
        payload = correction(uuid_bytes(target), event_type, **said)
        return self.of(agency, day, "EventCorrected", stream=f"org:{AGENCY}", **payload)
