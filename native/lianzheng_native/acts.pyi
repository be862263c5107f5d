from collections.abc import Mapping
from typing import Any

def read_act(
    value: bytes, header: bytes, actor: type[tuple[Any, ...]]
) -> tuple[Any, ...] | None: ...
def read_known_act(
    value: bytes,
    header: bytes,
    act: type[Any],
    actor: type[tuple[Any, ...]],
    types: Mapping[bytes, tuple[tuple[str, int, bytes], Any]],
    parties: Mapping[bytes, Any],
) -> tuple[Any, Any, Any] | None: ...
def read_entry(
    data: bytes, source: type[tuple[Any, ...]]
) -> tuple[tuple[Any, ...], int, int] | None: ...
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
