from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

def pack_outcome_items(
    items: Sequence[Any],
    kinds: Mapping[str, bytes],
    problem_bytes: Callable[[Any], bytes],
) -> bytes: ...
def pack_rows(rows: Iterable[Sequence[Any]], kinds: bytes) -> bytes: ...
