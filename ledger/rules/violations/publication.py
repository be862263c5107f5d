"""Rules of disclosure (公示): in time, taken down in time, true to the text, nothing forbidden.

Read before: ``publications``. Statutes: 行政处罚法 arts. 48, 85; 政府信息公开条例 arts. 14, 15, 41;
市场监督管理行政处罚信息公示规定 (令45号) arts. 7, 8. What the platform publishes passes gates;
what an agency publishes by itself is only reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.domain.disclosure import MUST_NOT
from ledger.domain.obligation import Channel, PenaltyFacts, Result, assess_penalty
from ledger.domain.stream import StreamAct
from ledger.rules.violations.prerequisites import had_happened
from ledger.rules.violations.publications import PORTAL, SHOWING, Place, Publications
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.service import Services, named
from ledger.rules.violations.terms import Lateness, late_by_working_days, late_since, missed

_SUMMARY: Final = "OnSitePenaltyDecided"
_DECISIONS: Final = ("PenaltyDecisionMade", _SUMMARY)
_CHANGING: Final = ("DisclosureUpdated", "DisclosureCorrected")
_PUBLISHING: Final = ("DisclosurePublished", *_CHANGING)


def _publications(sight: Sight) -> Publications:
    return sight.matter.part(Publications)


def _source(sight: Sight) -> StreamAct | None:
    """Return the act that the arriving publication shows."""
    place = _publications(sight).place_of(sight.item)
    return None if place is None else sight.matter.act(place.source)


@BOOK.rule("V-DIS-01", *SHOWING, "DisclosureObligationAssessed", "DeadlineMissed")
def not_published_in_time(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 48; 发改办财金〔2018〕424号: what must be public is so by its due day."""
    late = missed(sight, "D-DIS-01", "D-DIS-01A", "D-DIS-01B", "D-DIS-02", "D-DIS-03")
    if late is not None:
        place = _place_due(sight, late)
        if _publications(sight).disclosures.obligations.get(place, "MUST") == "MUST":
            yield late.finding(sight, place.subject)
    elif (overdue := _shown_late(sight)) is not None:
        yield Finding(overdue.subject, (overdue.source,))


def _place_due(sight: Sight, late: Lateness) -> Place:
    trigger = late.trigger
    if trigger.event_type == "DisclosureObligationAssessed":
        return Place(trigger.payload["sourceEventId"], trigger.payload["channel"])
    is_registry = sight.item.payload["deadlineId"] in ("D-DIS-01A", "D-DIS-01B")
    return Place(trigger.act.event_id, "COMPANY_REGISTRY" if is_registry else PORTAL)


def _shown_late(sight: Sight) -> Place | None:
    held, payload = _publications(sight), sight.item.payload
    if sight.item.event_type == "DisclosureObligationAssessed":
        place: Place | None = Place(payload["sourceEventId"], payload["channel"])
        shown = None if place is None else held.first_shown.get(place)
        due = payload["dueDate"] if payload["result"] == "MUST" else None
    elif sight.item.event_type in SHOWING:
        place, shown = held.place_of(sight.item), sight.item
        if place is None or place in held.first_shown:
            return None
        due = held.due_days.get(place)
    else:
        return None
    is_late = shown is not None and due is not None and day_of(shown.act.occurred_at) > due
    return place if is_late else None


