"""What goes wrong in planted cases, one fault a case, and the rule that must find it.

Everything else in a simulated history keeps the law, so what the rules find later must be exactly
this. ``trigger`` says which act the truth file names: the act at which the rule first turns true;
where a deadline passes without an act, the act that started it.

Read before: ``consumers/generate/case/plan.py``. Read next: ``consumers/generate/case/matter.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Setting: TypeAlias = Literal["any", "plain", "hearing_right", "major", "warning", "minor"]
"""Which case a fault needs: plain: no hearing right, not major; hearing_right: that, not major;
warning: nothing but a warning; minor: plain, and the party is under eighteen."""


class Violation(NamedTuple):
    """One kind of fault."""

    kind: str
    rule_id: str
    setting: Setting
    trigger: str


VIOLATIONS: Final = (
    Violation("no_credentials_shown", "V-CRED-03", "any", "OnSiteExamined"),
    Violation("suspended_credential", "V-CRED-01", "any", "InquiryRecorded"),
    Violation("one_officer_only", "V-CRED-02", "any", "InquiryRecorded"),
    Violation("no_legal_review", "V-LR-01", "major", "PenaltyDecisionMade"),
    Violation("decided_before_window_ended", "V-PROC-03", "hearing_right", "PenaltyDecisionMade"),
    Violation("other_decision_than_reviewed", "V-LR-07", "major", "PenaltyDecisionMade"),
    Violation("statement_not_reviewed", "V-PROC-08", "any", "PenaltyDecisionMade"),
    Violation("late_service", "V-SRV-01", "warning", "DocumentServed"),
    Violation("late_disclosure", "V-DIS-01", "plain", "PenaltyDecisionMade"),
    Violation("minor_published", "V-DIS-08", "minor", "DisclosurePublishedExternally"),
    Violation("unapproved_offline_access", "V-RET-01", "any", "OfflineAccessReported"),
    Violation("sequence_gap", "V-LED-01", "any", "the first act after the gap"),
    Violation("no_pre_notice", "V-PROC-02", "plain", "PenaltyDecisionMade"),
    Violation("late_entry", "V-TIME-01", "any", "InquiryRecorded"),
    Violation("review_not_passed", "V-LR-02", "major", "PenaltyDecisionMade"),
    Violation("reviewer_is_handler", "V-LR-04", "major", "LegalReviewAccepted"),
    Violation("hearing_not_held", "V-PROC-04", "hearing_right", "PenaltyDecisionMade"),
    Violation("heavier_after_statement", "V-PROC-09", "plain", "PenaltyDecisionMade"),
    Violation("late_upload", "V-EVD-06", "any", "RecordingUploaded"),
    Violation("no_recording", "V-EVD-04", "any", "OnSiteExamined"),
    Violation("checklist_incomplete", "V-LR-10", "major", "LegalReviewConcluded"),
    Violation("not_withdrawn", "V-DIS-02", "plain", "DecisionRevoked"),
    Violation("act_after_closing", "V-PROC-24", "any", "TextRecordMade"),
    Violation("decided_after_90_days", "V-PROC-12", "plain", "PenaltyDecisionMade"),
    Violation("electronic_without_consent", "V-SRV-02", "any", "DocumentServed"),
    Violation("statement_unanswered", "V-PROC-19", "any", "PenaltyDecisionMade"),
)
