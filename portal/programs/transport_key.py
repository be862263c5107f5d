"""Rotating the vault's transport key: a private key here, its public half in the control log.

Read before: ``portal/cli/ledger_keys.py``, docs/spec/sealing.md. Read next:
``consumers/append/openings.py``, which opens with it.

The file is there before the act, so no appender meets a seal that it cannot open. The old private
key is left alone: it opens what is under way, and what Kafka still holds, until its own end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.chain.canonical_text import base64_text
from ledger.clock import MICROS_PER_SECOND, system_random
from ledger.domain.control import ControlState
from ledger.store.key_files import ensure_transport_key, transport_public_key
from portal.cli.times import iso_time
from portal.programs.files import transport_keys
from portal.programs.platform_hand import open_platform

_DAY_MICROS = 86_400 * MICROS_PER_SECOND


def rotate_key(data: Path, days: int) -> dict[str, Any]:
    """Make the next transport key and publish it; return it, without the private half.

    Args:
        data: Data folder of a running ledger.
        days: From now until emitters may no longer seal to it.

    Raises:
        UnavailableError: The ledger does not run, or the file cannot be written.
        RejectedError: The ledger refuses the act; it has the code.
    """
    with open_platform(data) as platform:
        key_id, private = _next_key(data, platform.state)
        public, start = transport_public_key(private), platform.now()
        end = start + days * _DAY_MICROS
        platform.submit(platform.acts.transport_key_published(key_id, public, start, end))
    return {
        "key_id": key_id,
        "public_key": base64_text(public),
        "from": iso_time(start),
        "to": iso_time(end),
        "key_file": str(data / "keys" / f"transport-{key_id}.key"),
    }


def _next_key(data: Path, state: ControlState) -> tuple[int, bytes]:
    """Return a key that was made and not published, or a new one under an id never used."""
    known = transport_keys(data)
    waiting = known.keys() - state.transport_keys.keys()
    key_id = min(waiting, default=max((*known, *state.transport_keys)) + 1)
    return key_id, ensure_transport_key(data / "keys", key_id, system_random)
