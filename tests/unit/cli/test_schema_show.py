"""`schema show`: the exact text for programs, what the catalogue says of the type for people."""

from __future__ import annotations

import pytest

from portal.cli import schema
from schemas.loader import schema_text


def test_the_text_is_the_result_and_the_row_is_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schema.show("CaseFiled")

    printed = capsys.readouterr()
    assert printed.out == schema_text("CaseFiled.v1.avsc")
    assert printed.err.splitlines() == [
        "立案; log case, stream matter; from AGY",
        "preconditions: V-PROC-17",
        "starts: D-PEN-02",
        "fulfils: D-PEN-01",
    ]


def test_a_type_that_the_law_ties_to_nothing_has_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schema.show("TrainingHeld")

    assert capsys.readouterr().err == "执法培训; log control, stream org; from AGY\n"
