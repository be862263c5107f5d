"""Stream links in both profiles."""

import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.tiles import decode_bundle
from ledger.errors import MalformedError
from tests.support.vectors import VECTORS, load

ENTRIES = load("entries")
CASES = [case for part in ("control", "case", "guomi") for case in ENTRIES[part]["entries"]]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['event_type']}-{c['leaf_index']}")
def test_links_are_those_of_the_vectors(case):
    """BLAKE3 in key derivation mode, and SM3 after the context."""
    entry = bytes.fromhex(case["extra"] + case["act"])
    assert case["link_blake3"] == stream_link(entry, "international").hex()
    assert case["link_sm3"] == stream_link(entry, "guomi").hex()


@pytest.mark.parametrize("part", ["control", "case"])
def test_each_entry_of_a_log_carries_the_link_before_it_in_its_stream(part):
    """Followed through all bundles of both logs; versions are dense."""
    log = ENTRIES[part]
    entries = []
    for tile in log["tiles"]:
        if tile["path"].startswith("tile/entries/"):
            bundle = (VECTORS / log["folder"] / tile["path"]).read_bytes()
            start = 256 if "/001" in tile["path"] else 0
            entries[start:] = decode_bundle(bundle)
    heads = {}
    for data, link in zip(entries, log["links"], strict=True):
        entry = decode_entry(data)
        version, before = heads.get(entry.stream_id, (0, ZERO_LINK))
        assert (version + 1, before) == (entry.stream_version, entry.stream_link)
        heads[entry.stream_id] = (entry.stream_version, stream_link(data, "international"))
        assert link == heads[entry.stream_id][1].hex()


def test_the_guomi_chain_carries_sm3_links():
    """Three entries of one stream."""
    before = ZERO_LINK
    for case in ENTRIES["guomi"]["entries"]:
        data = bytes.fromhex(case["extra"] + case["act"])
        assert before == decode_entry(data).stream_link
        before = stream_link(data, "guomi")


def test_another_profile_is_refused():
    """There are two."""
    with pytest.raises(MalformedError):
        stream_link(b"", "sha256")
