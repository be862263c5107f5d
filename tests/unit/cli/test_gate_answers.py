"""What `lianzheng gate` makes of the portal's answers: a document, or an error and its exit code."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import LedgerError
from portal.programs.permit import _document

RULE = {"rule_id": "V-LR-01", "text": "重大执法决定未经法制审核", "basis": "行政处罚法第五十八条"}
FAULT = {"pointer": "/body/draft_hash", "code": "PATTERN", "message": "格式不符"}


def test_an_answer_is_the_document() -> None:
    for status in (200, 201):
        assert _document(status, {"outcome": "CLEARED"}) == {"outcome": "CLEARED"}


@pytest.mark.parametrize(
    ("status", "document", "exit_code", "said"),
    [
        (
            409,
            {"code": "GATE_REFUSED", "failed_rules": [RULE]},
            4,
            "V-LR-01 重大执法决定未经法制审核",
        ),
        (403, {"code": "OTHER_AGENCY", "detail": "限办案机关"}, 4, "限办案机关"),
        (401, {"code": "NOT_LOGGED_IN"}, 4, "NOT_LOGGED_IN"),
        (422, {"code": "INVALID", "errors": [FAULT]}, 2, "/body/draft_hash 格式不符"),
        (404, {"code": "NOT_FOUND"}, 2, "题"),
        (503, {"code": "UNAVAILABLE"}, 3, "题"),
        (503, {"code": "NO_OUTCOME"}, 3, "题"),
        (502, {}, 3, "题"),
        (504, ["no object"], 3, "504"),
        (500, {"code": "NOT_PROVEN", "finding": "entry 7"}, 10, "entry 7"),
        (500, {"code": "INTERNAL", "trace_id": "a1b2"}, 1, "a1b2"),
    ],
)
def test_every_other_answer_has_its_exit_code(
    status: int, document: Any, exit_code: int, said: str
) -> None:
    """As of ledger/errors.py: 4 refused, 2 a mistake, 3 away, 10 not proven, 1 the portal failed."""
    if isinstance(document, dict):
        document = {"title": "题", **document}
    with pytest.raises(LedgerError) as error:
        _document(status, document)
    assert error.value.exit_code == exit_code
    assert said in str(error.value)
