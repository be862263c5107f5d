"""What was imposed, taken and contested in a matter: the money that rules of execution look at.

Read before: ``matter``. Read next: ``execution``.

Cash that an officer took is handed in, and then paid to the bank, in the order in which it was
taken: the acts name no earlier one. Amounts are fen, days are days since 1970-01-01.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ledger.domain.case import DECISIONS
from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct

_ALTERING: Final = frozenset({"DecisionAltered", "DecisionRevoked", "DecisionConfirmedInvalid"})
_FILINGS: Final = frozenset({"ReconsiderationFiled", "LitigationFiled"})


class Payments:
    """The money of a matter so far."""

    def __init__(self) -> None:
        self.fine_fen = 0  # Of all decisions, as altered.
        self.on_site_fine_fen: int | None = None  # Of the newest decision made on the spot.
        self.additional_fen = 0
        self.additional: StreamAct | None = None  # The newest additional fine.
        self.due_day: int | None = None  # By when the fine is to be paid; the latest that was said.
        self.with_officer: deque[StreamAct] = deque()
        self.with_agency: deque[StreamAct] = deque()
        self._fines: dict[bytes, int] = {}
        self._open_remedies: set[bytes] = set()
        self._remedy_since = 0
        self._remedy_days = 0  # Of remedies that ended.

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type, payload = item.event_type, item.payload
        if event_type in DECISIONS:
            self._decide(item)
        elif event_type in _ALTERING:
            self._set_fine(payload["decisionEventId"], payload.get("newPenalties", ()))
        elif event_type == "PaymentDeferralApproved":
            self._set_due(payload["dueDates"])
        elif event_type == "AdditionalFineImposed":
            self.additional_fen += payload["amountFen"]
            self.additional = item
        elif event_type == "FineCollectedOnSite":
            self.with_officer.append(item)
        elif event_type == "OnSiteFineHandedIn":
            self.with_agency.append(item)
            if self.with_officer:
                self.with_officer.popleft()
        elif event_type == "FineRemitted":
            if self.with_agency:
                self.with_agency.popleft()
        else:
            self._contest(item)

    def remedy_days(self, until: int) -> int:
        """Return the days of reconsideration and litigation up to a day (行政处罚法 art. 73)."""
        running = max(0, until - self._remedy_since) if self._open_remedies else 0
        return self._remedy_days + running

    def _decide(self, item: StreamAct) -> None:
        self._set_fine(item.act.event_id, item.payload["penalties"])
        if item.event_type == "OnSitePenaltyDecided":
            self.on_site_fine_fen = self._fines[item.act.event_id]
        if item.payload["payment"] is not None:
            self._set_due([item.payload["payment"]["dueDate"]])

    def _set_fine(self, decision_id: bytes, penalties: Iterable[Mapping[str, Any]]) -> None:
        amounts = [it["amountFen"] or 0 for it in penalties if it["kind"] == "FINE"]
        self.fine_fen += sum(amounts) - self._fines.get(decision_id, 0)
        self._fines[decision_id] = sum(amounts)

    def _set_due(self, days: Iterable[int]) -> None:
        self.due_day = max([*days, self.due_day or 0])

    def _contest(self, item: StreamAct) -> None:
        today = day_of(item.act.occurred_at)
        if item.event_type in _FILINGS:
            if not self._open_remedies:
                self._remedy_since = today
            self._open_remedies.add(item.act.event_id)
        elif item.event_type == "RemedyResultReceived":
            filing = item.payload["filingEventId"]
            if self._open_remedies == {filing}:
                self._remedy_days += max(0, today - self._remedy_since)
            self._open_remedies.discard(filing)
