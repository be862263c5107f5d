# cython: language_level=3
"""A verifier's step that runs for every entry, compiled: take a bundle apart, strictly.

Twin of ``QuickCheck._read_by_patterns`` (``ledger/chain/quick_bundle.py``). It reads what comes from
strangers: every place is compared with the end before anything is read there.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

from signs cimport (
    ASCII,
    CAPITAL,
    CREDIT_CODE,
    HEX,
    IDENTIFIER,
    NAME,
    REASON,
    TOPIC,
    is_log,
    set_signs,
)
from varint cimport read_extent, read_int, read_long


cdef enum:
    ACT_BYTES_MAX = 60_000
    LINK_BYTES = 32

cdef unsigned char SIGNS[256]
set_signs(SIGNS)

ctypedef const unsigned char* Bytes


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


cdef struct Act:
    Py_ssize_t event_id
    Py_ssize_t event_type  # Where a text begins, at its length, and where it ends.
    Py_ssize_t event_type_end
    Py_ssize_t stream
    Py_ssize_t stream_end
    Py_ssize_t emitter
    Py_ssize_t emitter_end


# Each of these reads one value and returns the place after it: -1 for a doubt, and after a doubt.


cdef Py_ssize_t _number(Bytes data, Py_ssize_t at, Py_ssize_t end, long long* number) noexcept:
    return -1 if at < 0 else read_long(data, at, end, number)


cdef Py_ssize_t _small(Bytes data, Py_ssize_t at, Py_ssize_t end, long long* number) noexcept:
    return -1 if at < 0 else read_int(data, at, end, number)


cdef Py_ssize_t _fixed(Py_ssize_t at, Py_ssize_t end, Py_ssize_t size) noexcept:
    return -1 if at < 0 or size > end - at else at + size


cdef Py_ssize_t _text(
    Bytes data, Py_ssize_t at, Py_ssize_t end, unsigned char flag, Py_ssize_t least, Py_ssize_t most
) noexcept:
    """Step over a text of signs of one kind."""
    cdef Py_ssize_t start = 0, place, after
    if at < 0:
        return -1
    after = read_extent(data, at, end, &start)
    if after < 0 or after - start < least or after - start > most:
        return -1
    for place in range(start, after):
        if not SIGNS[data[place]] & flag:
            return -1
    return after


cdef Py_ssize_t _any_text(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    return _text(data, at, end, ASCII, 0, end)


cdef Py_ssize_t _branch(Bytes data, Py_ssize_t at, Py_ssize_t end, bint* is_there) noexcept:
    is_there[0] = False
    if at < 0 or at >= end or data[at] & 0xFD:
        return -1
    is_there[0] = data[at] != 0
    return at + 1


cdef Py_ssize_t _maybe_text(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    cdef bint is_there = False
    at = _branch(data, at, end, &is_there)
    return _any_text(data, at, end) if is_there else at


cdef Py_ssize_t _maybe_number(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    cdef bint is_there = False
    cdef long long number = 0
    at = _branch(data, at, end, &is_there)
    return _number(data, at, end, &number) if is_there else at


cdef Py_ssize_t _maybe_uuid(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    cdef bint is_there = False
    at = _branch(data, at, end, &is_there)
    return _fixed(at, end, 16) if is_there else at


cdef Py_ssize_t _emitter(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    """Step over an emitter id or a log's origin."""
    cdef Py_ssize_t start = 0, place, after
    if at < 0:
        return -1
    after = read_extent(data, at, end, &start)
    if after < 0:
        return -1
    place = start
    while place < after and SIGNS[data[place]] & NAME:
        place += 1
    if place - start < 1 or place - start > 64:
        return -1
    return after if place == after or is_log(data + place, after - place) else -1


