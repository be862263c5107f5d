"""The catalogue is whole: every act that the law knows, and only rules and deadlines it knows."""

import json
from functools import cache
from pathlib import Path

import pytest

from schemas.catalogue import Law, load_catalogue
from schemas.catalogue_rules import EMITTERS, LAW
from schemas.loader import event_schema_files, file_json

LISTED = json.loads((Path(__file__).parent / "event_types.json").read_text())
TYPES = [name for names in LISTED.values() for name in names]
AGGREGATES = {
    *("Ledger", "Platform", "Schema", "Emitter", "Anchor", "View", "Vault", "Hold", "Correction"),
    *("Agency", "Device", "Officer", "Item", "List", "Template", "Organisation", "Statistics"),
    *("Case", "Measure", "Licence", "Inspection", "InspectionPlan", "EnforcementAct"),
    *("LegalReview", "Evidence", "Media", "CaseFile", "Disclosure", "Retrieval"),
    *("Alert", "Deadline", "Supervision", "Complaint", "InfoRequest", "DataExchange"),
}
# Numbers of the rules and deadlines of each family; gaps are meant.
RULES = {
    "V-CRED": range(1, 7),
    "V-PROC": range(2, 26),
    "V-LR": range(1, 13),
    "V-COE": (*range(1, 8), 9),
    "V-INS": range(1, 5),
    "V-EVD": range(1, 12),
    "V-SRV": range(1, 4),
    "V-EXE": range(1, 5),
    "V-DIS": (1, 2, 3, *range(5, 12)),
    "V-RET": range(1, 8),
    "V-TIME": range(1, 4),
    "V-LED": range(1, 5),
    "V-ORG": range(1, 5),
}
DEADLINES = {
    "D-PEN": range(1, 6),
    "D-HEA": range(1, 3),
    "D-SRV": range(1, 3),
    "D-EXE": range(1, 5),
    "D-REM": range(1, 3),
    "D-COE": range(1, 8),
    "D-TRF": range(1, 4),
    "D-LIC": range(1, 8),
    "D-LR": range(1, 4),
    "D-DIS": range(1, 9),
    "D-INF": range(1, 2),
    "D-REC": range(1, 3),
    "D-ARC": range(1, 3),
    "D-RET": range(1, 5),
    "D-SUP": range(1, 3),
    "D-ORG": range(1, 4),
}
# Begun by a day that no act of its own says: the end of a violation, of a year, of a licence.
NO_ACT_STARTS = {
    *("D-PEN-05", "D-EXE-04", "D-COE-07", "D-LIC-07", "D-DIS-07", "D-DIS-08"),
    *("D-ORG-01", "D-ORG-02", "D-ORG-03"),
}
# Earliest days and spans of keeping: nothing is due at their end.
NO_ACT_FULFILS = {"D-SRV-02", "D-COE-05", "D-COE-06", "D-REC-02", "D-ARC-02"}


@cache
def rows():
    """Return the catalogue's rows by type."""
    return load_catalogue().rows


def ids(families, *others):
    """Return the ids of the families, and what stands beside them."""
    return {f"{name}-{n:02}" for name, numbers in families.items() for n in numbers} | {*others}


def named(column):
    """Return the ids that the rows name in a column of the law."""
    return {one for row in rows().values() for one in getattr(row.law, column)}


def test_the_catalogue_has_exactly_the_listed_types():
    """Both ways, and none is listed twice."""
    assert len(set(TYPES)) == len(TYPES)
    assert sorted(TYPES) == sorted(rows())


def test_the_listed_sections_are_those_of_the_law():
    """Every kind of act that the law knows has types; an emptied section is noticed."""
    assert len(LISTED) == 17
    assert [section for section, names in LISTED.items() if not names] == []


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_schema_term_aggregate_emitters_and_tier(name):
    """The row agrees with its first schema, and every word of it is known."""
    row = rows()[name]
    schema = file_json(event_schema_files()[name, 1])
    assert (schema["name"], schema["cn"]) == (name, row.cn)
    assert row.aggregate in AGGREGATES
    assert set(row.emitters) <= set(EMITTERS)
    assert row.emitters
    assert row.tier in (1, 2)


def test_every_aggregate_and_kind_of_system_is_used():
    """A word that nothing has any more is taken out."""
    assert {row.aggregate for row in rows().values()} == AGGREGATES
    assert {kind for row in rows().values() for kind in row.emitters} == set(EMITTERS)


def test_rows_name_only_rules_and_deadlines_that_there_are():
    """Column by column; what is read and what is checked are the same columns."""
    assert Law._fields == LAW
    deadlines = ids(DEADLINES, "D-DIS-01a", "D-DIS-01b")
    assert named("preconditions") <= ids(RULES) | deadlines
    for column in LAW[1:]:
        assert named(column) <= deadlines, column


def test_every_deadline_is_begun_and_met_by_acts():
    """But for those that no act begins, or at whose end nothing is due."""
    deadlines = ids(DEADLINES, "D-DIS-01a", "D-DIS-01b")
    assert len(deadlines) == 59
    assert deadlines - named("starts") == NO_ACT_STARTS
    assert deadlines - named("fulfils") == NO_ACT_FULFILS


def test_what_pauses_a_deadline_has_what_lets_it_go_on():
    """A span said in one act, or a request for papers that the next submission answers, apart."""
    assert named("pauses") - named("resumes") == {"D-COE-02", "D-LR-01"}
    assert named("resumes") <= named("pauses")
    assert named("extends") <= named("fulfils") | NO_ACT_FULFILS
