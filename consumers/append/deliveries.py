"""What leaves once a promise covers it: outcomes with receipts, and notices of refusals.

Read before: ``promise_queue``, ``paths``. Read next: ``consumers/receipts.py``, which sends them.

Outcomes of one submission and commit go together, to its emitter; what came of unproven origin is
told nobody but the rejected topic, so nobody can answer for another's event id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from consumers.append.paths import PathMaker
from consumers.append.promise_queue import Promised
from consumers.receipts import Deliveries, EmitterOutcomes, RejectedNotice
from ledger.chain.compiled import IS_COMPILED, append
from ledger.chain.entry import Source
from ledger.chain.outcomes import Outcome, Outcomes, Problem
from ledger.chain.proofs import NodeReader
from ledger.chain.tree import Frontier, Node


class Answer(NamedTuple):
    """What became of one act, before its path is known."""

    emitter_id: str
    batch: bytes  # 16 bytes, the submission's UUID.
    event_id: bytes
    source: Source
    outcome: str
    leaf_index: int | None
    extra: bytes | None  # With it goes the inclusion path of ``leaf_index``.
    problem: Problem | None


class Answers(NamedTuple):
    """What one commit has to tell, once its size is promised."""

    size: int  # Tree size after the commit.
    answers: Sequence[Answer]
    notices: Sequence[RejectedNotice]
    first_leaf: int
    leaves: Sequence[bytes]  # Leaf hashes that the commit added.
    nodes: Sequence[Node]
    frontier: Frontier  # Of the tree after the commit.


class Outbox:
    """Keeps answers back until their commit is promised; not thread-safe."""

    def __init__(self, read: NodeReader, frontier_at: Callable[[int, bytes], Frontier]) -> None:
        """Complete paths from the store.

        Args:
            read: Reads stored nodes.
            frontier_at: Returns the frontier of a stored tree by size and root.
        """
        self._read = read
        self._frontier_at = frontier_at
        self._waiting: deque[Answers] = deque()

    def put(self, answers: Answers) -> None:
        """Keep the answers of a commit; commits come in order."""
        self._waiting.append(answers)

    @property
    def newest_size(self) -> int:
        """Tree size that has to be promised for everything to leave; 0 if nothing waits."""
        return self._waiting[-1].size if self._waiting else 0

    def take(self, promised: Promised) -> Deliveries:
        """Return everything that the newest promise covers, with receipts under that promise.

        Raises:
            UnavailableError: the database is away; nothing is taken then.
        """
        if not self._waiting or self._waiting[0].size > promised.size:
            return Deliveries((), ())
        ready = [it for it in self._waiting if it.size <= promised.size]
        receipts = self._receipts(ready, promised)
        for _ in ready:
            self._waiting.popleft()
        return Deliveries(receipts, [notice for it in ready for notice in it.notices])

    def _receipts(self, ready: Sequence[Answers], promised: Promised) -> list[EmitterOutcomes]:
        answers = [answer for it in ready for answer in it.answers]
        proven = [
            it.leaf_index for it in answers if it.leaf_index is not None and it.extra is not None
        ]
        paths = self._paths(ready, promised, proven)
        groups = _outcomes_of(answers, paths)
        return [
            EmitterOutcomes(emitter_id, Outcomes(batch, promised.checkpoint, tuple(items)))
            for (emitter_id, batch), items in groups.items()
        ]

    def _paths(
        self, ready: Sequence[Answers], promised: Promised, indexes: Sequence[int]
    ) -> list[tuple[bytes, ...]]:
        if not indexes:
            return []
        frontier = ready[-1].frontier
        if (frontier.size, frontier.root()) != (promised.size, promised.root):
            # Another owner of this log promised more than we have appended.
            frontier = self._frontier_at(promised.size, promised.root)
        maker = PathMaker(frontier, self._read)
        for it in ready:
            maker.add(it.first_leaf, it.leaves, it.nodes)
        return maker.paths(indexes)


def _outcomes_of(
    answers: list[Answer], paths: list[tuple[bytes, ...]]
) -> dict[tuple[str, bytes], list[Outcome]]:
    """Return outcomes by emitter and submission, each with its path."""
    if IS_COMPILED:
        return append.outcomes_of(answers, paths, Outcome)
    groups: dict[tuple[str, bytes], list[Outcome]] = {}
    rest = iter(paths)
    for it in answers:
        path = next(rest) if it.extra is not None else ()
        groups.setdefault((it.emitter_id, it.batch), []).append(
            Outcome(it.event_id, it.source, it.outcome, it.leaf_index, it.extra, path, it.problem)
        )
    return groups