cdef Py_ssize_t _actors(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    cdef long long count = 0, place
    if at < 0 or at >= end:
        return -1
    if data[at] == 0:
        return at + 1
    at = _number(data, at, end, &count)
    if at < 0 or count <= 0 or count > end - at:
        return -1
    for place in range(count):
        at = _text(data, at, end, IDENTIFIER, 1, 128)
        at = _maybe_text(data, at, end)
        at = _any_text(data, at, end)
        if at < 0:
            return -1
    return at + 1 if at < end and data[at] == 0 else -1


cdef Py_ssize_t _source(Bytes data, Py_ssize_t at, Py_ssize_t end) noexcept:
    cdef bint is_there = False
    cdef long long partition = 0, offset = 0, timestamp = 0
    cdef Py_ssize_t place
    at = _branch(data, at, end, &is_there)
    if at < 0 or not is_there:
        return at
    if end - at < 37 or data[at] != 72:
        return -1
    for place in range(36):
        if place == 8 or place == 13 or place == 18 or place == 23:
            if data[at + 1 + place] != c"-":
                return -1
        elif not SIGNS[data[at + 1 + place]] & HEX:
            return -1
    at = _text(data, at + 37, end, TOPIC, 1, 249)
    at = _small(data, at, end, &partition)
    at = _number(data, at, end, &offset)
    at = _number(data, at, end, &timestamp)
    return -1 if partition < 0 or offset < 0 else at


cdef Py_ssize_t _prefix(Bytes data, Py_ssize_t end, Prefix* it) noexcept:
    """Read an entry up to and including its act's length, which must be what is left."""
    cdef long long opened = 0, length = 0
    cdef Py_ssize_t at
    if end < 1 or data[0] != 1:
        return -1
    at = _number(data, 1, end, &it.index)
    it.stream = at
    at = _text(data, at, end, IDENTIFIER, 1, 128)
    at = _number(data, at, end, &it.version)
    it.link = at
    at = _fixed(at, end, LINK_BYTES)
    at = _number(data, at, end, &it.received_at)
    at = _number(data, at, end, &it.control_size)
    at = _small(data, at, end, &opened)
    at = _source(data, at, end)
    at = _number(data, at, end, &length)
    if at < 0 or length < 0 or length > end - at:
        return -1
    it.start = at
    it.end = at + <Py_ssize_t>length
    at = _number(data, it.end, end, &length)
    if at < 0 or length != end - at or length > ACT_BYTES_MAX:
        return -1
    if it.version < 1 or it.received_at < 0 or it.control_size < 0 or opened < 0:
        return -1
    it.act = at
    return at


cdef Py_ssize_t _act(Bytes data, Py_ssize_t at, Py_ssize_t end, bytes header, Act* it) noexcept:
    """Read an act, which must end where its entry does."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(header), start
    cdef long long number = 0
    cdef bint is_there = False
    if size > end - at or memcmp(data + at, PyBytes_AS_STRING(header), size):
        return -1
    it.event_id = at + size
    it.event_type = _fixed(at + size, end, 16)
    it.event_type_end = _any_text(data, it.event_type, end)
    at = _small(data, it.event_type_end, end, &number)
    it.stream = _fixed(at, end, 8)
    it.stream_end = _text(data, it.stream, end, IDENTIFIER, 1, 128)
    at = _any_text(data, it.stream_end, end)
    at = _text(data, at, end, IDENTIFIER, 1, 128)
    at = _maybe_number(data, at, end)
    at = _text(data, at, end, CREDIT_CODE, 18, 18)
    it.emitter = _maybe_text(data, at, end)
    it.emitter_end = _emitter(data, it.emitter, end)
    at = _maybe_number(data, it.emitter_end, end)
    at = _actors(data, at, end)
    at = _number(data, at, end, &number)
    at = _number(data, at, end, &number)
    at = _branch(data, at, end, &is_there)
    if is_there:
        start = at + 1  # A length below 64 has one byte.
        at = _text(data, at, end, REASON, 1, 63)
        if at < 0 or not SIGNS[data[start]] & CAPITAL:
            return -1
    at = _maybe_uuid(data, at, end)
    at = _maybe_uuid(data, at, end)
    at = _branch(data, at, end, &is_there)
    if is_there:
        at = _text(data, at, end, IDENTIFIER, 1, 128)
    at = _maybe_text(data, at, end)
    at = _number(data, at, end, &number)
    return -1 if at < 0 or number != end - at else at


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
    cdef Act act
    cdef Bytes data
    cdef Py_ssize_t end, place = 0, size
    cdef long long last_time = -1, last_size = -1
    cdef bytes entry, event_type = b"", emitter = b""
    cdef list streams = [], versions = [], links = [], times = [], sizes = []
    cdef list starts = [], ends = [], acts = [], ids = [], types = [], emitters = [], own = []
    time_now = size_now = None
    for entry in entries:
        data, end = <Bytes>PyBytes_AS_STRING(entry), PyBytes_GET_SIZE(entry)
        if _prefix(data, end, &prefix) < 0 or prefix.index != first + place:
            return None
        if _act(data, prefix.act, end, header, &act) < 0:
            return None
        size = act.stream_end - act.stream
        # A text has one strict length: the stream's bytes are the same, its length's included.
        if size > end - prefix.stream or memcmp(data + prefix.stream, data + act.stream, size):
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
