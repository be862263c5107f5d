from collections.abc import Collection, Mapping
from typing import Any, TypeVar

_E = TypeVar("_E")
_A = TypeVar("_A")
_O = TypeVar("_O")

def unpack_records(
    data: bytes,
    at: int,
    record: type[tuple[Any, ...]],
    topic: str,
    partition: int,
    base_offset: int,
    first_timestamp: int,
    append_timestamp: int | None,
    count: int,
) -> list[Any] | None: ...
def inclusion_paths(
    nodes: Mapping[int, bytes],
    edges: Mapping[int, bytes],
    size: int,
    height: int,
    wanted: list[int],
) -> dict[int, tuple[bytes, ...]]: ...
def plain_entries(
    items: list[Any],
    at: int,
    judged: type[Any],
    new_entry: type[_E],
    source_of: tuple[type[Any], str],
    taken: tuple[Collection[bytes], ...],
    new: dict[bytes, int],
    leaf_index: int,
    clock: tuple[int, int, bool],
    tolerance: int,
) -> tuple[list[_E], list[Any]]: ...
def committed_answers(
    items: list[Any],
    at: int,
    entries: list[Any],
    extras: list[bytes],
    leaf_index: int,
    answer: type[_A],
    outcome: str,
) -> list[_A]: ...
def outcomes_of(
    answers: list[Any], paths: list[tuple[bytes, ...]], outcome: type[_O]
) -> dict[tuple[str, bytes], list[_O]]: ...
