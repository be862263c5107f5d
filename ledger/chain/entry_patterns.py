"""Entries and acts as regular expressions: the quick way to say that bytes are strict.

Read before: ``entry``, ``act``. Read next: ``verify_bundles``.

An audit reads every entry of a log, and taking each apart in Python costs more than all its
hashes. One regular expression walks an entry's prefix, another an act's envelope: each text is
an alternative for each length, so that the length byte and the text cannot disagree. They
accept nothing that ``decode_entry`` and ``decode_act`` refuse; what they do not match (longer
texts, text that is not ASCII, more than four actors) goes to those, which then judge. A test
holds both against each other. Trusts nothing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ledger.chain.act import HEADER
from ledger.chain.varint import long_bytes

_ASCII: Final = rb"[\x00-\x7f]"
_IDENTIFIER: Final = rb"[A-Za-z0-9:._-]"
_EVEN_LAST: Final = rb"[" + b"".join(re.escape(bytes([b])) for b in range(0, 128, 2)) + rb"]"
_EVEN_MORE: Final = rb"[" + b"".join(re.escape(bytes([b])) for b in range(128, 256, 2)) + rb"]"

# Varints of at most 9 bytes, minimal: the last of several bytes is not zero. An even first byte
# is a number that is not negative.
LONG: Final = rb"(?:[\x00-\x7f]|[\x80-\xff]{1,8}[\x01-\x7f])"
INT: Final = rb"(?:[\x00-\x7f]|[\x80-\xff]{1,3}[\x01-\x7f])"
COUNT: Final = rb"(?:" + _EVEN_LAST + rb"|" + _EVEN_MORE + rb"[\x80-\xff]{0,7}[\x01-\x7f])"
SMALL_COUNT: Final = (
    rb"(?:" + _EVEN_LAST + rb"|" + _EVEN_MORE + rb"[\x80-\xff]{0,2}[\x01-\x7f])"
)  # Below 2**27, so an int as well.

# What a length of one or two bytes stands for; longer ones are rare.
LENGTHS: Final = {long_bytes(length): length for length in range(8_192)}


@cache
def prefix_pattern() -> re.Pattern[bytes]:
    """Return the pattern of an entry up to and including the submission's length.

    Groups: leafIndex, streamId with its length, streamVersion, streamLink, receivedAt,
    controlSize, length of the submission. Costs milliseconds at the first call.
    """
    uuid = rb"\x48[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    topic = _text(rb"[A-Za-z0-9._-]", 22)
    source = rb"\x02" + uuid + topic + SMALL_COUNT + COUNT + LONG
    return re.compile(
        rb"\x01(%b)(%b)(%b)(.{32})(%b)(%b)%b(?:%b|\x00)(%b)"
        % (COUNT, _text(_IDENTIFIER, 41), COUNT, COUNT, COUNT, SMALL_COUNT, source, COUNT),
        re.DOTALL,
    )


@cache
def act_pattern() -> re.Pattern[bytes]:
    """Return the pattern of an act up to and including the payload's length.

    Groups: eventId; eventType, streamKey and emitterId, each after its length; the payload's
    length. streamKey and emitterId are matched as texts of any sign: the caller compares them
    with names that are good.
    """
    ascii_text, identifier = _text(_ASCII, 0), _text(_IDENTIFIER, 41)
    same = rb"(?:(?P=key)|%b)" % identifier
    actor = identifier + _optional(ascii_text) + ascii_text
    actors = b"|".join(
        rb"%b(?:%b){%d}\x00" % (re.escape(bytes([2 * count])), actor, count)
        for count in range(1, 5)
    )
    parts = (
        re.escape(HEADER) + rb"(.{16})",  # eventId
        rb"(%b)" % _text(_ASCII, 0),  # eventType
        INT + rb".{8}",  # schemaVersion, payloadSchema
        rb"(?P<key>%b)" % _text(b".", 41),  # streamKey
        ascii_text,  # aggregateType
        same,  # aggregateId
        _optional(LONG),  # expectedVersion
        rb"\x24[0-9A-HJ-NPQRTUWXY]{18}",  # agencyId
        _optional(ascii_text),  # delegateId
        rb"(%b)" % _text(b".", 0),  # emitterId
        _optional(LONG),  # emitterSeq
        rb"(?:\x00|%b)" % actors,
        LONG + LONG,  # occurredAt, recordedAt
        rb"\x00",  # lateEntry: where it is there, decode_act reads it
        _optional(rb".{16}") * 2,  # correlationId, causationId
        _optional(same),  # caseId
        _optional(ascii_text),  # itemCode
        rb"(%b)" % COUNT,
    )
    return re.compile(b"".join(parts), re.DOTALL)


def _optional(pattern: bytes) -> bytes:
    return rb"(?:\x00|\x02%b)" % pattern


def _text(alphabet: bytes, likely: int) -> bytes:
    """Return the pattern of a text of 1 to 63 signs after its length, the likely length first."""
    lengths = sorted(range(1, 64), key=lambda length: (length != likely, length))
    rows = (rb"%b%b{%d}" % (re.escape(bytes([2 * length])), alphabet, length) for length in lengths)
    return rb"(?:%b)" % b"|".join(rows)
