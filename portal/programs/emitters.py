"""Registering, rotating and revoking emitters' keys: acts of the platform in the control log.

Read before: ``portal/cli/emitter.py``. Read next: ``portal/programs/platform_hand.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from consumers.emitter.emitter_keys import EmitterKeys
from ledger.chain.note_keys import VerifierKey
from ledger.clock import system_random
from ledger.errors import MalformedError
from ledger.store.key_files import ensure_signer
from portal.cli.verifying import read_keys
from portal.programs.platform_hand import open_platform


def register_emitter(
    data: Path,
    emitter: str,
    kind: str,
    agencies: Sequence[str],
    event_types: Sequence[str],
    vkey_file: Path | None,
) -> dict[str, str]:
    """Register an emitter; return its id, public key and, if made here, its private key's file.

    Raises:
        RejectedError: The ledger refuses; it has the code.
        MalformedError: An option is not what it must be.
        UnavailableError: The key file cannot be read, or no broker answers.
    """
    given = None if vkey_file is None else _given_key(vkey_file, emitter)
    with open_platform(data) as platform:
        unknown = set(event_types) - set(platform.rows)
        if unknown:
            raise MalformedError(
                f"there is no event type {min(unknown)}; see: lianzheng schema list"
            )
        key, made = (given, {}) if given is not None else _make_key(data, emitter, emitter)
        act = platform.acts.emitter_registered(
            emitter, key.vkey, kind, list(agencies), sorted(event_types), platform.now()
        )
        platform.submit(act)
    return {"emitter": emitter, "vkey": key.vkey, **made}


def rotate_emitter(data: Path, emitter: str, vkey_file: Path | None) -> dict[str, str]:
    """Give an emitter a new key; return it. Raises RejectedError where it is not registered."""
    given = None if vkey_file is None else _given_key(vkey_file, emitter)
    with open_platform(data) as platform:
        old = platform.current_key(emitter)
        count = len(list((data / "keys" / "emitters").glob(f"{emitter}*.key")))
        name = f"{emitter}.{count + 1}"
        key, made = (given, {}) if given is not None else _make_key(data, name, emitter)
        platform.submit(
            platform.acts.emitter_key_rotated(emitter, key.vkey, old.vkey, platform.now())
        )
    return {"emitter": emitter, "vkey": key.vkey, **made}


def revoke_emitter(data: Path, emitter: str, reason: str) -> dict[str, str]:
    """Revoke an emitter's key; return it. Raises RejectedError where it is not registered."""
    with open_platform(data) as platform:
        key = platform.current_key(emitter)
        platform.submit(
            platform.acts.emitter_key_revoked(emitter, key.vkey, reason, platform.now())
        )
    return {"emitter": emitter, "revoked": key.vkey}


def _given_key(file: Path, emitter: str) -> VerifierKey:
    """Return the public key that the emitter made. Raises MalformedError, UnavailableError."""
    keys = read_keys(file)
    if len(keys) != 1 or keys[0].name != emitter:
        raise MalformedError(f"{file} must hold one key named {emitter}")
    return keys[0]


def _make_key(data: Path, file: str, emitter: str) -> tuple[VerifierKey, dict[str, str]]:
    """Make a key pair below the data folder; return the public key and where the other is."""
    folder = data / "keys" / "emitters"
    if file == emitter:
        EmitterKeys(folder, system_random).ensure(emitter)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    signer = ensure_signer(folder, file, emitter, system_random)
    return signer.key, {"key_file": str(folder / f"{file}.key")}
