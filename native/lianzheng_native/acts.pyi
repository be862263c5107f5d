from collections.abc import Mapping
from typing import Any, TypeVar

_A = TypeVar("_A")

def read_act(value: bytes, header: bytes, act: type[_A], actor: type[Any]) -> _A | None: ...
def read_known_act(
    value: bytes,
    header: bytes,
    act: type[_A],
    actor: type[Any],
    types: Mapping[bytes, tuple[tuple[str, int, bytes], Any]],
    parties: Mapping[bytes, Any],
) -> tuple[Any, Any, _A] | None: ...
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
