"""An agency with deadlines over all of its acts, in a ``LedgerCopy`` whose days are closed."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.rules.deadline_missed import MISSED_TYPE
from schemas.loader import calendar_texts, rule_set_text
from tests.support.control import emitter_registered, published_text
from tests.support.day_closing import days_closed_anew
from tests.support.deadlines import instant
from tests.support.ledger_copy import (
    AGENCY,
    FINGERPRINTS,
    OPERATOR,
    OTHER_AGENCY,
    LedgerCopy,
    codec_of,
    sample,
)

TYPES: Final = (
    *("AgencyQualificationRevoked", "AgencyRegistered", "CalendarVersionPublished"),
    *("CredentialIssued", "DeadlineMissed", "DisclosurePublished", "EmitterRegistered"),
    *("EnforcementItemRegistered", "EventAnnulled", "EventCorrected", "OfficerRegistered"),
    *("PowerListPublished", "RuleSetPublished", "StaffingDeclared", "SupervisionAlertRaised"),
    *("StatisticsReportPublished", "StatisticsReportSubmitted"),
)
KEEPER: Final = {"emitter_id": "sup.example", "agency_id": OPERATOR}


class AgencyStory:
    """A ledger of two case logs with the default rule set and the installed calendars."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(2, schemas=TYPES, start=instant("2025-12-19 10:00"))
        for name, kind in (("sup.example", "SUPERVISOR"), ("agy.example", "AGENCY")):
            payload = emitter_registered(name, kind, [AGENCY, OTHER_AGENCY, OPERATOR])
            self.ledger.add("EmitterRegistered", payload, stream=f"emitter:{name}")
        text = rule_set_text()
        payload = published_text(json.loads(text)["version"], text)
        self.ledger.add("RuleSetPublished", payload, stream="platform:rules")
        for text in calendar_texts():
            payload = published_text(json.loads(text)["version"], text)
            self.ledger.add("CalendarVersionPublished", payload, stream="platform:calendar")

    def act(self, kind: str, at: str, stream: str, log: str = "control", **more: Any) -> bytes:
        """Record an act at a time, ``2026-01-05 10:00`` of Shanghai, of the agency unless told."""
        self.ledger.now = max(self.ledger.now, instant(at))
        payload = sample(kind, **more.pop("payload", {}))
        return self.ledger.add(kind, payload, stream=stream, log=log, **more)

    def begin(self, agency: str, at: str = "2025-12-20 10:00") -> None:
        """Register an agency that publishes a power list."""
        payload = {"uscc": agency, "regionCode": "430100", "level": "CITY"}
        self.act("AgencyRegistered", at, f"agency:{agency}", payload=payload, **KEEPER)
        self.act("PowerListPublished", at, f"list:{agency}", agency_id=agency)

    def correct(self, at: str, stream: str, target: bytes, kind: str, **said: Any) -> bytes:
        """Correct an act of the control log."""
        payload = {
            "targetEventId": target,
            "payloadSchema": FINGERPRINTS[kind, 1],
            "payload": codec_of(kind).encode(sample(kind, **said)),
        }
        return self.act("EventCorrected", at, stream, payload=payload)

    def annul(self, at: str, stream: str, target: bytes, log: str = "control") -> bytes:
        """Annul an act."""
        payload = {"targetEventId": target}
        return self.act("EventAnnulled", at, stream, log, payload=payload)

    def branched(self) -> AgencyStory:
        """Return the same story, to be told on otherwise."""
        other = object.__new__(AgencyStory)
        other.ledger = copy.deepcopy(self.ledger)
        return other

    def close(self, at: str) -> list[bytes]:
        """Let time pass in every log, and put into the ledger what the days that are over show."""
        for log in self.ledger.logs:
            self.act("EventAnnulled", at, f"log:{log}", log)
        known = {decode_act(act).event_id for act in self.missed()}
        found = days_closed_anew(self.ledger.logs)
        new = [act for event_id, act in sorted(found.items()) if event_id not in known]
        kept = [act for act in new if decode_act(act).event_type == MISSED_TYPE]
        for act in kept:
            self.ledger.append(act, "0")
        return kept

    def missed(self) -> list[bytes]:
        """Return the ``DeadlineMissed`` that are in the ledger."""
        acts = [decode_entry(data).act for log in self.ledger.logs.values() for data in log]
        return [act for act in acts if decode_act(act).event_type == MISSED_TYPE]
