from typing import TypeAlias

_Entries: TypeAlias = tuple[list[bytes], list[int], list[bytes], list[int], list[int], bytes]
_Acts: TypeAlias = tuple[list[int], list[int], list[int], list[bytes], list[bytes], list[int]]

def read_bundle(
    entries: list[bytes], first: int, header: bytes
) -> tuple[_Entries, _Acts] | None: ...
