"""Comparing penalties: kinds, amounts, and which of two sets is the heavier one.

Read before: ``ledger/domain/major.py``. Read next: ``procedure``.

Only kind, amount and duration are looked at; what a penalty is about is a commitment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

CONFISCATIONS: Final = frozenset({"CONFISCATE_GAINS", "CONFISCATE_GOODS"})
FINES: Final = frozenset({"FINE"})

Penalties: TypeAlias = Collection[Mapping[str, Any]]


class _Weight(NamedTuple):
    fen: int
    days: int


def amount(penalties: Penalties, kinds: Collection[str]) -> int:
    """Return what penalties of some kinds amount to, fen."""
    return sum(it["amountFen"] or 0 for it in penalties if it["kind"] in kinds)


def kinds(penalties: Penalties) -> set[str]:
    """Return the kinds of penalties."""
    return {it["kind"] for it in penalties}


def plain(penalties: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what penalties say without commitments, which differ each time."""
    return sorted((it["kind"], it["amountFen"] or 0, it["durationDays"] or 0) for it in penalties)


def is_heavier(penalties: Penalties, notified: Penalties, order: Sequence[str]) -> bool:
    """Tell whether penalties are heavier than those that were notified (行政处罚法 art. 45).

    The heaviest kind decides; where it is the same, one more kind, a higher amount or a longer
    time of any kind.

    Args:
        penalties: What was decided.
        notified: What the party was told.
        order: All kinds, from the lightest to the heaviest.
    """
    heaviest = max((order.index(it["kind"]) for it in penalties), default=-1)
    before = max((order.index(it["kind"]) for it in notified), default=-1)
    if heaviest != before:
        return heaviest > before
    known = _weights(notified)
    return any(
        kind not in known or weight.fen > known[kind].fen or weight.days > known[kind].days
        for kind, weight in _weights(penalties).items()
    )


def _weights(penalties: Penalties) -> dict[str, _Weight]:
    weights: dict[str, _Weight] = {}
    for it in penalties:
        fen, days = weights.get(it["kind"], _Weight(0, 0))
        weights[it["kind"]] = _Weight(
            fen + (it["amountFen"] or 0), days + (it["durationDays"] or 0)
        )
    return weights
