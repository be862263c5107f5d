"""What two agencies declared over some months, told to a ledger copy; times are days of the story."""

from __future__ import annotations

from typing import Any

from ledger.chain.ids import uuid7, uuid_text
from projections.organisation.projection import DAY_MICROS, day_begins
from projections.organisation.view import Moment
from tests.support.ledger_copy import (
    AGENCY,
    OPERATOR,
    OTHER_AGENCY,
    SECOND,
    LedgerCopy,
    digest,
    sample,
)

FIRST_DAY = 20_454  # 2026-01-01.
NOON = DAY_MICROS // 2


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


class OrganisationStory:
    """Acts in any order of telling; ``told`` puts them into a ledger as they are received."""

    def __init__(self) -> None:
        self._acts: list[tuple[int, str, dict[str, Any], dict[str, Any]]] = []
        for agency, name in ((AGENCY, "甲局"), (OTHER_AGENCY, "乙局")):
            registered = {"uscc": agency, "name": name, "level": "COUNTY"}
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
        **payload: Any,
    ) -> str:
        """Have an agency act on a day, received on the same or a later one; return the event id."""
        at = on(day if received is None else received) + len(self._acts) * SECOND
        event_id = uuid7(at // 1_000, len(self._acts).to_bytes(10, "big"))
        envelope = {
            "stream": stream or f"org:{agency}",
            "log": log,
            "aggregate_type": "Organisation",
            "occurred_at": on(day),
            "agency_id": by or agency,
            "event_id": event_id,
        }
        self._acts.append((at, event_type, sample(event_type, **payload), envelope))
        return uuid_text(event_id)

    def officer(self, agency: str, day: int, officer_id: str, name: str) -> None:
        """Register an officer with a credential of a year."""
        registered = {"name": name, "agencyId": agency, "category": "ENFORCEMENT"}
        self.of(agency, day, "OfficerRegistered", by=OPERATOR, stream=officer_id, **registered)
        credential = {
            "credentialNo": officer_id.rpartition(":")[2],
            "validFrom": FIRST_DAY + day,
            "validTo": FIRST_DAY + day + 364,
        }
        self.of(agency, day, "CredentialIssued", by=OPERATOR, stream=officer_id, **credential)

    def told(self) -> LedgerCopy:
        """Return the ledger in which all of it was received."""
        types = {event_type for _, event_type, _, _ in self._acts}
        ledger = LedgerCopy(1, schemas=types, start=day_begins(FIRST_DAY))
        for at, event_type, payload, envelope in sorted(self._acts, key=lambda act: act[0]):
            ledger.now = at - SECOND
            ledger.add(event_type, payload, **envelope)
        return ledger
