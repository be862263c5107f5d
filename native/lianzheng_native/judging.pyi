from collections.abc import Callable, Mapping, Sequence
from typing import Any

def follow(
    nodes: dict[int, tuple[bytes, bytes]],
    lz_proof: bytes,
    head_size: int,
    first_line: bytes,
    act: bytes,
    last: int,
) -> int: ...
def may_be_personal(value: bytes) -> bool: ...

class QuickJudge:
    def __init__(
        self,
        header: bytes,
        first_line: bytes,
        types: Mapping[bytes, tuple[Any, Any, bytes, bool]],
        parties: Mapping[bytes, Any],
        allowed: Mapping[tuple[str, Any], bool],
        *,
        judged: type[Any],
        headers: type[Any],
        refused: tuple[type[Exception], ...],
        is_simulated: bool,
        partitions: int,
        read_headers: Callable[[list[tuple[str, bytes | None]]], Any],
        known_submission: Callable[[bytes], Any],
        count_nodes: Callable[[int], None],
        look_inside: Callable[[Any], None],
    ) -> None: ...
    def examine(self, records: Sequence[Any], careful: Callable[[Any], Any]) -> list[Any]: ...
