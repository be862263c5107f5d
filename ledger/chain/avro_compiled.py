"""A schema's shape as the compiled codec wants it.

Read before: ``ledger/chain/compiled.py``. Read next: ``ledger/chain/avro.py``.
"""

from __future__ import annotations

import re
from typing import Any

from ledger.chain.avro_schema import Array, Enum, Fixed, Nullable, Record, Scalar, Shape, Text
from ledger.chain.compiled import avro


def compiled_shape(shape: Shape) -> avro.Shape:
    """Return the compiled twin of a shape; only where ``IS_COMPILED``."""
    if isinstance(shape, Scalar):
        return _compiled(shape.kind)
    if isinstance(shape, Text):
        matches = None if shape.pattern is None else re.compile(shape.pattern).fullmatch
        return _compiled("text", matches=matches)
    if isinstance(shape, Fixed):
        return _compiled("fixed", size=shape.size)
    if isinstance(shape, Enum):
        return _compiled("enum", names=shape.symbols)
    if isinstance(shape, Array):
        return _compiled("array", parts=(compiled_shape(shape.items),))
    if isinstance(shape, Nullable):
        return _compiled("nullable", parts=(compiled_shape(shape.inner),))
    assert isinstance(shape, Record)
    return _compiled(
        "record",
        names=tuple(field.name for field in shape.fields),
        parts=tuple(compiled_shape(field.shape) for field in shape.fields),
    )


def _compiled(
    kind: str,
    size: int = 0,
    names: tuple[str, ...] = (),
    parts: tuple[Any, ...] = (),
    matches: Any = None,
) -> avro.Shape:
    return avro.Shape(kind, size, names, parts, matches)
