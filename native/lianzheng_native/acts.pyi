from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_A = TypeVar("_A")

def read_act(value: bytes, header: bytes, act: type[_A], actor: type[Any]) -> _A | None: ...
def read_entry(data: bytes, entry: type[_A], source: type[Any]) -> tuple[_A, int, int] | None: ...
def pack_prefix(
    leaf_index: int,
    stream_id: str,
    stream_version: int,
    stream_link: bytes,
    received_at: int,
    control_size: int,
    opened: int,
    source: tuple[str, str, int, int, int] | None,
    submission: bytes,
    act_length: int,
) -> bytes: ...
def make_entries(
    made: list[Any],
    leaf_index: int,
    control_size: int,
    heads: Mapping[str, Any],
    moved: dict[str, Any],
    rows: list[Any],
    link_of: Callable[[bytes], bytes],
    stream_head: type[Any],
    entry_row: type[Any],
) -> list[bytes]: ...
