from collections.abc import Callable
from typing import Any

class Shape:
    def __init__(
        self,
        kind: str,
        size: int,
        names: tuple[str, ...],
        parts: tuple[Shape, ...],
        matches: Callable[[str], object] | None,
    ) -> None: ...
    def check(self, data: bytes) -> bool: ...
    def decode(self, data: bytes) -> Any: ...
