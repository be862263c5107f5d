"""The container of ``POST /v1/acts``: what is read, and what is refused with which code."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from portal.intake.container import read_container
from schemas.loader import schema_text
from tests.support.vectors import load

SYNC = bytes(range(16))


def item(key: str = "case:1", act: bytes = b"act") -> dict[str, Any]:
    return {
        "key": key,
        "act": act,
        "lzProof": b"proof",
        "lzSeal": None,
        "lzSealed": None,
        "lzSimTime": None,
    }


def container(items: list[dict[str, Any]], **options: Any) -> bytes:
    """Write a container with another implementation."""
    out = io.BytesIO()
    schema = fastavro.parse_schema(json.loads(schema_text("SubmissionItem.avsc")))
    fastavro.writer(out, schema, items, sync_marker=SYNC, **options)
    return out.getvalue()


def test_reads_the_vectors_containers() -> None:
    """The containers of the golden vectors give the acts of their batch."""
    submissions = load("submissions")
    batch = next(one for one in submissions["batches"] if one["name"] == "three")

    items = read_container(bytes.fromhex(submissions["container"]["body"]))

    assert [one.act.hex() for one in items] == batch["acts"]


def test_reads_the_sealed_vectors_container() -> None:
    """Sealed values come through byte for byte."""
    body = bytes.fromhex(load("sealing")["container"]["body"])

    items = read_container(body)

    assert all(one.seal is not None for one in items)


@given(
    acts=st.lists(st.binary(max_size=200), min_size=1, max_size=40),
    interval=st.integers(min_value=16, max_value=2_000),
)
def test_reads_what_another_implementation_wrote(acts: list[bytes], interval: int) -> None:
    """Any division into blocks gives the same items."""
    body = container([item(act=act) for act in acts], sync_interval=interval)

    assert [one.act for one in read_container(body)] == acts


@pytest.mark.parametrize(("count", "code"), [(0, "R1_BATCH_SIZE"), (1_025, "R1_BATCH_SIZE")])
def test_refuses_a_batch_of_the_wrong_size(count: int, code: str) -> None:
    """An empty batch and one act too many have a code of their own."""
    with pytest.raises(MalformedError) as caught:
        read_container(container([item()] * count))

    assert caught.value.code == code


def test_takes_the_largest_batch() -> None:
    assert len(read_container(container([item()] * 1_024))) == 1_024


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"Obj\x01",
        b"Obj\x01" + b"\xff" * 40,
        container([item()])[:-1],
        container([item()]) + b"\x00",
        container([item()])[:-16] + bytes(16),
        container([item()], codec="deflate"),
        container([item()]).replace(b'"lzProof"', b'"lzProxf"'),
    ],
    ids=["empty", "json", "magic", "noise", "short", "long", "sync", "codec", "schema"],
)
def test_refuses_what_is_no_container(body: bytes) -> None:
    """Whatever is not exactly a container of ours is refused whole."""
    with pytest.raises(MalformedError) as caught:
        read_container(body)

    assert caught.value.code == "R1_MALFORMED_CONTAINER"


@given(body=st.binary(max_size=300))
def test_noise_is_refused_and_never_crashes(body: bytes) -> None:
    """Random bytes after the magic raise the one error that callers expect."""
    with pytest.raises(MalformedError):
        read_container(b"Obj\x01" + body)


@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_an_item(data: st.DataObject) -> None:
    """No byte of a container is ignored, but for the names of its schema's attributes."""
    whole = container([item(act=b"first"), item(key="case:2", act=b"second")])
    start = whole.index(SYNC)
    at = data.draw(st.integers(start, len(whole) - 1))
    forged = bytearray(whole)
    forged[at] ^= 1 << data.draw(st.integers(0, 7))

    try:
        read = read_container(bytes(forged))
    except MalformedError:
        return

    assert read != read_container(whole)
