"""Any one changed byte of any file of a case package is found, and the file is named."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.dossier import MANIFEST, PARTS, Facts, format_manifest
from ledger.chain.dossier_check import verify_case_package
from ledger.chain.stream_heads import (
    AnchoredHeads,
    StreamHead,
    check_head,
    head_paths,
    stream_heads_root,
)
from ledger.errors import VerificationError
from tests.support.packages import CASE_ID, PackageLedger

LEDGER = PackageLedger()
LEDGER.anchor()
PACKAGE = LEDGER.package()
KEYS = [LEDGER.control.signer.key]
FACTS = Facts(
    CASE_ID,
    sum(path.startswith("case/entries/") for path in PACKAGE) // 2,
    {part: LEDGER.packed_checkpoint(part) for part in PARTS},
    {part: LEDGER.anchors[part][1] for part in PARTS},
)


def test_the_package_is_proved_before_it_is_changed():
    """Else nothing below would say anything."""
    assert verify_case_package(PACKAGE, KEYS).exit_code == 0


@settings(max_examples=300)
@given(st.sampled_from(sorted(PACKAGE)), st.data())
def test_a_changed_byte_of_any_file_is_found(path, data):
    """Method: one byte of one file becomes another; where the manifest is left alone it names it."""
    content = bytearray(PACKAGE[path])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    report = verify_case_package(PACKAGE | {path: bytes(content)}, KEYS)
    assert report.exit_code in (10, 11, 12)
    named = {row.path for row in report.findings}
    assert path == MANIFEST or path in named


@settings(max_examples=200)
@given(st.sampled_from(sorted(PACKAGE.keys() - {MANIFEST})), st.data())
def test_a_changed_byte_is_found_though_the_manifest_was_rewritten(path, data):
    """Nothing rests on the manifest: everything in a package is proven, or follows from what is."""
    content = bytearray(PACKAGE[path])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    files = PACKAGE | {path: bytes(content)}
    report = verify_case_package(files | {MANIFEST: format_manifest(files, FACTS)}, KEYS)
    assert report.exit_code in (10, 11, 12)


@settings(max_examples=60)
@given(st.sampled_from(sorted(PACKAGE)), st.data())
def test_a_shortened_file_is_found(path, data):
    """As a copy that was cut off leaves it."""
    content = PACKAGE[path][: data.draw(st.integers(0, len(PACKAGE[path]) - 1))]
    assert verify_case_package(PACKAGE | {path: content}, KEYS).exit_code != 0


HEADS = st.lists(
    st.builds(
        StreamHead,
        st.from_regex(r"[a-z0-9:.-]{1,20}", fullmatch=True),
        st.integers(1, 1 << 40),
        st.binary(min_size=32, max_size=32),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda head: head.stream_id,
)


@given(HEADS, st.data())
def test_every_head_has_a_path_to_the_root_and_no_other_version_has(heads, data):
    """In trees of every shape."""
    anchored = AnchoredHeads("l/control", 1 << 50, stream_heads_root(heads), len(heads))
    head = data.draw(st.sampled_from(heads))
    (place,) = head_paths(heads, {head.stream_id})
    check_head(anchored, place, head.link)
    for forged, link in (
        (place._replace(version=head.version + 1), head.link),
        (place, bytes(31) + bytes([head.link[31] ^ 1])),
        (place._replace(stream_id=head.stream_id + "x"), head.link),
    ):
        try:
            check_head(anchored, forged, link)
        except VerificationError:
            continue
        raise AssertionError(forged)
