"""The quick check of every published schema, against its codec, on good and damaged payloads."""

import random
import re
from unittest.mock import patch

import pytest

from ledger.chain.avro import compile_codec
from ledger.chain.avro_schema import Array, Enum, Fixed, Nullable, Record, Scalar
from ledger.errors import MalformedAvroError
from schemas.loader import event_schemas

TEXTS = [
    "现场笔录",
    "x",
    "sha256:" + "a" * 64,
    "case:1",
    "430100",
    "A-1",
    "长市监〔2026〕1号",
    "/a/b",
    "x/control",
    "store:a",
    "0020-0001-0002",
    "y" * 64,
    "1.0",
    "x" * 70,
    "11430100FCT000022L",
    "blake3-sum2048:" + "0" * 512,
    "https://a",
    "R1_X",
]
NUMBERS = {"int": [0, -1, 20_000, 2**31 - 1], "long": [0, 5, -7, 1_793_534_400_000_000, 2**62]}


def value_of(shape, draw):
    """Return a value of a schema."""
    if isinstance(shape, Record):
        return {field.name: value_of(field.shape, draw) for field in shape.fields}
    if isinstance(shape, Nullable):
        return None if draw.random() < 0.3 else value_of(shape.inner, draw)
    if isinstance(shape, Array):
        return [value_of(shape.items, draw) for _ in range(draw.choice([0, 1, 2, 5, 7]))]
    if isinstance(shape, Enum):
        return draw.choice(shape.symbols)
    if isinstance(shape, Fixed):
        return draw.randbytes(shape.size)
    if isinstance(shape, Scalar):
        if shape.kind in NUMBERS:
            return draw.choice(NUMBERS[shape.kind])
        return draw.random() < 0.5 if shape.kind == "boolean" else draw.randbytes(5)
    fitting = [text for text in TEXTS if not shape.pattern or re.fullmatch(shape.pattern, text)]
    return draw.choice(fitting if fitting and draw.random() < 0.95 else TEXTS)


def damaged(data, draw):
    """Return bytes with one or two of them changed, added or taken away."""
    bytes_ = bytearray(data)
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(len(bytes_) + 1)
        how = draw.choice("cia") if at < len(bytes_) else "i"
        if how == "c":
            bytes_[at] = draw.randrange(256)
        elif how == "i":
            bytes_.insert(at, draw.randrange(256))
        else:
            del bytes_[at]
    return bytes(bytes_)


def is_strict(codec, data):
    """Tell what the careful way says."""
    try:
        with patch("ledger.chain.avro.IS_COMPILED", new=False):
            return codec.pattern_fault(codec.decode(data)) is None
    except MalformedAvroError:
        return False


@pytest.mark.parametrize("pair", event_schemas(), ids=lambda pair: f"{pair[0]}.v{pair[1]}")
def test_no_schema_accepts_quickly_what_it_refuses_carefully(pair):
    """Seeded: the same payloads each time."""
    draw = random.Random(f"{pair}")
    codec = compile_codec(event_schemas()[pair])
    check = codec.is_surely_strict
    for _ in range(4):
        good = codec.encode(value_of(codec.shape, draw))
        for data in (good, *(damaged(good, draw) for _ in range(8))):
            assert is_strict(codec, data) or not check(data)
