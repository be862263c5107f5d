"""Builds submissions: many acts under one signature, their personal values sealed beside them.

Read before: docs/spec/submission.md, ``ledger.chain.submission``. Read next: ``transport``.

A submission is built once and sent again verbatim: its proof and its seal belong together. The
openings in an ``UnsealedAct`` are personal values in the clear; they are in memory here and
nowhere else on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.chain.act import EVENT_ID
from ledger.chain.commitments import Opening
from ledger.chain.ids import uuid7
from ledger.chain.notes import Signer
from ledger.chain.sealing import CONTENT_KEY_BYTES, NONCE_BYTES, seal_key, seal_openings
from ledger.chain.submission import build_submission
from ledger.clock import Clock, Random

_MICROS_PER_MILLI: Final = 1_000


class UnsealedAct(NamedTuple):
    """An act as its emitter has it.

    Attributes:
        key: Stream key, which is the record key.
        value: Act value bytes, header included.
        openings: One for each commitment of the act, in bytewise order of their paths.
        sim_time: When it reaches a ledger with a simulated clock, microseconds UTC, else None.
    """

    key: str
    value: bytes
    openings: Sequence[Opening] = ()
    sim_time: int | None = None


class SubmissionItem(NamedTuple):
    """One act of a submission as it travels; holds nothing personal in the clear.

    Attributes:
        key: Stream key.
        act: Act value bytes.
        proof: ``lz-proof``.
        seal: ``lz-seal`` where the act has openings, else None.
        sealed: ``lz-sealed`` where the act has openings, else None.
        sim_time: ``lz-sim-time``, microseconds UTC, or None.
    """

    key: str
    act: bytes
    proof: bytes
    seal: bytes | None = None
    sealed: bytes | None = None
    sim_time: int | None = None

    @property
    def event_id(self) -> bytes:
        """The act's event id: 16 bytes."""
        return self.act[EVENT_ID]


class VaultKey(NamedTuple):
    """The vault's public transport key, from ``VaultTransportKeyPublished``."""

    key_id: int
    public_key: bytes


def build_items(
    ledger: str,
    acts: Sequence[UnsealedAct],
    signers: Sequence[Signer],
    vault_key: VaultKey | None,
    clock: Clock,
    random: Random,
) -> list[SubmissionItem]:
    """Return the acts of one new submission as they travel, in their order.

    Args:
        ledger: Name of the ledger that they are for.
        acts: 1 to ``SUBMISSION_ACTS_MAX`` acts, all of the first signer.
        signers: The emitter's key, then up to three persons' keys.
        vault_key: Needed where an act has openings.
        clock: Time in the submission's UUID.
        random: Source of the UUID, the content key and the nonces.

    Raises:
        MalformedError: Openings do not fit the schema or are too large.
    """
    batch = uuid7(clock.now_micros() // _MICROS_PER_MILLI, random(10))
    values = [act.value for act in acts]
    proofs = build_submission(ledger, signers[0].name, batch, values, signers)
    content_key = seal = None
    if any(act.openings for act in acts):
        assert vault_key is not None
        content_key = random(CONTENT_KEY_BYTES)
        seal = seal_key(content_key, vault_key.key_id, vault_key.public_key, batch)
    items: list[SubmissionItem] = []
    for act, proof in zip(acts, proofs, strict=True):
        item = SubmissionItem(act.key, act.value, proof, sim_time=act.sim_time)
        if act.openings:
            assert content_key is not None
            sealed = seal_openings(
                content_key, item.event_id, act.value, act.openings, random(NONCE_BYTES)
            )
            item = item._replace(seal=seal, sealed=sealed)
        items.append(item)
    return items
