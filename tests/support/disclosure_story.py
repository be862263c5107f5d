"""Cases that are decided, disclosed, updated, withdrawn and looked into, in a ``LedgerCopy``."""

from __future__ import annotations

from typing import Any

from ledger.chain.ids import uuid_text
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, START, LedgerCopy, digest, sample

DAY = 86_400_000_000
# What the stories here are told with.
TYPES = (
    "AccessDenied",
    "AgencyQualificationConfirmed",
    "AgencyRegistered",
    "CaseFiled",
    "DisclosureDrafted",
    "DisclosureExpired",
    "DisclosureObligationAssessed",
    "DisclosurePublished",
    "DisclosureReviewed",
    "DisclosureUpdated",
    "DisclosureWithdrawn",
    "LeadRegistered",
    "LedgerCreated",
    "PenaltyDecisionMade",
    "RecordAccessEnded",
    "RecordAccessed",
    "RetrievalApproved",
    "RetrievalClosed",
    "RetrievalRequested",
    "SchemaPublished",
    "SupervisionAlertRaised",
)
SCAN = {"scannerVersion": "personal-scan-1", "contentHash": digest("x"), "clean": True}


def register_agencies(ledger: LedgerCopy) -> None:
    """Register the two agencies of the stories, qualified."""
    for uscc, name in ((AGENCY, "长沙市市场监督管理局"), (OTHER_AGENCY, "长沙市生态环境局")):
        stream = f"agency:{uscc}"
        payload = sample("AgencyRegistered", uscc=uscc, name=name, regionCode="430100")
        ledger.add("AgencyRegistered", payload, stream=stream, agency_id=uscc)
        qualified = sample("AgencyQualificationConfirmed", scope=["PENALTY"], validFrom=20_000)
        ledger.add("AgencyQualificationConfirmed", qualified, stream=stream, agency_id=uscc)


class Case:
    """One case in one log, and what happens to it."""

    def __init__(self, ledger: LedgerCopy, number: int, log: str = "0", **decision: Any) -> None:
        self.ledger = ledger
        self.log = log
        self.number = number
        self.stream = f"case:{number:08d}-0000-4000-8000-000000000000"
        self.disclosure = f"disclosure:{number}"
        self.retrieval = f"retrieval:{number}"
        self.agency = AGENCY
        self.decision_fields = decision
        self.decision_id = bytes(16)  # Of no act, until there is one.

    def act(self, event_type: str, aggregate: str | None = None, **fields: Any) -> bytes:
        """Record an act of the case; capitalised fields of the envelope go under ``envelope``."""
        envelope = {"agency_id": self.agency} | fields.pop("envelope", {})
        payload = sample(event_type, **fields)
        return self.ledger.add(
            event_type, payload, stream=self.stream, log=self.log, aggregate=aggregate, **envelope
        )

    def filed(self) -> None:
        """File the case."""
        self.act("LeadRegistered")
        case_no = f"长市监案〔2026〕{self.number}号"
        self.act("CaseFiled", caseNo=case_no, itemCode="HN-SJ-01")

    def decided(self) -> bytes:
        """Decide on a company; the fields given at the start replace the defaults."""
        fields = {
            "doc": {"docNo": f"长市监处罚〔2026〕{self.number}号", "docDate": 20_750},
            "party": {
                "partyType": "LEGAL",
                "name": "长沙示范食品有限公司",
                "uscc": "91430100MAFCT0011C",
            },
            "violationType": "经营超过保质期的食品",
            "penalties": [
                {
                    "kind": "FINE",
                    "amountFen": 5_000_000,
                    "objectCommitment": None,
                    "durationDays": None,
                }
            ],
        }
        self.decision_id = self.act("PenaltyDecisionMade", **(fields | self.decision_fields))
        return self.decision_id

    def drafted(self, version: int = 1, until: int | None = None) -> str:
        """Assess and draft; return the content hash."""
        content = digest(f"{self.number}/{version}")
        source = self.decision_id
        if version == 1:
            self.act(
                "DisclosureObligationAssessed",
                self.disclosure,
                sourceEventId=source,
                dueDate=20_760,
            )
        self.act(
            "DisclosureDrafted",
            self.disclosure,
            sourceEventId=source,
            contentHash=content,
            version=version,
            drafter="officer:1",
            until=until,
        )
        return content

    def reviewed(self, content: str, decision: str = "APPROVED") -> None:
        """Review the draft."""
        self.act(
            "DisclosureReviewed",
            self.disclosure,
            contentHash=content,
            decision=decision,
            reviewer="officer:2",
            scan=SCAN,
        )

    def published(self, until: int | None = None) -> str:
        """Draft, review and publish; return the content hash."""
        content = self.drafted(until=until)
        self.reviewed(content)
        self.act(
            "DisclosurePublished",
            self.disclosure,
            contentHash=content,
            version=1,
            publishedAt=START + self.number * 1_000_000,
            until=until,
        )
        return content

    def updated(self, version: int = 2, until: int | None = None) -> str:
        """Publish the next version."""
        content = self.drafted(version, until)
        self.reviewed(content)
        self.act(
            "DisclosureUpdated",
            self.disclosure,
            contentHash=content,
            version=version,
            changedFields=["/fields/CF_NR"],
            reason="笔误更正",
            scan=SCAN,
            at=START + DAY,
            until=until,
        )
        return content

    def withdrawn(self, ground: str = "REVOKED") -> None:
        """Take the record down."""
        self.act(
            "DisclosureWithdrawn",
            self.disclosure,
            ground=ground,
            publicReason="原处罚决定已被撤销",
            scan=SCAN,
            at=START + 2 * DAY,
            contentHash=digest("gone"),
            version=1,
        )

    def retrieved(self, *, approved: bool = True) -> None:
        """Ask for records, look at one if that was approved, be refused otherwise."""
        scope = {"mediaIds": [f"media:{self.number}"], "docIds": [], "fields": []}
        self.act(
            "RetrievalRequested",
            self.retrieval,
            requester="officer:9",
            org=OTHER_AGENCY,
            purpose="SUPERVISION",
            matter=self.stream,
            scope=scope,
        )
        target = {"who": "officer:9", "at": START + DAY}
        if not approved:
            self.act("AccessDenied", self.retrieval, target=f"media:{self.number}", **target)
            return
        window = self.act(
            "RetrievalApproved",
            self.retrieval,
            approver="officer:8",
            scope=scope,
            **{"from": START, "to": START + 9 * DAY},
        )
        access = f"access:{self.number}"
        media = f"media:{self.number}"
        self.act(
            "RecordAccessed",
            self.retrieval,
            accessId=access,
            mediaId=media,
            windowId=window,
            **target,
        )
        self.act(
            "RecordAccessEnded", self.retrieval, accessId=access, bytes=17, until=START + 2 * DAY
        )
        self.act("RetrievalClosed", self.retrieval, outcome="COMPLETED", at=START + 3 * DAY)

    @property
    def decision_uuid(self) -> str:
        """The decision's event id as text."""
        return uuid_text(self.decision_id)
