"""A bounded memory of proven submissions, so that an act of a known one costs microseconds.

Read before: ``submission``. Read next: ``consumers.append.origin``.

Verifying a signature costs more than all else that is done to an act. So a note is verified
once, and the nodes of its tree that one act's path proved are kept: the next act's path is
followed only up to a node that is known. The memory can only say yes, and only to bytes
that the full check accepts; whatever it does not know goes through the full check, so that
codes never depend on what came before. It holds no verdict about keys: whether a key was
valid for an act, the caller judges on ``ProvenSubmission.signers`` each time.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections import OrderedDict
from hashlib import sha256
from typing import Final, NamedTuple

from ledger.chain.compiled import IS_COMPILED, judging
from ledger.chain.notes import KeyMap, VerifierKey
from ledger.chain.submission import (
    PROOF_LINE,
    SubmissionText,
    check_act,
    check_note,
    parse_proof,
)
from ledger.errors import MalformedProofError, OriginError
from ledger.limits import SUBMISSION_ACTS_MAX

NODES_MAX: Final = 65_536  # About 30 MB; a submission of 64 acts takes 64 nodes.
_LEVEL_BITS: Final = 10  # A node's key is level << 10 | place: a batch has at most 1,024 leaves.
_HASH_CHARS: Final = 44  # Base64 of 32 bytes: 42 signs, one of 16 that leave no stray bit, padding.
_LINE_ENDS: Final = frozenset(
    sign.encode() + end for sign in "AEIMQUYcgkosw048" for end in (b"=\n", b"=")
)

# The canonical spellings of all indexes there can be.
_INDEXES: Final = {b"%d" % index: index for index in range(SUBMISSION_ACTS_MAX)}


class ProvenSubmission(NamedTuple):
    """A submission whose note is proven."""

    text: SubmissionText
    signers: tuple[VerifierKey, ...]  # The emitter's key first; empty if none was asked for.


class Known:
    """A proven note and the nodes of its tree that have been proven so far."""

    __slots__ = ("last", "nodes", "proven", "tail")

    def __init__(self, note: bytes, proven: ProvenSubmission) -> None:
        self.tail = b"\n\n" + note  # What every header of this submission ends with.
        self.proven = proven
        self.last = proven.text.size - 1
        # Node by key: its hash, and the rest of the path from it up to the root as text.
        root_key = self.last.bit_length() << _LEVEL_BITS
        self.nodes: dict[int, tuple[bytes, bytes]] = {root_key: (proven.text.root, b"")}


class SubmissionCache:
    """Checks the origin of acts, one signature verification a submission.

    Not thread-safe: one appender or verifier, one cache.
    """

    def __init__(self, nodes_max: int = NODES_MAX) -> None:
        """Keep at most about ``nodes_max`` nodes; the least recently used notes go first."""
        self._notes: OrderedDict[bytes, Known] = OrderedDict()
        self._nodes_max = nodes_max
        self.node_count = 0
        self._latest: Known | None = None

    def __contains__(self, note: bytes) -> bool:
        return note in self._notes

    def check(
        self, lz_proof: bytes, act: bytes, emitter_id: str, ledger: str, keys: KeyMap | None
    ) -> ProvenSubmission:
        """Return the proven submission of an act.

        Args:
            lz_proof: The header's bytes.
            act: The act's value bytes.
            emitter_id: The emitter that the act names.
            ledger: Name of this ledger.
            keys: Every Ed25519 key ever registered, by name and id; a key may join, never
                leave. None checks all but the signatures.

        Raises:
            MalformedProofError: ``R1_BAD_HEADER`` or ``R1_BATCH_SIZE``.
            OriginError: ``R2_LEDGER``, ``R2_KEY_UNKNOWN``, ``R2_SIGNATURE``, ``R2_EMITTER`` or
                ``R2_PATH``: the first that fails, in this order.
        """
        # Acts of one submission come in a row, likely.
        known = self._latest
        if not IS_COMPILED or known is None or not lz_proof.endswith(known.tail):
            known = self.known(lz_proof)
        if known is not None:
            text, signers = known.proven
            if (
                text.emitter_id == emitter_id
                and text.ledger == ledger
                and (signers or keys is None)
                and self._follow(known, lz_proof, act)
            ):
                return known.proven
        proof = parse_proof(lz_proof)
        if keys is not None:
            signers = check_note(proof, ledger, keys)
        elif proof.text.ledger == ledger:
            signers = ()
        else:
            raise OriginError("R2_LEDGER", "submission for another ledger")
        check_act(proof, act, emitter_id)
        return self._remember(lz_proof, ProvenSubmission(proof.text, signers), act)

    def known(self, lz_proof: bytes) -> Known | None:
        """Return the proven submission of a proof, None if its note was never verified."""
        note = lz_proof.partition(b"\n\n")[2]
        known = self._notes.get(note)
        if known is not None:
            self._notes.move_to_end(note)
            self._latest = known
        return known

    def learn(self, lz_proof: bytes, ledger: str, keys: KeyMap) -> Known | None:
        """Verify the note of a proof and keep it; return None if anything is wrong with it.

        Says nothing of any act: a path still has to lead to the note's root.
        """
        try:
            proof = parse_proof(lz_proof)
            signers = check_note(proof, ledger, keys)
        except (MalformedProofError, OriginError):
            return None
        return self._keep(proof.note, ProvenSubmission(proof.text, signers))

    def count_nodes(self, added: int) -> None:
        """Count nodes that a path has added to a known submission; forget old ones if need be."""
        self.node_count += added
        while self.node_count > self._nodes_max and len(self._notes) > 1:
            _, oldest = self._notes.popitem(last=False)
            self.node_count -= len(oldest.nodes)

    def _remember(self, lz_proof: bytes, proven: ProvenSubmission, act: bytes) -> ProvenSubmission:
        known = self._keep(lz_proof.partition(b"\n\n")[2], proven)
        self._follow(known, lz_proof, act)
        return known.proven

    def _keep(self, note: bytes, proven: ProvenSubmission) -> Known:
        known = self._notes.get(note)
        if known is None:
            known = self._latest = self._notes[note] = Known(note, proven)
            self.count_nodes(1)
        elif proven.signers:
            known.proven = proven
        return known

    def _follow(self, known: Known, lz_proof: bytes, act: bytes) -> bool:
        """Say whether a path leads from ``act`` to a known node, and keep what it proved."""
        if not IS_COMPILED:
            return self._follow_carefully(known, lz_proof, act)
        # The blank line is the first one: the compiled twin accepts no other before it.
        head_size = len(lz_proof) - len(known.tail)
        added = judging.follow(known.nodes, lz_proof, head_size, PROOF_LINE, act, known.last)
        if added > 0:
            self.count_nodes(added)
        return added >= 0

    def _follow_carefully(self, known: Known, lz_proof: bytes, act: bytes) -> bool:
        """Do what ``_follow`` does; the twin of ``judging.follow``."""
        head = lz_proof.partition(b"\n\n")[0]
        if not head.startswith(PROOF_LINE):
            return False
        index_text, _, path = head[len(PROOF_LINE) :].partition(b"\n")
        place, last, level, at = _INDEXES.get(index_text, SUBMISSION_ACTS_MAX), known.last, 0, 0
        if place > last:
            return False
        node = sha256(b"\0" + act).digest()
        nodes, passed = known.nodes, []
        while (found := nodes.get(level << _LEVEL_BITS | place)) is None:
            if place == last and not place & 1:
                # A last node without a right neighbour is its own parent.
                place, last, level = place >> 1, last >> 1, level + 1
                continue
            line = path[at : at + _HASH_CHARS]
            try:
                sibling = a2b_base64(line)
            except ValueError:
                return False
            # The decoder is lenient, but 43 signs of its alphabet are the least for 32 bytes,
            # and the end of the line is looked at: so it is the one canonical spelling.
            if len(sibling) != 32 or path[at + 42 : at + 45] not in _LINE_ENDS:
                return False
            passed.append((level << _LEVEL_BITS | place, node, sibling, at + _HASH_CHARS))
            node = sha256(b"\1" + (sibling + node if place & 1 else node + sibling)).digest()
            place, last, level, at = place >> 1, last >> 1, level + 1, at + _HASH_CHARS + 1
        if found[0] != node or found[1] != path[at:]:
            return False
        if passed:
            # Only now are the siblings proven. Every act not seen yet lies under one of them.
            before = len(nodes)
            for key, hash_, sibling, end in passed:
                nodes[key ^ 1] = (sibling, b2a_base64(hash_, newline=False) + path[end:])
            self.count_nodes(len(nodes) - before)
        return True
