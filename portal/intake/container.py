"""The body of ``POST /v1/acts``: an Avro object container of submission items, read strictly.

Read before: docs/spec/intake.md. Read next: ``portal/intake/records.py``.

The framing is that of the Avro specification ("Object Container Files"), codec null only, so no
byte of a body can unfold into more than itself. The writer's schema must have the parsing
canonical form of ours. Whoever sends a body controls all of it: every length is checked against
what is left before anything is taken, and the number of items before they are read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.schema_text import canonical_form
from ledger.errors import MalformedAvroError, MalformedError
from ledger.limits import SUBMISSION_ACTS_MAX
from schemas.loader import schema_text

MAGIC: Final = b"Obj\x01"
SYNC_SIZE_BYTES: Final = 16
META_ENTRIES_MAX: Final = 16
SCHEMA_SIZE_BYTES_MAX: Final = 16_384
VARINT_SIZE_BYTES_MAX: Final = 10
CONTENT_TYPE: Final = CONTAINER_TYPE


def read_container(body: bytes) -> list[SubmissionItem]:
    """Return the 1 to ``SUBMISSION_ACTS_MAX`` items of a container, in order.

    Raises:
        MalformedError: Code R1_BATCH_SIZE if there are none or too many, else
            R1_MALFORMED_CONTAINER. Nothing of the body may be used then.
    """
    try:
        items = _items(body)
    except MalformedAvroError as error:
        raise _malformed(f"{error.fault} at byte {error.position}") from error
    if not items:
        raise MalformedError("no act in the container", code="R1_BATCH_SIZE")
    return items


def _items(body: bytes) -> list[SubmissionItem]:
    position, sync = _read_header(body)
    items: list[SubmissionItem] = []
    while position < len(body):
        count, position = _long(body, position)
        size, position = _long(body, position)
        if count < 1 or len(items) + count > SUBMISSION_ACTS_MAX:
            raise MalformedError("too many acts in the container", code="R1_BATCH_SIZE")
        block_end = position + size
        if size < 0 or block_end + SYNC_SIZE_BYTES > len(body):
            raise _malformed("a block is longer than the body")
        block = body[position:block_end]
        items.extend(_block_items(block, count))
        if body[block_end : block_end + SYNC_SIZE_BYTES] != sync:
            raise _malformed("a block does not end in the sync marker")
        position = block_end + SYNC_SIZE_BYTES
    return items


def _block_items(block: bytes, count: int) -> list[SubmissionItem]:
    codec = _item_codec()
    items: list[SubmissionItem] = []
    position = 0
    for _ in range(count):
        value, position = codec.read(block, position)
        items.append(
            SubmissionItem(
                value["key"],
                value["act"],
                value["lzProof"],
                value["lzSeal"],
                value["lzSealed"],
                value["lzSimTime"],
            )
        )
    if position != len(block):
        raise _malformed("bytes after the last item of a block")
    return items


def _read_header(body: bytes) -> tuple[int, bytes]:
    """Return where the first block starts, and the sync marker."""
    if not body.startswith(MAGIC):
        raise _malformed("not an Avro object container")
    meta, position = _read_meta(body, len(MAGIC))
    if meta.get("avro.codec", b"null") != b"null":
        raise _malformed("the container's codec is not null")
    if not _is_item_schema(meta.get("avro.schema", b"")):
        raise _malformed("the container's schema is not SubmissionItem")
    sync = body[position : position + SYNC_SIZE_BYTES]
    if len(sync) != SYNC_SIZE_BYTES:
        raise _malformed("the header ends early")
    return position + SYNC_SIZE_BYTES, sync


def _read_meta(body: bytes, position: int) -> tuple[dict[str, bytes], int]:
    """Read the header's map: blocks of a count (negative: a byte size follows) and entries."""
    meta: dict[str, bytes] = {}
    while True:
        count, position = _long(body, position)
        if count == 0:
            return meta, position
        if count < 0:
            count = -count
            _, position = _long(body, position)
        if len(meta) + count > META_ENTRIES_MAX:
            raise _malformed("too many entries in the header")
        for _ in range(count):
            key, position = _bytes(body, position)
            value, position = _bytes(body, position)
            meta[key.decode("utf-8", "replace")] = value


def _bytes(body: bytes, position: int) -> tuple[bytes, int]:
    size, position = _long(body, position)
    if size < 0 or size > SCHEMA_SIZE_BYTES_MAX or position + size > len(body):
        raise _malformed("a header value is too long")
    return body[position : position + size], position + size


def _long(body: bytes, position: int) -> tuple[int, int]:
    """Read one zigzag varint of at most 10 bytes."""
    result = 0
    for index, byte in enumerate(body[position : position + VARINT_SIZE_BYTES_MAX]):
        result |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return (result >> 1) ^ -(result & 1), position + index + 1
    raise _malformed("a number does not end")


@lru_cache(maxsize=1)
def _item_codec() -> Codec:
    return compile_codec(schema_text("SubmissionItem.avsc"))


@lru_cache(maxsize=64)
def _is_item_schema(text: bytes) -> bool:
    """Return whether a schema text is ours but for its attributes; remembered per text."""
    try:
        return canonical_form(text.decode()) == canonical_form(schema_text("SubmissionItem.avsc"))
    except (ValueError, KeyError, TypeError, MalformedError, RecursionError):
        return False


def _malformed(text: str) -> MalformedError:
    return MalformedError(text, code="R1_MALFORMED_CONTAINER")
