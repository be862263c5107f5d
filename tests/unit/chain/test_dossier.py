"""A case package is proved as it is, and whatever is taken away or changed is named."""

from __future__ import annotations

import json

import pytest

from ledger.chain import dossier_check
from ledger.chain.dossier import (
    CASE,
    CONTROL,
    MANIFEST,
    Facts,
    Heads,
    entry_numbers,
    format_heads,
    format_manifest,
    parse_heads,
)
from ledger.chain.dossier_check import verify_case_package
from ledger.chain.entry import decode_entry
from ledger.chain.receipt import parse_receipt
from ledger.chain.stream_heads import HeadPath
from ledger.errors import MalformedError
from tests.support.logs import EMITTER, LogBuilder, signer
from tests.support.packages import CASE_ID, OTHER_ID, PackageLedger


@pytest.fixture(scope="module")
def ledger():
    made = PackageLedger()
    made.anchor()
    return made


@pytest.fixture
def package(ledger):
    return ledger.package()


def check(files, *keys):
    """Verify a package under the control log's key, or these."""
    return verify_case_package(files, keys or [signer("ledger.example/control").key])


def kinds(report):
    return set(report.counts)


def relisted(ledger, files, entries=3):
    """Give a package the manifest that whoever changed it would write."""
    facts = Facts(
        CASE_ID,
        entries,
        {part: ledger.packed_checkpoint(part) for part in (CASE, CONTROL)},
        {part: ledger.anchors[part][1] for part in (CASE, CONTROL)},
    )
    return {**files, MANIFEST: format_manifest(files, facts)}


ONE_HEAD = b'{"index":"0","path":[],"stream":"s","version":"1"}'


def entry_files(number):
    """The two files of a version of the case."""
    return {f"case/entries/{number:010d}{end}" for end in (".act", ".tlog-proof")}


def without(files, *paths):
    return {path: data for path, data in files.items() if path not in paths}


def test_a_package_is_proved_under_the_control_logs_key_alone(ledger, package):
    report = check(package)
    assert (report.findings, report.exit_code) == ((), 0)
    assert (report.stream, report.entries) == (CASE_ID, 3)
    assert report.anchored_size == len(ledger.case.entries)


def test_the_manifest_of_an_untouched_package_is_the_one_that_is_made_again(ledger, package):
    """So what ``relisted`` gives is what a forger can give."""
    assert relisted(ledger, package) == package


def test_a_removed_entry_is_missing(package):
    report = check(without(package, *entry_files(2)))
    assert (report.exit_code, kinds(report)) == (11, {"missing"})
    assert {row.path for row in report.findings} == entry_files(2)


def test_the_schema_of_a_removed_entry_is_no_surplus():
    """Where no other entry is of its type."""
    ledger = PackageLedger(acts=2)
    ledger.anchor()
    report = check(without(ledger.package(), *entry_files(1)))
    assert (report.exit_code, kinds(report)) == (11, {"missing"})


def test_a_removed_entry_is_named_though_the_manifest_was_rewritten(ledger, package):
    report = check(relisted(ledger, without(package, *entry_files(2)), 2))
    assert report.exit_code == 10
    assert [row.text for row in report.findings] == [
        "version 2 of the stream is not in the package"
    ]


def test_only_the_anchor_tells_that_the_last_entry_was_removed(ledger, package):
    """Manifest and heads rewritten: all that is left is whole, and yet not all of it."""
    place = parse_heads(package["case/heads.json"]).places[0]
    shorter = Heads(ledger.anchors[CASE][0], (place._replace(version=2),))
    files = without(package, *entry_files(3)) | {"case/heads.json": format_heads(shorter)}
    report = check(relisted(ledger, files, 2))
    assert (report.exit_code, kinds(report)) == (10, {"anchor"})
    left = next(row for row in report.findings)
    assert (left.stream, left.path) == (CASE_ID, "case/heads.json")


def test_the_last_entry_cannot_go_and_the_heads_stay(ledger, package):
    report = check(relisted(ledger, without(package, *entry_files(3)), 2))
    assert [row.text for row in report.findings] == [
        "version 3 of the stream is not in the package"
    ]


HUGE = (1 << 63) - 1  # What no range may be made of.


def test_a_head_of_any_version_costs_no_more(ledger, package):
    """Nothing proves the number before the entries are counted; whoever made the package wrote it."""
    place = parse_heads(package["case/heads.json"]).places[0]
    heads = Heads(ledger.anchors[CASE][0], (place._replace(version=HUGE),))
    files = package | {"case/heads.json": format_heads(heads)}
    assert [row.text for row in check(relisted(ledger, files)).findings] == [
        f"versions 4 to {HUGE} of the stream are not in the package"
    ]


