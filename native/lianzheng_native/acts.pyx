# cython: language_level=3
"""Acts and entries taken apart, and prefixes put together, compiled.

Twin of ``ledger/chain/act.py`` and ``ledger/chain/entry.py``: whatever is not surely right is
None here, and then they judge and say what is wrong. A test holds both against each other.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy

from signs cimport CAPITAL, CREDIT_CODE, HEX, IDENTIFIER, NAME, REASON, TOPIC, is_log, set_signs
from tuples cimport demand, get, new_tuple, put
from varint cimport put_long, read_extent, read_int, read_long

from hashlib import sha256
from unicodedata import is_normalized

LEAF = sha256(b"\0")


cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* data, Py_ssize_t size, const char* errors)
    object PyUnicode_DecodeASCII(const char* data, Py_ssize_t size, const char* errors)
    bint PyUnicode_IS_ASCII(object text)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL


cdef unsigned char SIGNS[256]
set_signs(SIGNS)


class Unlikely(Exception):
    """Not surely right: ask the Python twin."""


@cython.final
cdef class Cursor:
    """A place in bytes that come from a stranger."""

    cdef const unsigned char* data
    cdef Py_ssize_t at
    cdef Py_ssize_t end

    cdef object fixed(self, Py_ssize_t size):
        cdef Py_ssize_t start = self.at
        if size > self.end - start:
            raise Unlikely
        self.at = start + size
        return PyBytes_FromStringAndSize(<const char*>self.data + start, size)

    cdef object text(self):
        cdef Py_ssize_t start = 0
        cdef Py_ssize_t after = read_extent(self.data, self.at, self.end, &start)
        if after < 0:
            raise Unlikely
        self.at = after
        text = PyUnicode_DecodeUTF8(<const char*>self.data + start, after - start, NULL)
        if not PyUnicode_IS_ASCII(text) and not is_normalized("NFC", text):
            raise Unlikely
        return text

    cdef object shaped(self, unsigned char flag, Py_ssize_t least, Py_ssize_t most):
        """Read a text of signs of one kind."""
        cdef Py_ssize_t start = 0, place
        cdef Py_ssize_t after = read_extent(self.data, self.at, self.end, &start)
        if after < 0 or not least <= after - start <= most:
            raise Unlikely
        for place in range(start, after):
            if not SIGNS[self.data[place]] & flag:
                raise Unlikely
        self.at = after
        return PyUnicode_DecodeASCII(<const char*>self.data + start, after - start, NULL)

    cdef object emitter(self):
        """Read an emitter id or a log's origin."""
        cdef Py_ssize_t start = 0, place
        cdef Py_ssize_t after = read_extent(self.data, self.at, self.end, &start)
        if after < 0:
            raise Unlikely
        place = start
        while place < after and SIGNS[self.data[place]] & NAME:
            place += 1
        if not 1 <= place - start <= 64:
            raise Unlikely
        if place < after and not is_log(self.data + place, after - place):
            raise Unlikely
        self.at = after
        return PyUnicode_DecodeASCII(<const char*>self.data + start, after - start, NULL)

    cdef long long number(self) except? -1:
        cdef long long number = 0
        cdef Py_ssize_t after = read_long(self.data, self.at, self.end, &number)
        if after < 0:
            raise Unlikely
        self.at = after
        return number

    cdef long long small(self) except? -1:
        cdef long long number = 0
        cdef Py_ssize_t after = read_int(self.data, self.at, self.end, &number)
        if after < 0:
            raise Unlikely
        self.at = after
        return number

    cdef int branch(self) except -1:
        """Read which branch of a nullable value is there."""
        if self.at >= self.end or self.data[self.at] & 0xFD:
            raise Unlikely
        self.at += 1
        return 1 if self.data[self.at - 1] else 0


cdef object _actors(Cursor it, object actor):
    cdef long long count, place
    if it.at < it.end and it.data[it.at] == 0:
        it.at += 1
        return ()
    count = it.number()
    if count <= 0 or count > it.end - it.at:
        raise Unlikely
    actors = []
    for place in range(count):
        one = new_tuple(actor, 3)
        put(one, 0, it.shaped(IDENTIFIER, 1, 128))
        put(one, 1, it.text() if it.branch() else None)
        put(one, 2, it.text())
        actors.append(one)
    if it.at >= it.end or it.data[it.at]:
        raise Unlikely
    it.at += 1
    return tuple(actors)


