"""Many findings of one kind hide none of another: neither its code nor its place."""

from __future__ import annotations

import pytest

from ledger.chain.findings import EXIT_CODES, FINDINGS_MAX, Findings, worst
from ledger.chain.tiles import bundle_path, tile_path
from tests.support.logs import LogBuilder, case_acts
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import judged, kinds, source


def flood(kind: str, count: int = 3 * FINDINGS_MAX, first: int = 0) -> Findings:
    findings = Findings()
    for index in range(first, first + count):
        findings.add(kind, "one of many", index)
    return findings


@pytest.mark.parametrize("kind", sorted(EXIT_CODES))
@pytest.mark.parametrize("flooding", ["missing", "unreferenced", "entry"])
def test_the_last_finding_of_a_flooded_range_is_listed_and_counts(kind: str, flooding: str) -> None:
    part, whole = flood(flooding), Findings()
    part.add(kind, "the one that counts", 9_999)
    whole.merge(flood(flooding))
    whole.merge(part)
    assert len(whole.kept) == FINDINGS_MAX
    assert whole.count == 6 * FINDINGS_MAX + 1
    assert worst(whole.codes) == worst({EXIT_CODES[flooding], EXIT_CODES[kind]})
    if kind != flooding:
        assert [row.leaf_index for row in whole.kept if row.kind == kind] == [9_999]


def test_every_kind_has_its_place_and_the_entries_have_the_rest() -> None:
    whole = Findings()
    for kind in EXIT_CODES:
        whole.merge(flood(kind))
    listed = [row.kind for row in whole.kept]
    assert set(listed) == set(EXIT_CODES)
    assert max(EXIT_CODES, key=listed.count) == "entry"


def test_what_was_changed_is_listed_before_what_is_missing() -> None:
    findings = flood("missing", 5)
    findings.add("unreferenced", "no log of this size has it", None, None, "junk")
    findings.add("entry", "altered", 77)
    findings.add("tile", "too short", 3)
    findings.add("unread", "what follows was not looked for", 999)
    kinds_listed = [row.kind for row in findings.kept]
    assert kinds_listed == ["tile", "entry", "unreferenced", "unread"] + ["missing"] * 5


def test_a_report_takes_further_findings() -> None:
    copy = source()
    for number in range(150):
        copy = copy.with_object(f"junk{number}", b"")
    report = judged(copy.without(bundle_path(0))).with_findings(flood("act", 1, 9))
    assert (report.finding_count, report.exit_code) == (152, 10)
    assert (report.counts["unreferenced"], kinds(report)) == (
        150,
        {"act", "missing", "unreferenced"},
    )


def test_a_hundred_strange_objects_do_not_hide_the_altered_entry() -> None:
    copy = source().flip(bundle_path(0), 20_000)
    for number in range(FINDINGS_MAX):
        copy = copy.with_object(f"junk{number}", b"")
    report = judged(copy)
    assert (report.exit_code, report.findings[0].kind) == (10, "entry")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_hundred_missing_objects_do_not_hide_an_entry_altered_in_their_range(
    workers: int,
) -> None:
    log = LogBuilder()
    acts = case_acts(56 * 256 - 1, streams=12, payload_bytes=20)
    for first in range(0, len(acts), 256):
        log.submit(acts[first : first + 256])
    gone = [path(n) for n in range(1, 53) for path in (bundle_path, lambda n: tile_path(0, n))]
    copy = MemorySource.of(log).without(*gone).flip(bundle_path(54), 5_000)
    report = judged(copy, workers=workers)
    assert (report.exit_code, report.counts) == (10, {"missing": 104, "entry": 1})
    assert report.findings[0].leaf_index is not None
    assert report.findings[0].leaf_index // 256 == 54
