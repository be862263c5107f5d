"""What a case will be, drawn before its first act: who, what, how long, what goes wrong.

Read before: ``consumers/generate/case/__init__.py``.
Read next: ``consumers/generate/case/violations.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.generate import vocabulary as words
from consumers.generate.case.violations import Setting, Violation
from consumers.generate.draws import Draws

_FINE_STEP_ORGANISATION: Final = 10_000  # 100 yuan in fen.
_FINE_STEP_NATURAL: Final = 1_000
_ENDLESS: Final = 1 << 60


_OTHER_PARTY: Final[dict[str, bool]] = {
    "minor": False,
    "seizure": True,
    "organisation": True,
    "person": False,
}
"""Settings that are not for cases whose party is a natural person (True), or an organisation."""
_OF_HEARINGS: Final = ("hearing_announced_late", "handler_chairs_hearing")
_EXTRA_WORKDAYS: Final = {
    "measure_beyond_its_term": 28,
    "agreed_after_decision": 6,
    "crime_not_transferred": 4,
    "pre_registered_and_kept": 4,
    "emergency_not_ratified": 8,
    "additional_fine_in_remedy": 3,
    "cash_kept_too_long": 5,
    "enforced_at_night": 13,
    "enforced_without_demand": 3,
    "recording_disposed_of": 3,
    "correction_unanswered": 9,
    "approved_own_access": 3,
    "access_outside_scope": 6,
    "access_before_approval": 6,
    "retrieval_not_closed": 12,
    "shown_after_repair": 3,
    "emergency_access_kept": 5,
    "copy_of_the_log_broken": 3,
    "unlisted_item_inspected": 6,
    "inspected_without_approval": 6,
    "draw_not_reproducible": 6,
    "too_much_on_the_spot": 6,
    "filed_with_agency_late": 9,
    "inspected_too_often": 8,
    "reform_task_undone": 12,
    "corrected_too_often": 32,
    "fined_twice": 4,
    "person_fined_twice": 4,
    "copied_unusually_often": 10,
    "confirmed_and_left": 14,
    "number_given_twice": 4,
    "catalogue_lacks_items": 1,
    "nothing_published": 24,
    "no_annual_report": 1,
    "no_catalogue_in_force": 1,
    "entrusted_with_coercion": 1,
}
"""Working days that a fault takes beyond the honest case, so that it is over within the history."""


class Pace(NamedTuple):
    """Working days between the steps of a case."""

    filing: int
    examination: int
    inquiry: int
    verification: int
    conclusion: int
    notice: int
    statement: int
    statement_review: int
    hearing_request: int
    hearing_notice: int
    hearing: int
    window: int
    review: int
    decision: int
    service: int
    payment: int
    closing: int
    archive: int


class CasePlan(NamedTuple):
    """Everything about a case that does not depend on other cases."""

    number: int
    agency: int
    """Position in ``vocabulary.AGENCIES``."""
    offence: words.Offence
    fine: int
    """Fen; 0: a warning only."""
    gains: int
    """Confiscated, fen; 0: nothing."""
    has_hearing_right: bool
    is_major: bool
    is_minor: bool
    """Whether the party is under eighteen."""
    has_statement: bool
    has_hearing: bool
    has_waiver: bool
    has_second_round: bool
    """Whether the first legal review finds problems."""
    has_seizure: bool
    is_revoked: bool
    """Whether the agency revokes its own decision after publication."""
    retrievals: int
    pace: Pace
    violation: Violation | None

    def violates(self, kind: str) -> bool:
        """Return whether this is what goes wrong in the case."""
        return self.violation is not None and self.violation.kind == kind

    def workdays(self) -> int:
        """Return the working days from lead to archive, or a few more."""
        pace = self.pace
        before = pace.filing + pace.examination + pace.inquiry + pace.verification
        before += pace.conclusion + pace.notice + 2 * self.violates("late_entry")
        statement = pace.statement + pace.statement_review if self.has_statement else 0
        hearing = pace.hearing_request + pace.hearing_notice + pace.hearing
        heard = max(statement + hearing * self.has_hearing, pace.window)
        rounds = 2 if self.has_second_round else 1
        reviewed = (1 + pace.review) * rounds + rounds if self.is_major else 0
        decided = pace.decision + pace.service
        executed = 7 + 6 if self.is_revoked else pace.payment
        ended = pace.closing + pace.archive + 1 + 1
        late = 0 if self.violation is None else _EXTRA_WORKDAYS.get(self.violation.kind, 0)
        ended += late
        return before + (1 if self.has_waiver else heard) + reviewed + decided + executed + ended


def draw_plan(
    draws: Draws,
    number: int,
    agencies: int,
    thresholds: tuple[int, int],
    violation: Violation | None,
) -> CasePlan:
    """Draw a case of one of the first ``agencies`` agencies.

    Args:
        draws: The case's own.
        number: Of the case, from 0.
        agencies: How many agencies act, at least 2.
        thresholds: Fines from which a hearing is due, fen: natural persons, organisations.
        violation: What goes wrong in it.
    """
    setting: Setting = violation.setting if violation else "any"
    if setting == "any":
        setting = _draw_setting(draws)
    offence, fine = _draw_offence(draws, setting, agencies, thresholds)
    kind = violation.kind if violation else ""
    if kind == "outside_benchmark":
        fine = off_the_benchmark(offence)
    hearing_right = fine >= thresholds[0 if offence.natural else 1]
    needs_statement = ("statement_not_reviewed", "heavier_after_statement", "statement_unanswered")
    has_hearing = hearing_right and not kind and draws.chance(120)
    has_hearing = has_hearing or kind in _OF_HEARINGS
    has_statement = kind in needs_statement or (not kind and not has_hearing and draws.chance(350))
    may_waive = not (has_statement or has_hearing or kind)
    return CasePlan(
        number=number,
        agency=draws.choice([place for place in offence.agencies if place < agencies]),
        offence=offence,
        fine=fine,
        gains=_draw_gains(draws, fine, kind),
        has_hearing_right=hearing_right,
        is_major=has_hearing or setting == "major",
        is_minor=setting == "minor",
        has_statement=has_statement,
        has_hearing=has_hearing,
        has_waiver=may_waive and draws.chance(150),
        has_second_round=not kind and draws.chance(150),
        has_seizure=(not offence.natural and draws.chance(100)) or setting == "seizure",
        is_revoked=kind == "not_withdrawn" or (not kind and fine > 0 and draws.chance(30)),
        retrievals=1 if draws.chance(200) else 0,
        pace=_draw_pace(draws, kind),
        violation=violation,
    )


def is_major(offence: words.Offence, fine: int) -> bool:
    """Return whether the review catalogues adopted here make a case major by its fine or item."""
    natural, organisation = words.MAJOR_FINE_NATURAL_MIN, words.MAJOR_FINE_ORGANISATION_MIN
    threshold = natural if offence.natural else organisation
    return fine >= threshold or offence.item_code in words.MAJOR_ITEMS


def _draw_gains(draws: Draws, fine: int, kind: str) -> int:
    """Return what is confiscated; nothing where the default catalogue would make it major."""
    gains = draws.between(5, 200) * 1_000 if fine and draws.chance(300) else 0
    return 0 if kind == "no_catalogue_in_force" else gains


def off_the_benchmark(offence: words.Offence) -> int:
    """Return the fine that no grade of the benchmarks published here has, fen.

    Honest fines are multiples of the step, so no honest case has it.
    """
    step = _FINE_STEP_NATURAL if offence.natural else _FINE_STEP_ORGANISATION
    return max(offence.fine_min, step) + 100


def _draw_setting(draws: Draws) -> Setting:
    drawn = draws.below(100)
    if drawn < 20:
        return "major"
    if drawn < 50:
        return "hearing_right"
    return "warning" if drawn < 58 else "plain"


def _draw_offence(
    draws: Draws, setting: Setting, agencies: int, thresholds: tuple[int, int]
) -> tuple[words.Offence, int]:
    """Return an offence and a fine that make a case of that setting."""
    suitable = []
    for offence in words.OFFENCES:
        low, high = _range(offence, setting, thresholds)
        low, high = max(low, offence.fine_min), min(high, offence.fine_max)
        is_suitable = low <= high and offence.natural is not _OTHER_PARTY.get(setting)
        acting = [place for place in offence.agencies if place < agencies]
        if is_suitable and len(acting) > (setting == "person"):
            suitable.append((offence, low, high))
    offence, low, high = draws.choice(suitable)
    step = _FINE_STEP_NATURAL if offence.natural else _FINE_STEP_ORGANISATION
    return offence, draws.between(-(-low // step), high // step) * step


def _range(
    offence: words.Offence, setting: Setting, thresholds: tuple[int, int]
) -> tuple[int, int]:
    hearing_min = thresholds[0 if offence.natural else 1]
    organisation, natural = words.MAJOR_FINE_ORGANISATION_MIN, words.MAJOR_FINE_NATURAL_MIN
    major_min = natural if offence.natural else organisation
    by_item = offence.item_code in words.MAJOR_ITEMS
    if setting == "warning":
        return 0, 0
    if setting == "major":
        return (1 if by_item else major_min), _ENDLESS
    if by_item:
        return 1, 0
    if setting == "hearing_right":
        return hearing_min, major_min - 1
    return 1, hearing_min - 1


def _draw_pace(draws: Draws, kind: str) -> Pace:
    pace = Pace(
        filing=draws.between(2, 8),
        examination=draws.between(1, 4),
        inquiry=draws.between(1, 5),
        verification=draws.between(1, 4),
        conclusion=draws.between(2, 6),
        notice=draws.between(1, 3),
        statement=draws.between(1, 3),
        statement_review=draws.between(1, 2),
        hearing_request=draws.between(1, 4),
        hearing_notice=draws.between(1, 2),
        hearing=draws.between(8, 10),
        window=6,
        review=draws.between(1, 3),
        decision=draws.between(0, 2),
        service=draws.between(0, 3),
        payment=draws.between(1, 8),
        closing=draws.between(1, 3),
        archive=draws.between(3, 14),
    )
    if kind == "decided_before_window_ended":
        return pace._replace(window=2, decision=0)
    if kind == "late_service":
        return pace._replace(service=draws.between(9, 12))
    if kind in ("late_disclosure", "not_withdrawn"):
        return pace._replace(service=draws.between(0, 2), closing=12)
    if kind == "hearing_announced_late":
        return pace._replace(hearing=5)
    if kind == "reviewed_late":
        return pace._replace(review=13)
    if kind == "agreed_after_decision":
        return pace._replace(service=0)
    if kind in ("cash_kept_too_long", "additional_fine_in_remedy"):
        return pace._replace(payment=0)
    # From filing to decision a clean case takes at most 50 working days, some 75 days.
    return pace._replace(conclusion=70) if kind == "decided_after_90_days" else pace
