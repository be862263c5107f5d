"""Faults that are an honest act told otherwise: another value in its payload, or no act at all.

Read before: ``consumers/generate/case/violations.py``.
Read next: ``consumers/generate/case/incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from consumers.generate.case.matter import Matter

Payload: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[["Matter", Payload], bool]
"""Changes a payload in place; returns whether the act happens at all."""

_LONG_AGO_DAYS: Final = 6 * 366
"""Beyond the longest limitation, five years (行政处罚法 art. 36)."""


def _with(**fields: Any) -> Change:
    def change(_matter: Matter, payload: Payload) -> bool:
        payload.update(fields)
        return True

    return change


def _never(_matter: Matter, _payload: Payload) -> bool:
    return False


def _not_the_first(matter: Matter, _payload: Payload) -> bool:
    matter.omitted += 1
    return matter.omitted > 1


def _another_fact(_matter: Matter, payload: Payload) -> bool:
    payload["factIds"] = [*payload["factIds"], "F3"]
    return True


def _long_ago(matter: Matter, payload: Payload) -> bool:
    payload["violationEndDate"] = matter.today - _LONG_AGO_DAYS
    return True


def _unsealed(_matter: Matter, payload: Payload) -> bool:
    payload["doc"] = payload["doc"] | {"sealed": False}
    return True


def _old_form(_matter: Matter, payload: Payload) -> bool:
    payload["record"] = payload["record"] | {"templateId": "template:hn-on-site:v0"}
    return True


def _another_unit(matter: Matter, payload: Payload) -> bool:
    payload["unitId"] = f"unit:{matter.office.agency.credit_code}-field"
    return True


def _made_later(matter: Matter, payload: Payload) -> bool:
    payload["listDoc"] = payload["listDoc"] | {"docDate": matter.today + 2}
    return True


def _another_file(matter: Matter, payload: Payload) -> bool:
    payload["receipt"] = {
        "evidenceId": matter.evidence[0][0],
        "fileHash": matter.draws.digest(),
    }
    return True


def _missing_evidence(matter: Matter, payload: Payload) -> bool:
    payload["evidenceIds"] = [*payload["evidenceIds"], matter.late_evidence]
    return True


CHANGES: Final[Mapping[str, Mapping[str, Change]]] = {
    "hearing_right_denied": {"PenaltyPreNoticeServed": _with(hearingRight=False)},
    "facts_not_notified": {"PenaltyDecisionMade": _another_fact},
    "no_collective_discussion": {"CollectiveDiscussionHeld": _never},
    "filed_after_limitation": {"CaseFiled": _long_ago},
    "decision_not_sealed": {"PenaltyDecisionMade": _unsealed},
    "no_order_to_correct": {"RectificationOrdered": _never, "RectificationVerified": _never},
    "crime_not_transferred": {"InvestigationConcluded": _with(criminalIndication=True)},
    "form_not_in_force": {"OnSiteExamined": _old_form},
    "opinion_by_another_unit": {"LegalReviewConcluded": _another_unit},
    "measure_without_approval": {"MeasureApproved": _never},
    "papers_made_later": {"MeasureImposed": _made_later},
    "receipt_of_another_file": {"DocumentServed": _another_file},
    "unregistered_device": {"RecordingStarted": _with(deviceId="device:unregistered-1")},
    "evidence_after_decision": {"InvestigationConcluded": _missing_evidence},
    "unverified_evidence_cited": {"EvidenceVerified": _not_the_first},
    "left_without_witness": {"DocumentServed": _with(method="LEFT")},
    "party_not_told": {"PartyInformedOfDisclosure": _never},
}
"""What is told otherwise, by kind of fault and type of act."""
