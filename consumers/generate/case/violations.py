"""What goes wrong in planted cases, one fault a case, and the rule that must find it.

Everything else in a simulated history keeps the law, so what the rules find later must be exactly
this. ``trigger`` says which act the truth file names: the act at which the rule first turns true;
where a deadline passes without an act, the act that started it.

Read before: ``consumers/generate/case/plan.py``. Read next: ``consumers/generate/case/matter.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Setting: TypeAlias = Literal[
    "any",
    "plain",
    "hearing_right",
    "major",
    "warning",
    "minor",
    "seizure",
    "organisation",
    "person",
]
"""Which case a fault needs: plain: no hearing right, not major; hearing_right: that, not major;
warning: nothing but a warning; minor: plain, and the party is under eighteen; organisation: plain,
and the party is one; person: plain, and the party is none, for what two agencies punish; seizure:
organisation, and goods are seized."""


class Violation(NamedTuple):
    """One kind of fault."""

    kind: str
    rule_id: str
    setting: Setting
    trigger: str
    misses: tuple[str, ...] = ()
    """Deadlines that are missed by it; an honest case misses none."""
    also: tuple[tuple[str, str], ...] = ()
    """What cannot go wrong without it: rule and type of the act that the truth file names."""
    is_plain_to_see: bool = False
    """Whether the trigger is the first act of its type in the case, whoever submits it."""
    stream: str = "case"
    """Kind of the stream whose rule finds it."""
    is_by_platform: bool = False
    """Whether an act of the platform breaks the rule; its id depends on the ledger, so the truth
    file names the agency's act that it is about."""


def _seen(
    kind: str,
    rule_id: str,
    setting: Setting,
    trigger: str,
    misses: tuple[str, ...] = (),
    *,
    also: tuple[tuple[str, str], ...] = (),
    is_by_platform: bool = False,
) -> Violation:
    """Return a fault whose trigger is the first act of its type in the case."""
    fault = Violation(kind, rule_id, setting, trigger, misses, also, is_plain_to_see=True)
    return fault._replace(is_by_platform=is_by_platform)


