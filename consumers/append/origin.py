"""Who sent an act: note, path, key, ledger, emitter.

Read before: ``consumers/loop.py``, ``record``, ``ledger/chain/submission.py``.
Read next: ``consumers/append/decode.py``.

The signature of a submission is verified once; what one act's path proved serves the next ones
(``SubmissionCache``). Whether a key counts is judged for each act anew, at the time the ledger
receives it: a cached note says nothing about keys. Trusts the control log for the keys.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.append.record import JudgedRecord
from ledger.chain.note_keys import ED25519, VerifierKey
from ledger.chain.submission_cache import ProvenSubmission, SubmissionCache
from ledger.domain.control import ControlState
from ledger.domain.control_records import SigningKey
from ledger.errors import OriginError

_FOR_EVER: Final = 1 << 62


class KnownSubmission(NamedTuple):
    """What the compiled judge needs of a submission whose note is proven."""

    tail: bytes  # What every proof of it ends with.
    nodes: dict[int, tuple[bytes, bytes]]
    last: int  # Index of its last act.
    emitter_id: str
    batch: bytes
    valid_from: int
    valid_until: int


class OriginChecker:
    """Checks origins for one appender; not thread-safe."""

    def __init__(self) -> None:
        self._cache = SubmissionCache()
        self._keys: dict[tuple[str, bytes], VerifierKey] = {}
        self._emitters: object = None
        self._persons: object = None
        self._ledger = ""
        self._state: ControlState | None = None
        self._last: tuple[ProvenSubmission | None, tuple[int, int]] = (None, (0, 0))

    def follow(self, state: ControlState) -> None:
        """Judge by this state from now on."""
        self._state = state
        self._last = (None, (0, 0))
        if state.emitters is self._emitters and state.person_keys is self._persons:
            return
        assert state.ledger is not None
        self._ledger = state.ledger.name
        self._emitters, self._persons = state.emitters, state.person_keys
        signing = [SigningKey(state.ledger.platform_key, 0, None)]
        for emitter in state.emitters.values():
            signing += emitter.keys
        for keys in state.person_keys.values():
            signing += keys
        # Every key ever registered: the cache keeps no verdict about one that has ended.
        self._keys = {
            (it.key.name, it.key.key_id): it.key for it in signing if it.key.kind == ED25519
        }

    def prove(self, lz_proof: bytes, value: bytes, emitter_id: str) -> ProvenSubmission:
        """Return the submission that an act came in.

        Raises:
            MalformedProofError: R1_BAD_HEADER or R1_BATCH_SIZE.
            OriginError: R2_LEDGER, R2_KEY_UNKNOWN, R2_SIGNATURE, R2_EMITTER or R2_PATH.
        """
        return self._cache.check(lz_proof, value, emitter_id, self._ledger, self._keys)

    def validity(self, submission: ProvenSubmission) -> tuple[int, int]:
        """Return from when until when, microseconds UTC, all keys under a submission count."""
        last, window = self._last
        if last is not submission:
            window = self._window(submission)
            self._last = (submission, window)
        return window

    def known(self, lz_proof: bytes) -> KnownSubmission | None:
        """Return the submission of a proof if its note proves itself and is for this ledger."""
        known = self._cache.known(lz_proof)
        if known is None:
            known = self._cache.learn(lz_proof, self._ledger, self._keys)
        if known is None or not known.proven.signers or known.proven.text.ledger != self._ledger:
            return None
        text, validity = known.proven.text, self.validity(known.proven)
        return KnownSubmission(
            known.tail, known.nodes, known.last, text.emitter_id, text.batch, *validity
        )

    def count_nodes(self, added: int) -> None:
        """Count nodes added to a known submission (``SubmissionCache.count_nodes``)."""
        self._cache.count_nodes(added)

    def _window(self, submission: ProvenSubmission) -> tuple[int, int]:
        assert self._state is not None
        start, end = 0, _FOR_EVER
        for signer in submission.signers:
            held = self._state.signing_keys(signer.name)
            key = next((it for it in held if it.key is signer or it.key == signer), None)
            if key is None:
                return 1, 0  # Registered in a draft that was never committed.
            start = max(start, key.valid_from)
            end = min(end, _FOR_EVER if key.ended_at is None else key.ended_at)
        return start, end


def check_validity(judged: JudgedRecord, at: int) -> None:
    """Check that every key under a record's submission counts at ``at``, microseconds UTC.

    Raises:
        OriginError: R2_KEY_UNKNOWN: revoked, rotated away or not valid yet.
    """
    if not judged.valid_from <= at < judged.valid_until:
        raise OriginError("R2_KEY_UNKNOWN", "signed under a key that does not count")