def read_act(bytes value not None, bytes header not None, object act, object actor):
    """Return an act, None if ``decode_act`` has to look.

    Args:
        value: The act's bytes, of a size that is allowed.
        header: Marker and fingerprint that it must begin with.
        act: The tuple class of an act.
        actor: The tuple class of an actor.
    """
    cdef Cursor it = Cursor()
    it.data = <const unsigned char*>PyBytes_AS_STRING(value)
    it.end = PyBytes_GET_SIZE(value)
    it.at = PyBytes_GET_SIZE(header)
    if it.end < it.at or memcmp(it.data, PyBytes_AS_STRING(header), it.at):
        return None
    try:
        return _read_act(it, act, actor)
    except (Unlikely, UnicodeDecodeError):
        return None


cdef object _read_act(Cursor it, object act, object actor):
    fields = new_tuple(act, 21)
    put(fields, 0, it.fixed(16))
    put(fields, 1, it.text())
    put(fields, 2, it.small())
    put(fields, 3, it.fixed(8))
    _read_subject(it, fields)
    put(fields, 8, it.shaped(CREDIT_CODE, 18, 18))
    put(fields, 9, it.text() if it.branch() else None)
    put(fields, 10, it.emitter())
    _read_rest(it, fields, actor)
    return fields


cdef int _read_subject(Cursor it, object fields) except -1:
    """Read streamKey to expectedVersion."""
    put(fields, 4, it.shaped(IDENTIFIER, 1, 128))
    put(fields, 5, it.text())
    put(fields, 6, it.shaped(IDENTIFIER, 1, 128))
    put(fields, 7, it.number() if it.branch() else None)
    return 0


cdef int _read_rest(Cursor it, object fields, object actor) except -1:
    """Read the fields from emitterSeq to the payload, which ends the act."""
    put(fields, 11, it.number() if it.branch() else None)
    put(fields, 12, _actors(it, actor))
    put(fields, 13, it.number())
    put(fields, 14, it.number())
    late_entry = None
    if it.branch():
        late_entry = it.shaped(REASON, 1, 64)
        if not SIGNS[<int>ord(late_entry[0])] & CAPITAL:
            raise Unlikely
    put(fields, 15, late_entry)
    put(fields, 16, it.fixed(16) if it.branch() else None)
    put(fields, 17, it.fixed(16) if it.branch() else None)
    put(fields, 18, it.shaped(IDENTIFIER, 1, 128) if it.branch() else None)
    put(fields, 19, it.text() if it.branch() else None)
    size = it.number()
    if size < 0 or size != it.end - it.at:
        raise Unlikely
    put(fields, 20, it.fixed(size))
    return 0


def read_entry(bytes data not None, object entry, object source):
    """Return an entry, where its act starts and how long that must be.

    None if ``decode_entry`` has to look. ``entry`` and ``source`` are the tuple classes; the
    entry's act is whatever follows its length.
    """
    cdef Cursor it = Cursor()
    it.data = <const unsigned char*>PyBytes_AS_STRING(data)
    it.end = PyBytes_GET_SIZE(data)
    it.at = 1
    if it.end < 1 or it.data[0] != 1:
        return None
    try:
        return _read_entry(it, entry, source)
    except (Unlikely, UnicodeDecodeError):
        return None


cdef object _read_entry(Cursor it, object entry, object source):
    cdef long long index, version, received_at, control_size, opened, length
    fields = new_tuple(entry, 10)
    index = it.number()
    put(fields, 0, index)
    put(fields, 1, it.shaped(IDENTIFIER, 1, 128))
    version = it.number()
    put(fields, 2, version)
    put(fields, 3, it.fixed(32))
    received_at = it.number()
    put(fields, 4, received_at)
    control_size = it.number()
    put(fields, 5, control_size)
    opened = it.small()
    put(fields, 6, opened)
    put(fields, 7, _read_source(it, source) if it.branch() else None)
    length = it.number()
    if length < 0:
        raise Unlikely
    put(fields, 8, it.fixed(length))
    length = it.number()
    if index < 0 or version < 1 or received_at < 0 or control_size < 0 or opened < 0 or length < 0:
        raise Unlikely
    start = it.at
    put(fields, 9, it.fixed(it.end - start))
    return fields, start, length


cdef object _read_source(Cursor it, object source):
    cdef Py_ssize_t start = it.at + 1, place
    cdef long long partition, offset
    incarnation = it.text()
    if it.at - start != 36:
        raise Unlikely
    for place in range(36):
        if place in (8, 13, 18, 23):
            if it.data[start + place] != c"-":
                raise Unlikely
        elif not SIGNS[it.data[start + place]] & HEX:
            raise Unlikely
    topic = it.shaped(TOPIC, 1, 249)
    partition = it.small()
    offset = it.number()
    timestamp = it.number()
    if partition < 0 or offset < 0:
        raise Unlikely
    return tuple.__new__(source, (incarnation, topic, partition, offset, timestamp))


