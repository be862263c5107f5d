"""A stage of a case as a document: the same members in the HTTP API and on the command line.

Read before: ``ledger/domain/case_stages.py``. Read next: ``portal/api/cases.py``,
``portal/cli/case.py``.
"""

from __future__ import annotations

from typing import Any

from ledger.domain.case_stages import Stage


def stage_document(stage: Stage) -> dict[str, Any]:
    """Return a stage as JSON: the versions of its acts, or of the act that excuses its absence.

    Versions are strings, as all 64-bit numbers are.
    """
    return {
        "stage": stage.stage,
        "name": stage.cn,
        "versions": [str(version) for version in stage.versions],
        "absence_version": None if stage.absence is None else str(stage.absence),
        "absence_reason": stage.reason,
        "is_accounted_for": stage.is_accounted_for,
    }