@BOOK.rule("V-DIS-02", "DisclosureWithdrawn", "DeadlineMissed")
def not_withdrawn_in_time(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 48(2), 85: taken down three working days after the decision fell."""
    late = missed(sight, "D-DIS-04")
    if late is not None:
        decision = late.trigger.payload.get("decisionEventId")
        if not _publications(sight).shown.get(decision or late.trigger.act.event_id):
            return
    elif sight.item.event_type == "DisclosureWithdrawn":
        late = _late_withdrawal(sight)
    if late is not None:
        yield late.finding(sight, late.trigger.act.event_id.hex())


def _late_withdrawal(sight: Sight) -> Lateness | None:
    cause = sight.matter.act(sight.item.payload["causeEventId"] or b"")
    if cause is None:
        return None
    start = max(cause.act.occurred_at, cause.payload.get("effectiveAt", 0))
    return late_since(sight, cause, start, "withdraw_working_days")


@BOOK.rule("V-DIS-03", "DisclosurePublishedExternally")
def personal_data_published(sight: Sight) -> Iterator[Finding]:
    """政府信息公开条例 arts. 14, 15: no secret and no personal value is disclosed."""
    scan = sight.item.payload["piiScan"]
    if scan is not None and not scan["clean"]:
        yield Finding(sight.item.act.aggregate_id)


@BOOK.rule("V-DIS-05", *_PUBLISHING)
def other_text_than_served(sight: Sight) -> Iterator[Finding]:
    """令45号 art. 7: what is public is the text that was served, but for what is masked."""
    held = _publications(sight).disclosures.of(sight.item.act.aggregate_id)
    texts = _publications(sight).texts.get(held.source_event_id or b"")
    if texts is not None and held.draft is not None and _strays(held.draft, texts):
        yield Finding(sight.item.act.aggregate_id)


def _strays(draft: Any, texts: set[str]) -> bool:
    served, public = draft["servedDocHash"], draft["publicDocHash"]
    is_masked = any(redaction["method"] != "SHOW" for redaction in draft["redactions"])
    is_changed = public is not None and public not in texts and not is_masked
    return is_changed or (served is not None and served not in texts)


@BOOK.rule("V-DIS-06", "DisclosureExpired", "DisclosureRepairEnded", *_CHANGING, "DeadlineMissed")
def shown_after_its_end(sight: Sight) -> Iterator[Finding]:
    """信用修复管理办法; 令45号 arts. 13, 14: what has ended, or was repaired, is shown no more."""
    act, held = sight.item.act, _publications(sight)
    late = missed(sight, "D-DIS-07", "D-DIS-08")
    if sight.item.event_type == "DisclosureRepairEnded":
        late = late_since(sight, sight.item, sight.item.payload["at"], "repair_working_days")
    if late is not None:
        yield late.finding(sight, late.trigger.act.aggregate_id)
    elif sight.item.event_type != "DeadlineMissed" and held.is_shown(act.aggregate_id):
        until = held.until.get(act.aggregate_id)
        # It is shown to the end of its last day; on the next it is taken away.
        if until is not None and day_of(act.occurred_at) > until + 1:
            yield Finding(act.aggregate_id)


@BOOK.rule("V-DIS-07", *SHOWING)
def published_before_service(sight: Sight) -> Iterator[Finding]:
    """A decision takes effect when it is served; before, nobody else learns of it."""
    source = _source(sight)
    if source is None or source.event_type not in _DECISIONS:
        return
    is_handed_over = source.event_type == _SUMMARY and source.payload["handedOver"]
    service = named(sight.matter.part(Services).served, source.payload["doc"])
    is_served = service is not None and service.act.occurred_at <= sight.item.act.occurred_at
    if not is_handed_over and not is_served:
        yield Finding(sight.item.act.aggregate_id)


@BOOK.rule("V-DIS-08", "DisclosurePublishedExternally", "DisclosureObligationAssessed")
def forbidden_category_published(sight: Sight) -> Iterator[Finding]:
    """政府信息公开条例 arts. 14 to 16; 治安管理处罚法 art. 136: some records are never public."""
    held, payload = _publications(sight), sight.item.payload
    if sight.item.event_type == "DisclosurePublishedExternally":
        if _is_forbidden(sight, Place(payload["sourceEventId"], PORTAL)):
            yield Finding(sight.item.act.aggregate_id, (payload["sourceEventId"],))
    elif payload["result"] == MUST_NOT:
        for disclosure_id, channel in held.shown.get(payload["sourceEventId"], {}).items():
            if channel == payload["channel"]:
                yield Finding(disclosure_id, (payload["sourceEventId"],))


def _is_forbidden(sight: Sight, place: Place) -> bool:
    assessed = _publications(sight).disclosures.obligations.get(place)
    source = sight.matter.act(place.source)
    if assessed is not None or source is None or source.event_type not in _DECISIONS:
        return assessed == MUST_NOT
    party, penalties = source.payload["party"], source.payload["penalties"]
    facts = PenaltyFacts(
        party["partyType"],
        party["ageBand"],
        [penalty["kind"] for penalty in penalties],
        source.event_type == _SUMMARY,
    )
    return assess_penalty(facts, Channel.PORTAL).result is Result.MUST_NOT


@BOOK.rule("V-DIS-09", "DisclosureCorrected", "DeadlineMissed")
def correction_not_answered(sight: Sight) -> Iterator[Finding]:
    """政府信息公开条例 art. 41, 令45号 art. 12: what is wrong is corrected when somebody asks."""
    late = missed(sight, "D-DIS-06")
    if sight.item.event_type == "DisclosureCorrected":
        request = _publications(sight).requests.get(sight.item.act.aggregate_id)
        late = late_by_working_days(sight, request, "correction_working_days")
    if late is not None:
        yield late.finding(sight, late.trigger.act.event_id.hex())


@BOOK.rule("V-DIS-11", *SHOWING, cured_by=("PartyInformedOfDisclosure",))
def party_not_told(sight: Sight) -> Iterator[Finding]:
    """令45号 art. 8: whoever is punished is told that the penalty will be public."""
    source = _source(sight)
    is_decision = source is not None and source.event_type in _DECISIONS
    if is_decision and not had_happened(sight, "PartyInformedOfDisclosure"):
        yield Finding(sight.item.act.aggregate_id)
