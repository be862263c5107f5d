"""Acts and their fields stepped over, strictly: where each stands, without an object made of it.

Every function reads one value from ``at`` on and returns the place after it: -1 for a doubt, and
after a doubt. Nothing beyond the end is ever looked at. A text must be ASCII here; whatever else
is right is for the careful twins of those who call this.
"""

from libc.string cimport memcmp

from signs cimport ASCII, CAPITAL, CREDIT_CODE, IDENTIFIER, NAME, REASON, is_log
from varint cimport read_extent, read_int, read_long

ctypedef const unsigned char* Bytes


cdef struct Input:
    Bytes data
    Py_ssize_t end
    Bytes signs  # Table of ``set_signs``.


cdef struct ActPlaces:
    Py_ssize_t event_id
    Py_ssize_t event_type  # Where a text begins, at its length, and where it ends.
    Py_ssize_t event_type_end
    Py_ssize_t stream
    Py_ssize_t stream_text  # Where its signs begin.
    Py_ssize_t stream_end
    Py_ssize_t agency
    Py_ssize_t emitter
    Py_ssize_t emitter_end
    Py_ssize_t case_id  # -1 without one.
    Py_ssize_t case_id_end
    Py_ssize_t payload  # It ends where the act does.
    bint has_expected
    long long expected_version
    long long occurred_at
    long long recorded_at


cdef inline Py_ssize_t number(const Input* it, Py_ssize_t at, long long* found) noexcept:
    return -1 if at < 0 else read_long(it.data, at, it.end, found)


cdef inline Py_ssize_t small(const Input* it, Py_ssize_t at, long long* found) noexcept:
    return -1 if at < 0 else read_int(it.data, at, it.end, found)


cdef inline Py_ssize_t fixed(const Input* it, Py_ssize_t at, Py_ssize_t size) noexcept:
    return -1 if at < 0 or size > it.end - at else at + size


cdef inline Py_ssize_t text(
    const Input* it, Py_ssize_t at, unsigned char flag, Py_ssize_t least, Py_ssize_t most
) noexcept:
    """Step over a text of signs of one kind."""
    cdef Py_ssize_t start = 0, place, after
    if at < 0:
        return -1
    after = read_extent(it.data, at, it.end, &start)
    if after < 0 or after - start < least or after - start > most:
        return -1
    for place in range(start, after):
        if not it.signs[it.data[place]] & flag:
            return -1
    return after


cdef inline Py_ssize_t any_text(const Input* it, Py_ssize_t at) noexcept:
    return text(it, at, ASCII, 0, it.end)


cdef inline Py_ssize_t branch(const Input* it, Py_ssize_t at, bint* is_there) noexcept:
    is_there[0] = False
    if at < 0 or at >= it.end or it.data[at] & 0xFD:
        return -1
    is_there[0] = it.data[at] != 0
    return at + 1


cdef inline Py_ssize_t maybe_text(const Input* it, Py_ssize_t at) noexcept:
    cdef bint is_there = False
    at = branch(it, at, &is_there)
    return any_text(it, at) if is_there else at


cdef inline Py_ssize_t maybe_number(const Input* it, Py_ssize_t at, long long* found) noexcept:
    cdef bint is_there = False
    at = branch(it, at, &is_there)
    return number(it, at, found) if is_there else at


cdef inline Py_ssize_t maybe_uuid(const Input* it, Py_ssize_t at) noexcept:
    cdef bint is_there = False
    at = branch(it, at, &is_there)
    return fixed(it, at, 16) if is_there else at


cdef inline Py_ssize_t emitter(const Input* it, Py_ssize_t at) noexcept:
    """Step over an emitter id or a log's origin."""
    cdef Py_ssize_t start = 0, place, after
    if at < 0:
        return -1
    after = read_extent(it.data, at, it.end, &start)
    if after < 0:
        return -1
    place = start
    while place < after and it.signs[it.data[place]] & NAME:
        place += 1
    if place - start < 1 or place - start > 64:
        return -1
    return after if place == after or is_log(it.data + place, after - place) else -1


cdef inline Py_ssize_t actors(const Input* it, Py_ssize_t at) noexcept:
    cdef long long count = 0, place
    if at < 0 or at >= it.end:
        return -1
    if it.data[at] == 0:
        return at + 1
    at = number(it, at, &count)
    if at < 0 or count <= 0 or count > it.end - at:
        return -1
    for place in range(count):
        at = text(it, at, IDENTIFIER, 1, 128)
        at = maybe_text(it, at)
        at = any_text(it, at)
        if at < 0:
            return -1
    return at + 1 if at < it.end and it.data[at] == 0 else -1


cdef inline Py_ssize_t reason(const Input* it, Py_ssize_t at) noexcept:
    """Step over the code of a late entry, if there is one."""
    cdef bint is_there = False
    cdef Py_ssize_t start
    at = branch(it, at, &is_there)
    if not is_there:
        return at
    start = at + 1  # A length below 64 has one byte.
    at = text(it, at, REASON, 1, 63)
    return at if at >= 0 and it.signs[it.data[start]] & CAPITAL else -1


cdef inline Py_ssize_t scan_act(
    const Input* it, Py_ssize_t at, Bytes header, Py_ssize_t header_size, ActPlaces* act
) noexcept:
    """Step over an act, which ends where the bytes end; return where its payload begins."""
    cdef long long found = 0
    cdef bint is_there = False
    if header_size > it.end - at or memcmp(it.data + at, header, header_size):
        return -1
    act.event_id = at + header_size
    act.event_type = fixed(it, act.event_id, 16)
    act.event_type_end = any_text(it, act.event_type)
    at = small(it, act.event_type_end, &found)
    act.stream = fixed(it, at, 8)
    act.stream_end = text(it, act.stream, IDENTIFIER, 1, 128)
    if act.stream_end < 0:
        return -1
    act.stream_text = act.stream + (1 if it.data[act.stream] < 0x80 else 2)
    at = any_text(it, act.stream_end)
    at = text(it, at, IDENTIFIER, 1, 128)
    act.agency = maybe_number(it, at, &act.expected_version)
    act.has_expected = act.agency - at > 1
    at = text(it, act.agency, CREDIT_CODE, 18, 18)
    act.emitter = maybe_text(it, at)
    act.emitter_end = emitter(it, act.emitter)
    at = maybe_number(it, act.emitter_end, &found)
    at = actors(it, at)
    at = number(it, at, &act.occurred_at)
    at = number(it, at, &act.recorded_at)
    at = reason(it, at)
    at = maybe_uuid(it, at)
    at = maybe_uuid(it, at)
    act.case_id = act.case_id_end = -1
    at = branch(it, at, &is_there)
    if is_there:
        act.case_id = at
        at = act.case_id_end = text(it, at, IDENTIFIER, 1, 128)
    at = maybe_text(it, at)
    at = number(it, at, &found)
    if at < 0 or found != it.end - at:
        return -1
    act.payload = at
    return at