def test_a_head_of_any_version_costs_no_more_beside_a_missing_file(ledger, package):
    held = parse_heads(package["control/heads.json"])
    places = (held.places[0]._replace(version=HUGE), *held.places[1:])
    gone = next(path for path in package if path.startswith("control/entries/"))
    files = without(package, gone) | {
        "control/heads.json": format_heads(Heads(held.anchor, places))
    }
    assert "missing" in kinds(check(files))


@pytest.mark.parametrize("added", [1, 500])
def test_heads_of_many_streams_look_at_the_files_no_more_often(ledger, package, monkeypatch, added):
    """Files times streams would be days of work, for whoever is handed a large enough package."""
    held = parse_heads(package["control/heads.json"])
    more = tuple(held.places[0]._replace(stream_id=f"x:{one:04d}") for one in range(added))
    places = tuple(sorted((*held.places, *more)))
    looked = []

    def counted(files, part):
        looked.append(part)
        return entry_numbers(files, part)

    monkeypatch.setattr(dossier_check, "entry_numbers", counted)
    report = check(package | {"control/heads.json": format_heads(Heads(held.anchor, places))})
    assert report.counts["missing"] == added
    assert len(looked) == 4


def test_swapped_entries_are_named(ledger, package):
    files = dict(package)
    for end in (".act", ".tlog-proof"):
        one, two = (f"case/entries/{number:010d}{end}" for number in (1, 2))
        files[one], files[two] = package[two], package[one]
    report = check(relisted(ledger, files))
    assert report.exit_code == 10
    assert {
        (row.expected, row.found) for row in report.findings if row.kind == "stream_version"
    } == {
        ("1", "2"),
        ("2", "1"),
    }


def test_an_entry_of_another_case_is_named(ledger, package):
    other = ledger.package(OTHER_ID)
    files = package | {path: other[path] for path in entry_files(2)}
    report = check(relisted(ledger, files))
    assert report.exit_code == 10
    found = {(row.kind, row.leaf_index, row.stream) for row in report.findings}
    foreign = parse_receipt(other["case/entries/0000000002.tlog-proof"]).index
    assert {("misplaced", foreign, OTHER_ID), ("stream_link", foreign, OTHER_ID)} <= found


def test_another_ledgers_checkpoint_is_not_trusted(package):
    other = LogBuilder("control")
    other.signer = signer("other.example/control")
    other.origin = "other.example/control"
    report = check(package | {"control/checkpoint": other.checkpoint()})
    assert report.exit_code == 12
    assert "checkpoint" in kinds(report)


def test_a_case_log_of_another_key_is_not_trusted(ledger, package):
    """Its key must be the one that entry 0 of the control log names."""
    real, ledger.case.signer = ledger.case.signer, signer("x")
    ledger.case.signer = type(real)(real.name, bytes(32))
    try:
        forged = ledger.case.checkpoint()
    finally:
        ledger.case.signer = real
    report = check(package | {"case/checkpoint": forged})
    assert report.exit_code == 12


def test_the_wrong_key_is_not_trusted(package):
    for wrong in (
        signer("ledger.example/log/0").key,
        type(signer("x"))("ledger.example/control", bytes(32)).key,
    ):
        report = check(package, wrong)
        assert report.exit_code == 12
        assert report.findings[0].path == "control/checkpoint"


def test_a_surplus_file_is_named(ledger, package):
    surplus = package | {"notes.txt": b"looks harmless"}
    for files in (surplus, relisted(ledger, surplus)):
        report = check(files)
        assert (report.exit_code, kinds(report)) == (10, {"unreferenced"})
        assert report.findings[0].path == "notes.txt"


@pytest.mark.parametrize(
    "path",
    [
        "case/checkpoint",
        "case/heads.json",
        "case/log.vkey",
        "control/checkpoint",
        "control/heads.json",
        "control/log.vkey",
        "schemas/CaseClosed.v1.avsc",
        "control/entries/0000000000.act",
        MANIFEST,
    ],
)
def test_a_removed_file_is_named_with_and_without_a_new_manifest(ledger, package, path):
    less = without(package, path)
    report = check(less)
    assert report.exit_code != 0
    assert path in {row.path for row in report.findings if row.kind == "missing"}
    if path != MANIFEST:
        again = check(relisted(ledger, less))
        assert again.exit_code != 0
        assert path in {row.path for row in again.findings}


