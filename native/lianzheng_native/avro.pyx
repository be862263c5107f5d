# cython: language_level=3
"""Strict Avro, compiled: whether bytes are a value of a schema, and the value.

Twin of ``ledger/chain/avro.py``, whose rules it follows and whose errors it leaves to it: whatever
is not surely right is None or False here, and then the Python codec judges. A test holds both
against each other on good and damaged bytes of every published schema.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from varint cimport read_extent, read_int, read_long

from unicodedata import is_normalized


cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* data, Py_ssize_t size, const char* errors)
    bint PyUnicode_IS_ASCII(object text)


cdef enum:
    BOOLEAN
    INT
    LONG
    BYTES
    TEXT
    FIXED
    ENUM
    ARRAY
    NULLABLE
    RECORD


KINDS = {
    "boolean": BOOLEAN,
    "int": INT,
    "long": LONG,
    "bytes": BYTES,
    "text": TEXT,
    "fixed": FIXED,
    "enum": ENUM,
    "array": ARRAY,
    "nullable": NULLABLE,
    "record": RECORD,
}


class Unlikely(Exception):
    """Not surely right: ask the Python codec."""


cdef class Shape:
    """One shape of a schema.

    Args:
        kind: A key of ``KINDS``.
        size: Bytes of a fixed, else 0.
        names: Fields of a record or symbols of an enum, else empty.
        parts: Shapes of a record's fields, of an array's items, of what may be null.
        matches: For a text with a pattern: says whether a text fits it; else None.
    """

    cdef int kind
    cdef Py_ssize_t size
    cdef tuple names
    cdef tuple parts
    cdef object matches

    def __init__(self, str kind, Py_ssize_t size, tuple names, tuple parts, object matches):
        self.kind = KINDS[kind]
        self.size = size
        self.names = names
        self.parts = parts
        self.matches = matches
        for part in parts:
            if not isinstance(part, Shape):
                raise TypeError("parts are shapes")

    def check(self, bytes data not None) -> bool:
        """Return whether ``data`` is surely one strict value, patterns included."""
        cdef Py_ssize_t end = PyBytes_GET_SIZE(data)
        return _check(self, <const unsigned char*>PyBytes_AS_STRING(data), 0, end) == end

    def decode(self, bytes data not None):
        """Return the value that is all of ``data``, None if the Python codec has to look."""
        cdef Py_ssize_t end = PyBytes_GET_SIZE(data), at = 0
        try:
            value = _decode(self, <const unsigned char*>PyBytes_AS_STRING(data), &at, end)
        except (Unlikely, UnicodeDecodeError):
            return None
        return value if at == end else None


cdef Py_ssize_t _check(
    Shape shape, const unsigned char* data, Py_ssize_t at, Py_ssize_t end
) except -2:
    """Return the place after the value at ``at``, -1 if it is not surely strict."""
    cdef long long number = 0
    cdef Py_ssize_t start = 0, place
    cdef int kind = shape.kind
    if kind == RECORD:
        for part in shape.parts:
            at = _check(<Shape>part, data, at, end)
            if at < 0:
                return -1
        return at
    if kind == TEXT:
        at = read_extent(data, at, end, &start)
        if at < 0 or not _is_text(shape, data, start, at):
            return -1
        return at
    if kind == LONG:
        return read_long(data, at, end, &number)
    if kind == INT:
        return read_int(data, at, end, &number)
    if kind == BYTES:
        return read_extent(data, at, end, &start)
    if kind == FIXED:
        return at + shape.size if shape.size <= end - at else -1
    if kind == ENUM:
        at = read_long(data, at, end, &number)
        return at if at >= 0 and 0 <= number < len(shape.names) else -1
    if at >= end:
        return -1
    if kind == BOOLEAN:
        return at + 1 if data[at] <= 1 else -1
    if data[at] == 0:
        return at + 1
    if kind == NULLABLE:
        return _check(<Shape>shape.parts[0], data, at + 1, end) if data[at] == 2 else -1
    at = read_long(data, at, end, &number)
    if at < 0 or number <= 0 or number > end - at:
        return -1
    item = <Shape>shape.parts[0]
    for place in range(<Py_ssize_t>number):
        at = _check(<Shape>item, data, at, end)
        if at < 0:
            return -1
    return at + 1 if at < end and data[at] == 0 else -1


cdef int _is_text(
    Shape shape, const unsigned char* data, Py_ssize_t start, Py_ssize_t end
) except -1:
    """Return whether a text is UTF-8 in NFC and, where it has a pattern, fits it."""
    cdef Py_ssize_t at
    cdef unsigned char all_signs = 0
    for at in range(start, end):
        all_signs |= data[at]
    if all_signs <= 0x7F and shape.matches is None:
        return 1
    try:
        text = PyUnicode_DecodeUTF8(<const char*>data + start, end - start, NULL)
    except UnicodeDecodeError:
        return 0
    if all_signs > 0x7F and not is_normalized("NFC", text):
        return 0
    return 1 if shape.matches is None or shape.matches(text) else 0


cdef object _decode(Shape shape, const unsigned char* data, Py_ssize_t* at, Py_ssize_t end):
    """Return the value at ``at`` and move ``at`` behind it; raise Unlikely for the Python codec."""
    cdef long long number = 0
    cdef Py_ssize_t start = 0, after, place
    cdef int kind = shape.kind
    cdef dict record
    cdef list items
    if kind == RECORD:
        record = {}
        for place in range(len(shape.parts)):
            record[shape.names[place]] = _decode(<Shape>shape.parts[place], data, at, end)
        return record
    if kind == TEXT or kind == BYTES:
        after = read_extent(data, at[0], end, &start)
        if after < 0:
            raise Unlikely
        at[0] = after
        if kind == BYTES:
            return PyBytes_FromStringAndSize(<const char*>data + start, after - start)
        text = PyUnicode_DecodeUTF8(<const char*>data + start, after - start, NULL)
        if not PyUnicode_IS_ASCII(text) and not is_normalized("NFC", text):
            raise Unlikely
        return text
    if kind == LONG or kind == INT or kind == ENUM:
        if kind == INT:
            after = read_int(data, at[0], end, &number)
        else:
            after = read_long(data, at[0], end, &number)
        if after < 0:
            raise Unlikely
        at[0] = after
        if kind != ENUM:
            return number
        if not 0 <= number < len(shape.names):
            raise Unlikely
        return shape.names[number]
    if kind == FIXED:
        start = at[0]
        if shape.size > end - start:
            raise Unlikely
        at[0] = start + shape.size
        return PyBytes_FromStringAndSize(<const char*>data + start, shape.size)
    if at[0] >= end:
        raise Unlikely
    if kind == BOOLEAN:
        if data[at[0]] > 1:
            raise Unlikely
        at[0] += 1
        return data[at[0] - 1] == 1
    if data[at[0]] == 0:
        at[0] += 1
        return None if kind == NULLABLE else []
    if kind == NULLABLE:
        if data[at[0]] != 2:
            raise Unlikely
        at[0] += 1
        return _decode(<Shape>shape.parts[0], data, at, end)
    after = read_long(data, at[0], end, &number)
    if after < 0 or number <= 0 or number > end - after:
        raise Unlikely
    at[0] = after
    items = []
    for place in range(<Py_ssize_t>number):
        items.append(_decode(<Shape>shape.parts[0], data, at, end))
    if at[0] >= end or data[at[0]] != 0:
        raise Unlikely
    at[0] += 1
    return items
