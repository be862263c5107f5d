"""The six stages of a penalty case, each with its acts or with the act that says why it is absent.

Read before: ``stream``, ``schemas/stages/penalty-case.json``. Read next: ``portal/cli/case.py``.

行政处罚法 (2021) art. 47: the whole process, from initiation to execution, is recorded and kept.
Which act belongs to which stage, and which excuses the absence of one, is in the file. A fold only
says what is there; whether an absence was lawful is for the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ledger.domain.stream import StreamAct
from schemas.loader import file_json

FILE: Final = "stages/penalty-case.json"


class StageAct(NamedTuple):
    """A row of the file: an act that counts for a stage, or excuses it."""

    event_type: str
    when: Mapping[str, Sequence[Any]]  # Path in the payload, and the values it may have there.
    cn: str  # The reason in words; empty for an act that counts.


class StageRow(NamedTuple):
    """One stage as the file has it."""

    stage: str
    cn: str
    acts: tuple[StageAct, ...]
    absence: tuple[StageAct, ...]


class Stage(NamedTuple):
    """One stage of a case.

    Attributes:
        stage: Its name in the file, such as ``INITIATION``.
        cn: Its name in the statute.
        versions: Versions in the stream of the acts that belong to it.
        absence: Version of the first act that excuses its absence, None where it is there, or
            where nothing does.
        reason: What that act says, in words.
    """

    stage: str
    cn: str
    versions: tuple[int, ...]
    absence: int | None
    reason: str | None

    @property
    def is_accounted_for(self) -> bool:
        """Whether the stage has an act, or a recorded reason why it has none."""
        return bool(self.versions) or self.absence is not None


@cache
def stage_rows() -> tuple[StageRow, ...]:
    """Return the stages of the file in their order."""
    return tuple(
        StageRow(row["stage"], row["cn"], _acts(row["acts"]), _acts(row["absence"]))
        for row in file_json(FILE)["stages"]
    )


def case_stages(acts: Sequence[StreamAct]) -> tuple[Stage, ...]:
    """Return the six stages of a case after these acts, in the order of the statute.

    Of a matter that is no case the statute says nothing: then there are none.
    """
    if acts and all(item.act.case_id is None for item in acts):
        return ()
    return tuple(_stage(row, acts) for row in stage_rows())


def stages_of(item: StreamAct) -> tuple[str, ...]:
    """Return the stages that one act belongs to, or whose absence it excuses."""
    return tuple(
        row.stage for row in stage_rows() if _matching((*row.acts, *row.absence), item) is not None
    )


@cache
def stage_types() -> frozenset[str]:
    """Return the types of all acts that the file speaks of."""
    return frozenset(act.event_type for row in stage_rows() for act in (*row.acts, *row.absence))


def _stage(row: StageRow, acts: Sequence[StreamAct]) -> Stage:
    versions = tuple(
        item.entry.stream_version for item in acts if _matching(row.acts, item) is not None
    )
    if versions:
        return Stage(row.stage, row.cn, versions, None, None)
    for item in acts:
        if (reason := _matching(row.absence, item)) is not None:
            return Stage(row.stage, row.cn, (), item.entry.stream_version, reason.cn)
    return Stage(row.stage, row.cn, (), None, None)


def _matching(rows: Sequence[StageAct], item: StreamAct) -> StageAct | None:
    return next((row for row in rows if _matches(row, item)), None)


def _matches(row: StageAct, item: StreamAct) -> bool:
    return row.event_type == item.event_type and all(
        _value(item.payload, path) in allowed for path, allowed in row.when.items()
    )


def _value(payload: Mapping[str, Any], path: str) -> Any:
    value: Any = payload
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _acts(rows: Sequence[Mapping[str, Any]]) -> tuple[StageAct, ...]:
    return tuple(StageAct(row["type"], row.get("when", {}), row.get("cn", "")) for row in rows)
