from collections.abc import Mapping
from typing import Any

def follow(
    nodes: dict[int, tuple[bytes, bytes]],
    lz_proof: bytes,
    head_size: int,
    first_line: bytes,
    act: bytes,
    last: int,
) -> int: ...
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
def may_be_personal(value: bytes) -> bool: ...
def inclusion_paths(
    nodes: Mapping[tuple[int, int], bytes],
    edges: Mapping[int, bytes],
    size: int,
    height: int,
    wanted: list[int],
) -> dict[int, tuple[bytes, ...]]: ...
