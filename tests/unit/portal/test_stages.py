"""A stage as a document."""

from ledger.domain.case_stages import Stage
from portal.api import cases
from portal.cli import case
from portal.stages import stage_document


def test_versions_are_texts_in_the_api_and_on_the_command_line():
    """One function makes both, so whoever reads one can read the other."""
    assert cases.stage_document is case.stage_document is stage_document
    done = stage_document(Stage("FILING", "立案", (1, 1 << 53), None, None))
    absent = stage_document(Stage("FILING", "立案", (), 7, "SUMMARY_PROCEDURE"))

    assert (done["versions"], done["absence_version"]) == (["1", "9007199254740992"], None)
    assert (absent["versions"], absent["absence_version"]) == ([], "7")
    missing = stage_document(Stage("FILING", "立案", (), None, None))
    shown = [one["is_accounted_for"] for one in (done, absent, missing)]
    assert shown == [True, True, False]
