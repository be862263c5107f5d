"""`lianzheng row`: each row of the task table, when it works, and what in a ledger fulfils it."""

from __future__ import annotations

import json

import pytest

from portal.programs.rows import read_row
from tests.support.penalties import CHECKS, review
from tests.support.running import program

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def flagged(open_ledger):
    """A case with an opinion that leaves out one point, which the supervisor sees."""
    case = open_ledger.case()
    review(case, "AGREE", keys=CHECKS[1:])
    case.send()
    case.alert("V-LR-10")
    return case


def test_a_row_names_what_fulfils_it(open_ledger, flagged):
    """The newest entries of its types, proven, with case and place; the alerts of its rules."""
    done = program("row", "show", 13, "--data", open_ledger.ledger.data, "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)

    (opinions,) = shown["event_types"]
    (rule,) = shown["rules"]
    assert (opinions["event_type"], opinions["term"]) == ("LegalReviewConcluded", "审核意见")
    held = [open_ledger.inside.entries(log, "LegalReviewConcluded.v1") for log in "01"]
    assert opinions["entries"] == sum(map(len, held)) >= 1
    assert (rule["rule_id"], rule["in_force"], rule["severity"]) == ("V-LR-10", True, "MEDIUM")
    assert rule["alerts"] >= 1
    own = next(one for one in shown["newest"] if one["stream_id"] == flagged.id)
    entry = flagged.entry("LegalReviewConcluded")
    assert (own["event_id"], own["leaf_index"]) == (entry["event_id"], entry["leaf_index"])
    assert shown["works_when"].startswith("an opinion with 7 of 8 checklist answers")
    assert set(shown["scanned"]) == {"control", "0", "1"}


def test_a_row_is_shown_in_words(open_ledger, flagged):
    """For people: items, sentence, counts and the newest entries."""
    done = program("row", "show", 13, "--data", open_ledger.ledger.data)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("13  明确审核内容\n  13.1  严格审核")
    assert f"审核意见  {flagged.id}" in done.stdout
    assert "alerts V-LR-10 MEDIUM 法制审核要点不完整" in done.stdout


def test_counts_are_of_the_newest_entries_only(open_ledger, flagged, monkeypatch):
    """A window of a few entries: what lies before it is not counted, and the answer says so."""
    whole = read_row(open_ledger.ledger.data, 16)
    monkeypatch.setattr("portal.programs.rows.ENTRIES_SCANNED_MAX", 5)
    few = read_row(open_ledger.ledger.data, 16)

    counted = {one["event_type"]: one["entries"] for one in whole["event_types"]}
    assert counted["SchemaPublished"] > 200
    assert sum(one["entries"] for one in few["event_types"]) <= 15
    assert few["scanned"]["control"] == "5"
    assert all(int(entries) <= 5 for entries in few["scanned"].values())
