# cython: language_level=3
"""A verifier's step that runs for every entry, compiled: take a bundle apart, strictly.

Twin of ``QuickCheck._read_by_patterns`` (``ledger/chain/quick_bundle.py``). It reads what comes from
strangers: every place is compared with the end before anything is read there.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

from scan cimport ActPlaces, Bytes, Input, any_text, branch, fixed, number, scan_act, small, text
from signs cimport HEX, IDENTIFIER, TOPIC, set_signs


cdef enum:
    ACT_BYTES_MAX = 60_000
    LINK_BYTES = 32

cdef unsigned char SIGNS[256]
set_signs(SIGNS)


cdef struct Prefix:
    long long index
    long long version
    long long received_at
    long long control_size
    Py_ssize_t stream  # Where it begins, at its length.
    Py_ssize_t link
    Py_ssize_t start  # Of the submission.
    Py_ssize_t end
    Py_ssize_t act


cdef Py_ssize_t _source(const Input* it, Py_ssize_t at) noexcept:
    cdef bint is_there = False
    cdef long long partition = 0, offset = 0, timestamp = 0
    cdef Py_ssize_t place
    at = branch(it, at, &is_there)
    if at < 0 or not is_there:
        return at
    if it.end - at < 37 or it.data[at] != 72:
        return -1
    for place in range(36):
        if place == 8 or place == 13 or place == 18 or place == 23:
            if it.data[at + 1 + place] != c"-":
                return -1
        elif not SIGNS[it.data[at + 1 + place]] & HEX:
            return -1
    at = text(it, at + 37, TOPIC, 1, 249)
    at = small(it, at, &partition)
    at = number(it, at, &offset)
    at = number(it, at, &timestamp)
    return -1 if partition < 0 or offset < 0 else at


cdef Py_ssize_t _prefix(const Input* entry, Prefix* it) noexcept:
    """Read an entry up to and including its act's length, which must be what is left."""
    cdef long long opened = 0, length = 0
    cdef Py_ssize_t at
    if entry.end < 1 or entry.data[0] != 1:
        return -1
    at = number(entry, 1, &it.index)
    it.stream = at
    at = text(entry, at, IDENTIFIER, 1, 128)
    at = number(entry, at, &it.version)
    it.link = at
    at = fixed(entry, at, LINK_BYTES)
    at = number(entry, at, &it.received_at)
    at = number(entry, at, &it.control_size)
    at = small(entry, at, &opened)
    at = _source(entry, at)
    at = number(entry, at, &length)
    if at < 0 or length < 0 or length > entry.end - at:
        return -1
    it.start = at
    it.end = at + <Py_ssize_t>length
    at = number(entry, it.end, &length)
    if at < 0 or length != entry.end - at or length > ACT_BYTES_MAX:
        return -1
    if it.version < 1 or it.received_at < 0 or it.control_size < 0 or opened < 0:
        return -1
    it.act = at
    return at


cdef bytes _piece(Bytes data, Py_ssize_t start, Py_ssize_t end, bytes last):
    """Return some bytes, as the object they were in the entry before if they are the same."""
    cdef Py_ssize_t size = end - start
    if PyBytes_GET_SIZE(last) == size and not memcmp(PyBytes_AS_STRING(last), data + start, size):
        return last
    return PyBytes_FromStringAndSize(<const char*>data + start, size)


def read_bundle(list entries not None, long long first, bytes header not None):
    """Return the columns of a bundle if every entry and act is surely strict, else None.

    Args:
        entries: The bundle's entries.
        first: Leaf index of the first.
        header: Marker and fingerprint that every act begins with.

    Returns:
        Of the entries: streams after their length, versions, links, times, sizes of the control
        log, and all event ids one after the other. Of the acts: where each submission starts and
        ends and where each act starts, types and emitters after their length, and the places of
        those without a submission.
    """
    cdef Prefix prefix
    cdef ActPlaces act
    cdef Input it
    cdef Bytes data
    cdef Bytes act_header = <Bytes>PyBytes_AS_STRING(header)
    cdef Py_ssize_t header_size = PyBytes_GET_SIZE(header), place = 0, size
    cdef long long last_time = -1, last_size = -1
    cdef bytes entry, event_type = b"", emitter = b""
    cdef list streams = [], versions = [], links = [], times = [], sizes = []
    cdef list starts = [], ends = [], acts = [], ids = [], types = [], emitters = [], own = []
    time_now = size_now = None
    for entry in entries:
        data = <Bytes>PyBytes_AS_STRING(entry)
        it.data, it.end, it.signs = data, PyBytes_GET_SIZE(entry), SIGNS
        if _prefix(&it, &prefix) < 0 or prefix.index != first + place:
            return None
        if scan_act(&it, prefix.act, act_header, header_size, &act) < 0:
            return None
        size = act.stream_end - act.stream
        # A text has one strict length: the stream's bytes are the same, its length's included.
        if size > it.end - prefix.stream or memcmp(data + prefix.stream, data + act.stream, size):
            return None
        streams.append(PyBytes_FromStringAndSize(<const char*>data + act.stream, size))
        versions.append(prefix.version)
        links.append(PyBytes_FromStringAndSize(<const char*>data + prefix.link, LINK_BYTES))
        if prefix.received_at != last_time:
            last_time = prefix.received_at
            time_now = last_time
        times.append(time_now)
        if prefix.control_size != last_size:
            last_size = prefix.control_size
            size_now = last_size
        sizes.append(size_now)
        starts.append(prefix.start)
        ends.append(prefix.end)
        acts.append(prefix.act)
        if prefix.start == prefix.end:
            own.append(place)
        ids.append(PyBytes_FromStringAndSize(<const char*>data + act.event_id, 16))
        event_type = _piece(data, act.event_type, act.event_type_end, event_type)
        types.append(event_type)
        emitter = _piece(data, act.emitter, act.emitter_end, emitter)
        emitters.append(emitter)
        place += 1
    of_entries = (streams, versions, links, times, sizes, b"".join(ids))
    return of_entries, (starts, ends, acts, types, emitters, own)