cpdef bytes pack_prefix(
    long long leaf_index,
    str stream_id,
    long long stream_version,
    bytes stream_link,
    long long received_at,
    long long control_size,
    long long opened,
    object source,
    bytes submission,
    long long act_length,
):
    """Return what ``entry_prefix`` returns for the same arguments."""
    cdef unsigned char head[512]
    cdef unsigned char tail[32]
    cdef unsigned char* out = head
    cdef Py_ssize_t size = 1, after = 0, length
    if stream_id is None or stream_link is None or submission is None:
        raise TypeError("of these none is None")
    out[0] = 1
    size += put_long(out + size, leaf_index)
    size = _put_text(out, size, stream_id, 128)
    size += put_long(out + size, stream_version)
    assert PyBytes_GET_SIZE(stream_link) == 32
    memcpy(out + size, PyBytes_AS_STRING(stream_link), 32)
    size += 32
    size += put_long(out + size, received_at)
    size += put_long(out + size, control_size)
    size += put_long(out + size, opened)
    if source is None:
        out[size] = 0
        size += 1
    else:
        incarnation, topic, partition, offset, timestamp = source
        out[size] = 2
        size = _put_text(out, size + 1, incarnation, 36)
        # 300 bytes at most so far, and a topic's name has no more than 170 here.
        size = _put_text(out, size, topic, 170)
        size += put_long(out + size, partition)
        size += put_long(out + size, offset)
        size += put_long(out + size, timestamp)
    length = PyBytes_GET_SIZE(submission)
    size += put_long(out + size, length)
    after = put_long(tail, act_length)
    prefix = PyBytes_FromStringAndSize(NULL, size + length + after)
    out = <unsigned char*>PyBytes_AS_STRING(prefix)
    memcpy(out, head, size)
    memcpy(out + size, PyBytes_AS_STRING(submission), length)
    memcpy(out + size + length, tail, after)
    return prefix


cdef Py_ssize_t _put_text(
    unsigned char* out, Py_ssize_t at, str text, Py_ssize_t most
) except -1:
    """Write a text after its length; return the place after it."""
    cdef Py_ssize_t size = 0
    cdef const char* content = PyUnicode_AsUTF8AndSize(text, &size)
    if size > most:
        raise ValueError("longer than such a name can be")
    at += put_long(out + at, size)
    memcpy(out + at, content, size)
    return at + size


def make_entries(
    list made not None,
    long long leaf_index,
    long long control_size,
    dict heads not None,
    dict moved not None,
    list rows not None,
    object link_of,
    object stream_head,
    object entry_row,
) -> list:
    """Make the next entries of a log; twin of ``LogApplication.append``.

    Args:
        made: ``NewEntry`` tuples.
        leaf_index: Of the first one.
        control_size: Of the control log they were judged against.
        heads: Head of every stream concerned as it was; where it is in ``moved``, that counts.
        moved: Heads of streams that have moved; the new ones are put in.
        rows: The rows made are added.
        link_of: Returns the stream link of an entry.
        stream_head: The tuple class of a stream's head.
        entry_row: The tuple class of a row.

    Returns:
        The prefix of each entry.
    """
    prefixes = []
    for one in made:
        demand(one, 8)
        stream_id, act, received_at = get(one, 0), get(one, 3), get(one, 4)
        head = moved.get(stream_id)
        if head is None:
            head = heads[stream_id]
        demand(head, 2)
        version, link = get(head, 0) + 1, get(head, 1)
        prefix = pack_prefix(
            leaf_index,
            <str?>stream_id,
            version,
            <bytes?>link,
            received_at,
            control_size,
            get(one, 5),
            get(one, 6),
            <bytes?>get(one, 7),
            PyBytes_GET_SIZE(<bytes?>act),
        )
        entry = <bytes>prefix + <bytes>act
        link = link_of(entry)
        moved[stream_id] = tuple.__new__(stream_head, (version, link))
        row = new_tuple(entry_row, 9)
        put(row, 0, stream_id)
        put(row, 1, version)
        put(row, 2, get(one, 1))
        put(row, 3, entry)
        put(row, 4, leaf_index)
        put(row, 5, link)
        leaf = LEAF.copy()
        leaf.update(entry)
        put(row, 6, leaf.digest())
        put(row, 7, get(one, 2))
        put(row, 8, received_at)
        rows.append(row)
        prefixes.append(prefix)
        leaf_index += 1
    return prefixes
