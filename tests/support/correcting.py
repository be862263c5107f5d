"""Payloads of corrections: the whole payload of an act anew, each value as its pattern wants it."""

from __future__ import annotations

from typing import Any

from tests.support.ledger_copy import FINGERPRINTS, codec_of, digest, sample


def correction(target: bytes, event_type: str, version: int = 1, **said: Any) -> dict[str, Any]:
    """Return the payload of an ``EventCorrected``.

    Args:
        target: Event id of the act that is corrected.
        event_type: Its type.
        version: Of the schema of the new payload.
        said: What the new payload says; the rest is the least that the schema takes.
    """
    whole = _hashed(sample(event_type, version, **said))
    codec = codec_of(event_type, version)
    assert codec.pattern_fault(whole) is None, codec.pattern_fault(whole)
    return sample(
        "EventCorrected",
        targetEventId=target,
        payloadSchema=FINGERPRINTS[event_type, version],
        payload=codec.encode(whole),
    )


def _hashed(value: Any, name: str = "") -> Any:
    """Return a payload whose digests are digests."""
    if isinstance(value, dict):
        return {key: _hashed(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_hashed(member, name) for member in value]
    return digest(name) if value == "x" and name.endswith("Hash") else value
