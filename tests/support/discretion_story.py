"""Penalties of one item over some months, told to a ledger copy; days count from the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ledger.chain.act import Actor
from ledger.chain.ids import uuid_bytes, uuid_text
from projections.discretion.view import Moment
from projections.organisation.projection import DAY_MICROS, day_begins
from schemas.sample import sample
from tests.support.correcting import correction
from tests.support.ledger_copy import (
    AGENCY,
    LEDGER,
    OTHER_AGENCY,
    SECOND,
    LedgerCopy,
)

FIRST_DAY: Final = 20_454  # 2026-01-01.
ITEM: Final = "HN-SJ-01"
GRADES: Final = (("从轻", 500_000, 1_000_000), ("一般", 1_000_001, 2_000_000))
PLATFORM: Final = f"platform.{LEDGER}"
TYPES: Final = (
    *("CaseFiled", "PenaltyDecisionMade", "CaseClosed", "EventAnnulled", "DecisionRevoked"),
    *("DiscretionAdviceGiven", "DiscretionBenchmarkPublished", "JurisdictionTransferred"),
    "EventCorrected",
)


def on(day: int) -> int:
    """Return noon of a day of the story."""
    return day_begins(FIRST_DAY + day) + DAY_MICROS // 2


def moment(day: int, known: int | None = None) -> Moment:
    """Return the end of a day, as the ledger knew it then or at another day's end."""
    ends = [day_begins(FIRST_DAY + one + 1) - 1 for one in (day, day if known is None else known)]
    return Moment(*ends)


class DiscretionStory:
    """Acts in the order in which they are received."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(1, schemas=TYPES, start=day_begins(FIRST_DAY) - DAY_MICROS)
        self._cases = 0

    def act(
        self,
        day: int,
        event_type: str,
        stream: str,
        payload: dict[str, Any],
        *,
        agency: str = AGENCY,
        occurred: int | None = None,
        version: int = 1,
        **fields: Any,
    ) -> str:
        """Have an act received on a day; return its event id."""
        self.ledger.now = max(self.ledger.now, on(day))
        log = "control" if stream.startswith("list:") else "0"
        happened = on(day if occurred is None else occurred)
        made = self.ledger.add(
            event_type,
            payload,
            stream=stream,
            log=log,
            occurred_at=min(happened, self.ledger.now + SECOND),
            agency_id=agency,
            version=version,
            **fields,
        )
        return uuid_text(made)

    def benchmark(
        self,
        day: int,
        effective: int,
        grades: Sequence[tuple[str, int, int]] = GRADES,
        *,
        agency: str = AGENCY,
        item: str = ITEM,
    ) -> str:
        """Publish a benchmark that counts from another day on."""
        names = ("circumstance", "minFen", "maxFen")
        payload = {
            "itemCode": item,
            "grades": [dict(zip(names, grade, strict=True)) for grade in grades],
            "effectiveFrom": FIRST_DAY + effective,
        }
        stream = f"list:{item}"
        return self.act(day, "DiscretionBenchmarkPublished", stream, payload, agency=agency)

    def case(self, day: int, agency: str = AGENCY, item: str = ITEM) -> str:
        """File a case; return its stream."""
        self._cases += 1
        stream = f"case:{self._cases}"
        self.act(day, "CaseFiled", stream, sample("CaseFiled", itemCode=item), agency=agency)
        return stream

    def decide(
        self,
        day: int,
        stream: str,
        fine: int,
        *,
        agency: str = AGENCY,
        party: dict[str, Any] | None = None,
        facts: Sequence[str] = ("F1",),
        officer: str = "officer:1",
        **fields: Any,
    ) -> str:
        """Decide a fine, fen."""
        payload = self._fined(fine, party, facts)
        actors = (Actor(officer, None, "HANDLER"),)
        return self.act(
            day, "PenaltyDecisionMade", stream, payload, agency=agency, actors=actors, **fields
        )

    def _fined(
        self, fine: int, party: dict[str, Any] | None = None, facts: Sequence[str] = ("F1",)
    ) -> dict[str, Any]:
        who = {"partyType": "LEGAL", "name": "甲公司", "partyId": "party:1", **(party or {})}
        payload = sample(
            "PenaltyDecisionMade",
            penalties=[
                {"kind": "FINE", "amountFen": fine, "objectCommitment": None, "durationDays": None}
            ],
            party={**sample("PenaltyDecisionMade")["party"], **who},
            factIds=list(facts),
        )
        payload["doc"]["docNo"] = f"罚〔2026〕{self._cases}号"
        return payload

    def correct(
        self,
        day: int,
        stream: str,
        target: str,
        event_type: str,
        agency: str = AGENCY,
        **said: Any,
    ) -> str:
        """Correct an act; return the correction's event id."""
        payload = correction(uuid_bytes(target), event_type, **said)
        return self.act(day, "EventCorrected", stream, payload, agency=agency)

    def correct_fine(self, day: int, stream: str, target: str, fine: int, **more: Any) -> str:
        """Correct the fine of a decision."""
        return self.correct(day, stream, target, "PenaltyDecisionMade", **self._fined(fine), **more)

    def advise(
        self, day: int, stream: str, chosen: int, reason: str | None = None, **fields: Any
    ) -> str:
        """Have the platform record advice of the grade 一般."""
        fine = {"kind": "FINE", "objectCommitment": None, "durationDays": None}
        payload = {
            "inputs": [{"factor": "ITEM", "value": ITEM}],
            "version": "discretion-1",
            "output": [{**fine, "amountFen": amount} for amount in GRADES[1][1:]],
            "officerChoice": "FOLLOWED" if reason is None else "DEPARTED",
            "circumstance": "一般",
            "benchmarkEventId": bytes(16),
            "chosenFen": chosen,
            "reason": reason,
        }
        values = {"emitter_id": PLATFORM, "item_code": ITEM, "version": 2, **fields}
        return self.act(day, "DiscretionAdviceGiven", stream, payload, **values)

    def annul(self, day: int, stream: str, target: str, agency: str = AGENCY) -> str:
        """Annul an act."""
        payload = sample("EventAnnulled", targetEventId=uuid_bytes(target))
        return self.act(day, "EventAnnulled", stream, payload, agency=agency)

    def revoke(self, day: int, stream: str, target: str) -> str:
        """Revoke a decision."""
        payload = sample("DecisionRevoked", decisionEventId=uuid_bytes(target))
        return self.act(day, "DecisionRevoked", stream, payload)

    def close(
        self,
        day: int,
        stream: str,
        reason: str,
        *,
        agency: str = AGENCY,
        officer: str = "officer:1",
    ) -> str:
        """Close a case."""
        actors = (Actor(officer, None, "HANDLER"),)
        payload = sample("CaseClosed", reason=reason)
        return self.act(day, "CaseClosed", stream, payload, agency=agency, actors=actors)


__all__ = ["AGENCY", "OTHER_AGENCY", "DiscretionStory", "moment", "on"]