VIOLATIONS: Final = (
    Violation("no_credentials_shown", "V-CRED-03", "any", "OnSiteExamined"),
    Violation("suspended_credential", "V-CRED-01", "any", "InquiryRecorded"),
    Violation("one_officer_only", "V-CRED-02", "any", "InquiryRecorded"),
    Violation("no_legal_review", "V-LR-01", "major", "PenaltyDecisionMade"),
    Violation("decided_before_window_ended", "V-PROC-03", "hearing_right", "PenaltyDecisionMade"),
    Violation("other_decision_than_reviewed", "V-LR-07", "major", "PenaltyDecisionMade"),
    Violation("statement_not_reviewed", "V-PROC-08", "any", "PenaltyDecisionMade"),
    Violation("late_service", "V-SRV-01", "warning", "DocumentServed", ("D-SRV-01",)),
    Violation("late_disclosure", "V-DIS-01", "plain", "PenaltyDecisionMade", ("D-DIS-01",)),
    Violation("minor_published", "V-DIS-08", "minor", "DisclosurePublishedExternally"),
    Violation("unapproved_offline_access", "V-RET-01", "any", "OfflineAccessReported"),
    Violation("sequence_gap", "V-LED-01", "any", "InvestigationConcluded", stream="emitter"),
    Violation("no_pre_notice", "V-PROC-02", "plain", "PenaltyDecisionMade"),
    Violation("late_entry", "V-TIME-01", "any", "InquiryRecorded"),
    Violation("review_not_passed", "V-LR-02", "major", "PenaltyDecisionMade", ("D-LR-03",)),
    Violation("reviewer_is_handler", "V-LR-04", "major", "LegalReviewAccepted"),
    Violation("hearing_not_held", "V-PROC-04", "hearing_right", "PenaltyDecisionMade"),
    Violation("heavier_after_statement", "V-PROC-09", "plain", "PenaltyDecisionMade"),
    Violation("late_upload", "V-EVD-06", "any", "RecordingUploaded", ("D-REC-01",)),
    Violation("no_recording", "V-EVD-04", "any", "OnSiteExamined"),
    Violation("checklist_incomplete", "V-LR-10", "major", "LegalReviewConcluded"),
    Violation("not_withdrawn", "V-DIS-02", "plain", "DecisionRevoked", ("D-DIS-04",)),
    Violation("act_after_closing", "V-PROC-24", "any", "TextRecordMade"),
    Violation("decided_after_90_days", "V-PROC-12", "plain", "PenaltyDecisionMade", ("D-PEN-02",)),
    Violation("electronic_without_consent", "V-SRV-02", "any", "DocumentServed"),
    Violation("statement_unanswered", "V-PROC-19", "any", "PenaltyDecisionMade"),
    _seen("hearing_right_denied", "V-PROC-05", "hearing_right", "PenaltyPreNoticeServed"),
    _seen(
        "hearing_announced_late", "V-PROC-06", "hearing_right", "HearingNoticeServed", ("D-HEA-02",)
    ),
    _seen("handler_chairs_hearing", "V-PROC-07", "hearing_right", "HearingNoticeServed"),
    _seen("facts_not_notified", "V-PROC-10", "any", "PenaltyDecisionMade"),
    _seen("no_collective_discussion", "V-PROC-11", "major", "PenaltyDecisionMade"),
    _seen("minor_not_mitigated", "V-PROC-16", "minor", "PenaltyDecisionMade"),
    _seen("filed_after_limitation", "V-PROC-17", "any", "CaseFiled", ("D-PEN-05",)),
    _seen("decision_not_sealed", "V-PROC-18", "any", "PenaltyDecisionMade"),
    _seen("no_order_to_correct", "V-PROC-21", "any", "PenaltyDecisionMade"),
    _seen("outside_benchmark", "V-PROC-22", "plain", "PenaltyDecisionMade"),
    _seen("crime_not_transferred", "V-PROC-23", "any", "InvestigationConcluded", ("D-TRF-01",)),
    _seen("form_not_in_force", "V-PROC-25", "any", "OnSiteExamined"),
    _seen(
        "agreed_after_decision",
        "V-LR-03",
        "major",
        "LegalReviewConcluded",
        also=(("V-LR-01", "PenaltyDecisionMade"),),
    ),
    _seen("evidence_after_review", "V-LR-05", "major", "PenaltyDecisionMade"),
    _seen("reviewed_late", "V-LR-06", "major", "LegalReviewAccepted", ("D-LR-01",)),
    _seen("opinion_by_another_unit", "V-LR-11", "major", "LegalReviewConcluded"),
    _seen("acted_after_recusal", "V-CRED-04", "any", "InquiryRecorded"),
    _seen("unqualified_reviewer", "V-CRED-05", "major", "LegalReviewAccepted"),
    _seen("auxiliary_enforces", "V-CRED-06", "any", "InquiryRecorded"),
    _seen("measure_without_approval", "V-COE-01", "seizure", "MeasureImposed"),
    _seen(
        "emergency_not_ratified", "V-COE-02", "seizure", "EmergencyMeasureImposed", ("D-COE-01",)
    ),
    _seen("measure_beyond_its_term", "V-COE-03", "seizure", "MeasureImposed", ("D-COE-02",)),
    _seen("papers_made_later", "V-COE-04", "seizure", "MeasureImposed"),
    _seen("pre_registered_and_kept", "V-COE-05", "any", "EvidencePreRegistered", ("D-PEN-03",)),
    _seen("enforced_at_night", "V-COE-06", "plain", "EnforcementDecisionMade"),
    _seen("enforced_without_demand", "V-COE-07", "plain", "EnforcementDecisionMade"),
    _seen("receipt_of_another_file", "V-EVD-01", "any", "DocumentServed"),
    _seen("unregistered_device", "V-EVD-02", "any", "RecordingStarted"),
    _seen("interrupted_without_reason", "V-EVD-05", "any", "RecordingInterrupted"),
    _seen("recording_disposed_of", "V-EVD-07", "any", "MediaDisposed"),
    _seen("custody_gap", "V-EVD-08", "any", "EvidenceTransferred"),
    _seen("excluded_evidence_cited", "V-EVD-09", "any", "PenaltyDecisionMade"),
    _seen(
        "evidence_after_decision",
        "V-EVD-10",
        "any",
        "PenaltyDecisionMade",
        also=(("V-EVD-11", "PenaltyDecisionMade"),),
    ),
    _seen("unverified_evidence_cited", "V-EVD-11", "any", "PenaltyDecisionMade"),
    _seen("left_without_witness", "V-SRV-03", "any", "DocumentServed"),
    _seen("collected_on_the_spot", "V-EXE-01", "plain", "FineCollectedOnSite"),
    _seen("cash_kept_too_long", "V-EXE-02", "plain", "FineCollectedOnSite", ("D-EXE-02",)),
    _seen("additional_fine_too_high", "V-EXE-03", "plain", "AdditionalFineImposed"),
    _seen("additional_fine_in_remedy", "V-EXE-04", "plain", "AdditionalFineImposed"),
    _seen("personal_data_published", "V-DIS-03", "plain", "DisclosurePublishedExternally"),
    _seen("published_before_service", "V-DIS-07", "plain", "DisclosurePublishedExternally"),
    _seen(
        "correction_unanswered", "V-DIS-09", "plain", "DisclosureCorrectionRequested", ("D-DIS-06",)
    ),
    _seen("party_not_told", "V-DIS-11", "plain", "DisclosurePublishedExternally"),
    _seen("access_outside_scope", "V-RET-02", "any", "OfflineAccessReported"),
    _seen("access_before_approval", "V-RET-03", "any", "OfflineAccessReported"),
    _seen("retrieval_not_closed", "V-RET-04", "any", "RetrievalApproved", ("D-RET-02",)),
    _seen("approved_own_access", "V-RET-06", "any", "OfflineAccessReported"),
    _seen(
        "credentials_shown_afterwards",
        "V-TIME-03",
        "any",
        "CredentialsShown",
        also=(("V-CRED-03", "OnSiteExamined"),),
    ),
    _seen("annulled_after_decision", "V-LED-04", "any", "EventAnnulled"),
    _seen("no_catalogue_in_force", "V-LR-09", "plain", "PenaltyDecisionMade"),
    _seen("entrusted_with_coercion", "V-COE-09", "seizure", "MeasureImposed"),
    Violation(
        "unlisted_item_inspected", "V-INS-01", "any", "InspectionTaskApproved", stream="inspection"
    ),
    Violation(
        "inspected_without_approval", "V-INS-02", "any", "InspectionRecordMade", stream="inspection"
    ),
    Violation(
        "draw_not_reproducible", "V-INS-04", "any", "RandomDrawConducted", stream="inspection"
    ),
    Violation("too_much_on_the_spot", "V-PROC-13", "any", "OnSitePenaltyDecided"),
    Violation("filed_with_agency_late", "V-PROC-14", "any", "OnSitePenaltyDecided", ("D-PEN-04",)),
    Violation("clock_drift", "V-EVD-03", "any", "RecorderDeviceChecked", stream="device"),
    Violation("unregistered_evidence_sealed", "V-TIME-02", "any", "EvidenceSealed"),
    Violation("credential_without_exam", "V-ORG-03", "any", "CredentialIssued", stream="officer"),
    Violation("fined_twice", "V-PROC-15", "organisation", "PenaltyDecisionMade"),
    Violation("number_given_twice", "V-PROC-20", "plain", "PenaltyDecisionMade"),
    Violation("too_few_reviewers", "V-LR-08", "any", "StaffingDeclared", stream="agency"),
    Violation("catalogue_lacks_items", "V-LR-12", "plain", "ReviewCatalogueAdopted", stream="list"),
    Violation(
        "reform_task_undone", "V-ORG-02", "any", "ReformTaskPlanned", ("D-ORG-03",), stream="org"
    ),
    Violation(
        "inspected_too_often", "V-INS-03", "any", "InspectionRecordMade", stream="inspection"
    ),
    Violation("corrected_too_often", "V-LED-03", "any", "EventCorrected", stream="emitter"),
    Violation(
        "nothing_published",
        "V-DIS-10",
        "plain",
        "AgencyQualificationConfirmed",
        ("D-DIS-05",),
        stream="agency",
    ),
    _seen(
        "shown_after_repair",
        "V-DIS-06",
        "plain",
        "PenaltyDecisionMade",
        ("D-DIS-08",),
        is_by_platform=True,
    ),
    _seen(
        "emergency_access_kept",
        "V-RET-07",
        "any",
        "PenaltyDecisionMade",
        ("D-RET-04",),
        is_by_platform=True,
    ),
    _seen("other_text_published", "V-DIS-05", "plain", "PenaltyDecisionMade", is_by_platform=True),
    Violation(
        "copy_of_the_log_broken",
        "V-LED-02",
        "any",
        "PenaltyDecisionMade",
        stream="anchor",
        is_by_platform=True,
    ),
    Violation(
        "no_annual_report", "V-ORG-01", "plain", "AgencyRegistered", ("D-ORG-01",), stream="agency"
    ),
    Violation("person_fined_twice", "V-PROC-15", "person", "PenaltyDecisionMade"),
    Violation("suspension_learnt_late", "V-CRED-01", "any", "CredentialSuspended"),
    _seen("copied_unusually_often", "V-RET-05", "any", "PenaltyDecisionMade", is_by_platform=True),
    _seen(
        "confirmed_and_left",
        "V-ORG-04",
        "major",
        "PenaltyDecisionMade",
        also=(("V-LR-01", "PenaltyDecisionMade"),),
        is_by_platform=True,
    ),
)
