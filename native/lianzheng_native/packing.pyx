# cython: language_level=3
"""Bytes on their way out, compiled: outcomes for emitters, rows for PostgreSQL.

Twins of ``ledger/chain/outcomes.py`` and of psycopg's ``write_row``; tests hold them against each
other. What comes in here was made by us; a value that does not fit is an error, never a write
beyond its room.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.string cimport memcpy

from tuples cimport demand, get
from varint cimport put_long


cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL


cdef class Output:
    """Bytes that grow."""

    cdef unsigned char* data
    cdef Py_ssize_t size
    cdef Py_ssize_t room

    def __cinit__(self):
        self.room = 65_536
        self.data = <unsigned char*>PyMem_Malloc(self.room)
        if self.data is NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.data)

    cdef int reserve(self, Py_ssize_t more) except -1:
        cdef unsigned char* data
        if self.room - self.size < more:
            while self.room - self.size < more:
                self.room *= 2
            data = <unsigned char*>PyMem_Realloc(self.data, self.room)
            if data is NULL:
                raise MemoryError
            self.data = data
        return 0

    cdef int raw(self, const char* content, Py_ssize_t size) except -1:
        self.reserve(size)
        memcpy(self.data + self.size, content, size)
        self.size += size
        return 0

    cdef int exact(self, bytes content, Py_ssize_t size) except -1:
        if PyBytes_GET_SIZE(content) != size:
            raise ValueError("bytes of a wrong length")
        return self.raw(PyBytes_AS_STRING(content), size)

    cdef int number(self, long long number) except -1:
        self.reserve(10)
        self.size += put_long(self.data + self.size, number)
        return 0

    cdef int text(self, str text) except -1:
        cdef Py_ssize_t size = 0
        cdef const char* content = PyUnicode_AsUTF8AndSize(text, &size)
        self.number(size)
        return self.raw(content, size)

    cdef int big(self, unsigned long long number, int size) except -1:
        """Write a big-endian number."""
        cdef int place
        self.reserve(size)
        for place in range(size):
            self.data[self.size + place] = <unsigned char>(number >> (8 * (size - 1 - place)))
        self.size += size
        return 0

    cdef bytes whole(self):
        return PyBytes_FromStringAndSize(<const char*>self.data, self.size)


def pack_outcome_items(object items, dict kinds not None, object problem_bytes) -> bytes:
    """Return the items of an ``Outcomes`` record; twin of ``encode_outcomes``.

    Args:
        items: Outcomes.
        kinds: The byte of each kind of outcome.
        problem_bytes: Returns the encoding of a problem that is there.
    """
    cdef Output out = Output()
    for item in items:
        demand(item, 7)
        source = get(item, 1)
        demand(source, 5)
        index, extra, path, problem = get(item, 3), get(item, 4), get(item, 5), get(item, 6)
        out.exact(get(item, 0), 16)
        out.text(get(source, 0))
        out.text(get(source, 1))
        out.number(get(source, 2))
        out.number(get(source, 3))
        out.number(get(source, 4))
        out.exact(kinds[get(item, 2)], 1)
        out.number(0 if index is None else 1)
        if index is not None:
            out.number(index)
        out.number(0 if extra is None else 1)
        if extra is not None:
            out.number(len(extra))
            out.exact(extra, len(extra))
        if path:
            out.number(len(path))
            for node in path:
                out.exact(node, 32)
        out.number(0)
        if problem is None:
            out.number(0)
        else:
            content = problem_bytes(problem)
            out.exact(content, len(content))
    return out.whole()


def pack_rows(object rows, bytes kinds not None) -> bytes:
    """Return rows as ``COPY ... (FORMAT BINARY)`` takes them (PostgreSQL manual, COPY).

    Args:
        rows: Tuples, all of the length of ``kinds``.
        kinds: A sign a column: ``t`` text, ``b`` bytes, ``q`` int8, ``n`` int8 that is one less in
            the tuple, ``h`` int2.
    """
    cdef Output out = Output()
    cdef const char* content
    cdef Py_ssize_t size = 0, columns = len(kinds), place
    cdef unsigned char kind
    out.raw(b"PGCOPY\n\xff\r\n\0", 11)
    out.big(0, 8)  # No flags, no extension.
    for row in rows:
        demand(row, columns)
        out.big(columns, 2)
        for place in range(columns):
            kind = kinds[place]
            value = get(row, place)
            if kind == c"b":
                size = PyBytes_GET_SIZE(<bytes?>value)
                out.big(size, 4)
                out.raw(PyBytes_AS_STRING(value), size)
            elif kind == c"t":
                content = PyUnicode_AsUTF8AndSize(<str?>value, &size)
                out.big(size, 4)
                out.raw(content, size)
            elif kind == c"q" or kind == c"n":
                out.big(8, 4)
                out.big(<unsigned long long>(<long long>value + (kind == c"n")), 8)
            else:
                out.big(2, 4)
                out.big(<unsigned long long><long long>value, 2)
    out.big(0xFFFF, 2)
    return out.whole()
