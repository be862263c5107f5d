"""Indicators of a running ledger: the API, the command line and the acts behind a number agree."""

from __future__ import annotations

import json

from tests.support.api import ask
from tests.support.running import RunningLedger, program, wait_for

AFTERWARDS = "2026-11-26T00:00:00%2B08:00"


def test_a_number_leads_to_the_acts_behind_it(seeded: RunningLedger) -> None:
    """Both counts are as many facts; of an act there is a receipt; the table has the same lines."""
    path = "/v1/indicators/K-02"
    whole = ask(seeded, f"{path}?at={AFTERWARDS}", role="auditor").document
    facts = ask(seeded, f"{path}/facts?limit=100&at={AFTERWARDS}", role="auditor").document["items"]
    met = ask(
        seeded, f"{path}/facts?limit=100&outcome=IN&at={AFTERWARDS}", role="auditor"
    ).document["items"]

    assert whole["denominator"] == len(facts) > 0
    assert whole["numerator"] == len(met)
    assert sum(part["denominator"] for part in whole["by_agency"]) == len(facts)
    assert ask(seeded, f"/v1/receipts/{facts[0]['event_id']}", role="auditor").status == 200
    table = ask(seeded, f"{path}/facts.csv?at={AFTERWARDS}", role="auditor")
    assert len(table.body.splitlines()) == len(facts) + 1

    at = AFTERWARDS.replace("%2B", "+")
    shown = program("indicator", "show", "K-02", "--json", "--as-of", at, "--data", seeded.data)
    document = json.loads(shown.stdout)
    assert (document["numerator"], document["denominator"]) == (len(met), len(facts))
    before = program(
        "indicator", "show", "K-02", "--json", "--as-of", "2000-01-01", "--data", seeded.data
    )
    assert json.loads(before.stdout)["denominator"] == 0


def test_all_indicators_are_listed_with_formula_and_counts(seeded: RunningLedger) -> None:
    """Without a denominator there is a dash; whoever may not, and what is no indicator."""
    items = ask(seeded, "/v1/indicators?period=1999", role="supervisor").document["items"]
    assert {item["rate"] for item in items} == {"–"}
    assert all(item["formula"] for item in items)
    assert ask(seeded, "/v1/indicators/K-99", role="auditor").status == 404
    assert ask(seeded, "/v1/indicators?period=99", role="auditor").status == 422
    assert ask(seeded, "/v1/indicators", role="clerk").status == 403
    assert ask(seeded, "/v1/indicators").status == 401


def test_a_recorded_check_counts_its_segments_as_verified(seeded: RunningLedger) -> None:
    """K-28: anchored segments, and those that a check of the whole ledger found sound."""
    for words in (("anchor",), ("check", "--record")):
        done = program("ledger", *words, "--data", seeded.data)
        assert done.returncode == 0, done.stdout + done.stderr

    def is_whole() -> bool:
        shown = program("indicator", "show", "K-28", "--json", "--data", seeded.data)
        document = json.loads(shown.stdout)
        return 0 < document["denominator"] == document["numerator"]

    wait_for(is_whole, 60, "every anchored segment is verified")


def test_a_form_with_empty_fields_is_answered(seeded: RunningLedger) -> None:
    """A browser sends them as empty texts; they ask for nothing."""
    for path in ("/console/indicators?period=2026&agency=&at=", "/v1/indicators?period=&agency="):
        assert ask(seeded, path, role="supervisor").status == 200, path


def test_annual_statistics_are_made_again_to_the_byte(seeded: RunningLedger, tmp_path) -> None:
    """Of everything, and once more of the sizes that the first report names."""
    first, again = tmp_path / "first", tmp_path / "again"
    made = program("statistics", "make", "2026", first, "--json", "--data", seeded.data)
    assert made.returncode == 0, made.stdout + made.stderr
    document = json.loads(made.stdout)
    assert document["failed_checks"] == []

    as_of = first / "tables.json"
    second = program("statistics", "make", "2026", again, "--as-of", as_of, "--data", seeded.data)
    assert second.returncode == 0, second.stdout + second.stderr
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted([*document["files"]]) == sorted(path.name for path in again.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
    tables = json.loads(as_of.read_text(encoding="utf-8"))["tables"]
    assert tables[0]["total"]["TOTAL"] > 0

    same = program("statistics", "check", first, "--data", seeded.data)
    assert same.returncode == 0, same.stdout + same.stderr
    (first / "01-T1.csv").write_bytes(b"another")
    changed = program("statistics", "check", first, "--json", "--data", seeded.data)
    assert changed.returncode == 10
    assert json.loads(changed.stdout)["differing_files"] == ["01-T1.csv"]
    text = as_of.read_text(encoding="utf-8")
    root = json.loads(text)["as_of"][0]["root"]
    as_of.write_text(text.replace(root, root[::-1]), encoding="utf-8")
    assert program("statistics", "check", first, "--data", seeded.data).returncode == 10
