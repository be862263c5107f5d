"""Acts of a small ledger, and what the indicators count of them."""

from __future__ import annotations

from portal.indicators import how_of
from projections.indicators.definitions import indicators
from projections.indicators.memory import MemoryIndicatorReader
from projections.indicators.projection import IndicatorsProjection
from projections.indicators.view import NEVER, FactQuery
from tests.support.disclosure_story import DAY
from tests.support.ledger_copy import START, LedgerCopy, MemorySource, sample
from tests.support.views import memory_view

EVER = NEVER - 1
CASE = "case:1"
TODAY = START // DAY
TYPES = frozenset(
    event_type
    for one in indicators().values()
    for match in one.matches
    for event_type in match.types
) | {
    "DeadlineMissed",
    "DisclosureDrafted",
    "EventAnnulled",
    "RetrievalApproved",
    "CaseFiled",
    "OnSiteExamined",
    "JurisdictionTransferred",
    "SupervisionOpinionIssued",
    "EventCorrected",
    "AvRecordListPublished",
    "DiscretionBenchmarkPublished",
    "InspectionItemListPublished",
}


class Story:
    """Acts of one case, and the counts after them."""

    def __init__(self):
        self.ledger = LedgerCopy(1, schemas=TYPES)

    def act(
        self,
        event_type,
        aggregate=None,
        happened=None,
        stream=CASE,
        log="0",
        fields=None,
        **payload,
    ):
        """Append an act."""
        return self.ledger.add(
            event_type,
            sample(event_type, **payload),
            stream=stream,
            log=log,
            aggregate=aggregate,
            occurred_at=happened,
            **(fields or {}),
        )

    def decision(self, number):
        """Return the event id of what a duty to publish is about."""
        return number.to_bytes(16, "big")

    def assessed(self, number, due, result="MUST", source=None):
        """Have the platform say whether a decision must be public, and until when."""
        source = self.decision(number) if source is None else source
        duty = {"sourceEventId": source, "channel": "PORTAL", "result": result, "dueDate": due}
        return self.act("DisclosureObligationAssessed", f"duty:{number}", **duty)

    def drafted(self, number):
        """Have a disclosure drafted of that decision."""
        source = {"sourceEventId": self.decision(number), "channel": "PORTAL"}
        return self.act("DisclosureDrafted", f"disclosure:{number}", **source)

    def missed(self, deadline, trigger, due_at):
        """Have the ledger say that a deadline passed."""
        return self.act("DeadlineMissed", deadlineId=deadline, triggerEventId=trigger, dueAt=due_at)

    def alert(self, rule, *causes):
        """Have the ledger say that a rule was broken."""
        return self.act("SupervisionAlertRaised", ruleId=rule, causeEventIds=list(causes))

    def publish(self, event_type, **payload):
        """Have the agency publish a list that counts from yesterday on."""
        day = TODAY - 1
        stream = {"stream": f"list:{event_type}", "log": "control"}
        return self.act(event_type, effectiveFrom=day, **stream, **payload)

    def fine(self, fen, stream=CASE):
        """Decide a fine, or nothing but a warning."""
        kind, amount = ("FINE", fen) if fen else ("WARNING", None)
        penalty = {"kind": kind, "amountFen": amount}
        rest = {"objectCommitment": None, "durationDays": None}
        return self.act("PenaltyDecisionMade", stream=stream, penalties=[penalty | rest])

    @property
    def reader(self):
        """A view that has taken in everything."""
        view = memory_view(IndicatorsProjection(), MemorySource(self.ledger.logs))
        return MemoryIndicatorReader(view.rows)

    def count(self, indicator_id, as_of=EVER):
        """Return numerator, denominator and what is pending."""
        found = self.totals(indicator_id, as_of=as_of)
        return (found[0].numerator, found[0].denominator, found[0].pending) if found else (0, 0, 0)

    def totals(self, indicator_id, by="ALL", as_of=EVER, **period):
        """Return the counts of an indicator by a part."""
        how = how_of(indicators()[indicator_id])
        return self.reader.totals(FactQuery(indicator_id, as_of, **period), by, how)