def test_a_schema_that_was_changed_with_its_line_of_the_manifest_is_named(ledger, package):
    path = "schemas/CaseClosed.v1.avsc"
    files = package | {path: package[path].replace("结案".encode(), "撤案".encode())}
    report = check(relisted(ledger, files))
    assert [(row.kind, row.path) for row in report.findings] == [("file", path)]


def test_a_manifest_that_says_something_else_of_the_package_is_named(package):
    said = json.loads(package[MANIFEST])
    said["entries"] = "4"
    files = package | {MANIFEST: json.dumps(said).encode()}
    report = check(files)
    assert [(row.kind, row.path) for row in report.findings] == [("file", MANIFEST)]


def test_a_revocation_cannot_be_left_out():
    """The emitter's key was revoked before the acts: with the entry untrusted, without it anchored."""
    ledger = PackageLedger(acts=0)
    ledger.revoke(signer(EMITTER))
    ledger.act(4)
    ledger.anchor()
    honest = ledger.package()
    report = check(honest)
    assert (report.exit_code, kinds(report)) == (12, {"signature"})
    revoked = next(
        index
        for index, data in enumerate(ledger.control.entries)
        if b"EmitterKeyRevoked" in data and decode_entry(data).stream_id.startswith("emitter:")
    )
    less = without(
        honest, *(path for path in honest if f"{revoked:010d}" in path and "control" in path)
    )
    heads = parse_heads(less["control/heads.json"])
    places = tuple(
        place._replace(version=1) if place.stream_id.startswith("emitter:") else place
        for place in heads.places
    )
    less["control/heads.json"] = format_heads(heads._replace(places=places))
    forged = check(relisted(ledger, less, 2))
    assert forged.exit_code == 10
    assert ("anchor", f"emitter:{EMITTER}") in {(row.kind, row.stream) for row in forged.findings}


def test_the_catalogue_cannot_be_left_out(ledger, package):
    """Without it nothing would say which acts belong into which log."""
    heads = parse_heads(package["control/heads.json"])
    places = tuple(place for place in heads.places if place.stream_id != "platform:catalogue")
    files = package | {"control/heads.json": format_heads(heads._replace(places=places))}
    report = check(relisted(ledger, files))
    assert report.exit_code == 11
    assert [row.stream for row in report.findings] == ["platform:catalogue"]


def test_an_entry_behind_the_anchor_is_incomplete(ledger):
    """Nothing shows that it is the only one."""
    grown = PackageLedger()
    grown.anchor()
    anchored = dict(grown.anchors)
    grown.act(2)
    grown.anchor((CONTROL,))
    grown.anchors[CASE] = anchored[CASE]
    rows = {
        index: data
        for index, data in enumerate(grown.case.entries)
        if decode_entry(data).stream_id == CASE_ID
    }
    report = check(grown.package(CASE_ID, case=rows))
    assert (report.exit_code, kinds(report)) == (11, {"behind"})


def test_an_anchor_of_false_heads_proves_nothing():
    ledger = PackageLedger()
    ledger.anchor((CASE,), root=bytes(32))
    ledger.anchor((CONTROL,))
    report = check(ledger.package())
    assert (report.exit_code, kinds(report)) == (10, {"anchor"})


def test_nobody_but_the_platform_anchors():
    """An emitter signs an anchor: it does not count."""
    ledger = PackageLedger()
    platform = ledger.control.publish
    ledger.control.publish = ledger.published_by(EMITTER)
    ledger.anchor((CASE,))
    ledger.control.publish = platform
    ledger.anchor((CONTROL,))
    report = check(ledger.package())
    assert report.exit_code == 12
    assert {"anchor", "signature"} <= kinds(report)


def test_an_empty_folder_is_no_package():
    report = check({})
    assert report.exit_code == 11


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"anchor":"1","heads":1}',
        b'{"anchor":1,"heads":[]}',
        b'{"anchor":"01","heads":[]}',
        b'{"heads":[],"anchor":"1"}',
        b'{"anchor":"1","heads":[]} ',
        b'{"anchor":"1","heads":[{"index":"0","path":["00"],"stream":"s","version":"1"}]}',
        b'{"anchor":"1","heads":[{"index":"0","path":[],"stream":"s","version":"0"}]}',
        b'{"anchor":"1","heads":[%s,%s]}' % (2 * (ONE_HEAD,)),
    ],
)
def test_heads_of_another_form_are_refused(data):
    with pytest.raises(MalformedError):
        parse_heads(data)


def test_heads_are_read_as_they_were_written():
    heads = Heads(
        7, (HeadPath("case:1", 2, 3, (bytes(32), b"\x01" * 32)), HeadPath("case:2", 1, 0, ()))
    )
    assert parse_heads(format_heads(heads)) == heads
