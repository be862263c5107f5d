# cython: language_level=3
"""The appender's steps that run for every act, compiled.

Twins of functions in ``consumers`` and ``ledger``, named at each; tests hold them against each
other. What comes from outside is never trusted here: a doubt is None or False, and then the
Python twin judges and says what is wrong.
"""

from binascii import b2a_base64
from hashlib import sha256

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

from tuples cimport new_tuple, put
from varint cimport read_extent, read_long


cdef enum:
    HASH_CHARS = 44
    DIGITS_LEAST = 11
    MACHINE_MADE_SIGNS = 32


cdef signed char BASE64[256]
cdef unsigned char SIGN[256]  # 1 a digit, 2 another hexadecimal sign, 3 the first of a wide sign.


def _set_tables():
    cdef int byte
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for byte in range(256):
        BASE64[byte], SIGN[byte] = -1, 0
    for byte, sign in enumerate(letters + letters.lower() + "0123456789+/"):
        BASE64[<int>ord(sign)] = <signed char>byte
    for sign in "0123456789":
        SIGN[<int>ord(sign)] = 1
    for sign in "abcdef":
        SIGN[<int>ord(sign)] = 2
    SIGN[0xEF] = 3


_set_tables()


# --- origin ------------------------------------------------------------------------------------


def follow(
    dict nodes not None,
    bytes lz_proof not None,
    Py_ssize_t head_size,
    bytes first_line not None,
    bytes act not None,
    Py_ssize_t last,
) -> int:
    """Follow the path of an act up to a known node; twin of ``SubmissionCache._follow``.

    Args:
        nodes: Known nodes by ``level << 10 | place``: hash, and the rest of the path as text.
            What the path proves is added.
        lz_proof: The header's bytes.
        head_size: Bytes of it before the blank line.
        first_line: What the header begins with, line end included.
        act: The act's bytes.
        last: Index of the submission's last act.

    Returns:
        How many nodes were added, -1 if the path leads to no known node.
    """
    cdef const unsigned char* text = <const unsigned char*>PyBytes_AS_STRING(lz_proof)
    cdef Py_ssize_t at = PyBytes_GET_SIZE(first_line), place = 0, level = 0, digits
    cdef unsigned char sibling[32]
    if head_size <= at or memcmp(text, PyBytes_AS_STRING(first_line), at):
        return -1
    digits = at
    while at < head_size and at - digits < 5 and c"0" <= text[at] <= c"9":
        place = place * 10 + text[at] - c"0"
        at += 1
    if at == digits or (text[digits] == c"0" and at - digits > 1) or place > last:
        return -1
    if at < head_size:
        if text[at] != c"\n" or at + 1 == head_size:
            return -1
        at += 1
    node = sha256(b"\0" + act).digest()
    passed = []
    while True:
        found = nodes.get(level << 10 | place)
        if found is not None:
            break
        if place == last and not place & 1:
            # A last node without a right neighbour is its own parent.
            if last == 0:
                return -1
            place, last, level = place >> 1, last >> 1, level + 1
            continue
        at = _digest_line(text, at, head_size, sibling)
        if at < 0 or level > 10:
            return -1
        other = PyBytes_FromStringAndSize(<const char*>sibling, 32)
        passed.append((level << 10 | place, node, other, at))
        node = sha256(b"\1" + other + node if place & 1 else b"\1" + node + other).digest()
        place, last, level = place >> 1, last >> 1, level + 1
    known, rest = found
    if known != node or not _is_rest(<bytes>rest, text, at, head_size):
        return -1
    # Only now are the siblings proven. Every act not seen yet lies under one of them.
    before = len(nodes)
    for key, proven, other, digits in passed:
        # One line back to the separator that stands before the rest, if there is a rest.
        line = b2a_base64(proven, newline=False)
        if digits < head_size:
            line = line + b"\n" + lz_proof[digits:head_size]
        nodes[key ^ 1] = (other, line)
    return len(nodes) - before


cdef bint _is_rest(
    bytes rest, const unsigned char* text, Py_ssize_t at, Py_ssize_t end
) noexcept:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(rest)
    return size == end - at and memcmp(PyBytes_AS_STRING(rest), text + at, size) == 0


cdef Py_ssize_t _digest_line(
    const unsigned char* text, Py_ssize_t at, Py_ssize_t end, unsigned char* out
) noexcept:
    """Read 32 bytes in canonical Base64; return where the next line begins, -1 for none."""
    cdef unsigned int bits = 0
    cdef int place, value
    if end - at < HASH_CHARS or text[at + 43] != c"=":
        return -1
    if end - at > HASH_CHARS and (text[at + 44] != c"\n" or end - at == HASH_CHARS + 1):
        return -1
    for place in range(43):
        value = BASE64[text[at + place]]
        if value < 0:
            return -1
        bits = bits << 6 | <unsigned int>value
        if place & 3:
            # After 2, 3 and 4 signs there are 12, 18 and 24 bits: a byte each time.
            out[place - (place >> 2) - 1] = <unsigned char>(bits >> (6 - 2 * (place & 3)))
    if value & 3:
        return -1  # Stray bits: another spelling of the same bytes.
    return end if end - at == HASH_CHARS else at + HASH_CHARS + 1


# --- records of Kafka --------------------------------------------------------------------------


def unpack_records(
    bytes data not None,
    Py_ssize_t at,
    object record,
    str topic not None,
    long long partition,
    long long base_offset,
    long long first_timestamp,
    object append_timestamp,
    Py_ssize_t count,
):
    """Return the records of a batch as ``record`` tuples; twin of ``consumers.record_batch``.

    None if the bytes are not ``count`` records and nothing else.
    """
    cdef const unsigned char* raw = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t limit = PyBytes_GET_SIZE(data), end, place, start = 0, after
    cdef long long delta_ms = 0, delta = 0, headers = 0, number
    number_of_partition = partition
    records = []
    if at < 0:
        return None
    for place in range(count):
        end = read_extent(raw, at, limit, &at)
        if end < 0 or at >= end:
            return None
        at = read_long(raw, at + 1, end, &delta_ms)  # One byte of attributes, none in use.
        if at >= 0:
            at = read_long(raw, at, end, &delta)
        if at < 0:
            return None
        after = _blob(raw, at, end, &start)
        if after < 0:
            return None
        key = None if start < 0 else PyBytes_FromStringAndSize(<const char*>raw + start, after - start)
        at = _blob(raw, after, end, &start)
        if at < 0:
            return None
        value = None if start < 0 else PyBytes_FromStringAndSize(<const char*>raw + start, at - start)
        at = read_long(raw, at, end, &headers)
        if at < 0 or headers < 0 or headers > end - at:
            return None
        own = []
        for number in range(headers):
            at = _header(raw, at, end, own)
            if at < 0:
                return None
        if at != end:
            return None
        stamp = first_timestamp + delta_ms if append_timestamp is None else append_timestamp
        one = new_tuple(record, 7)
        put(one, 0, topic)
        put(one, 1, number_of_partition)
        put(one, 2, base_offset + delta)
        put(one, 3, stamp)
        put(one, 4, key)
        put(one, 5, value)
        put(one, 6, own)
        records.append(one)
    return records if at == limit else None


cdef Py_ssize_t _header(
    const unsigned char* raw, Py_ssize_t at, Py_ssize_t end, list own
) except -2:
    """Step over a header, and keep it if its name starts with ``lz-``."""
    cdef Py_ssize_t name = 0, start = 0, after
    at = read_extent(raw, at, end, &name)
    if at < 0:
        return -1
    after = _blob(raw, at, end, &start)
    if after >= 0 and at - name >= 3 and memcmp(raw + name, b"lz-", 3) == 0:
        text = PyBytes_FromStringAndSize(<const char*>raw + name, at - name)
        try:
            word = text.decode()
        except UnicodeDecodeError:
            return -1
        own.append(
            (
                word,
                None
                if start < 0
                else PyBytes_FromStringAndSize(<const char*>raw + start, after - start),
            )
        )
    return after


cdef Py_ssize_t _blob(
    const unsigned char* raw, Py_ssize_t at, Py_ssize_t end, Py_ssize_t* start
) noexcept:
    """Step over bytes that may be null (``start`` is then -1); return the place after, or -1."""
    cdef long long size = 0
    at = read_long(raw, at, end, &size)
    if at < 0:
        return -1
    if size < 0:
        start[0] = -1
        return at
    if size > end - at:
        return -1
    start[0] = at
    return at + <Py_ssize_t>size


# --- clear text --------------------------------------------------------------------------------


def may_be_personal(bytes value not None) -> bool:
    """Tell whether bytes have eleven digits in a row outside of a digest or UUID.

    Twin of ``may_be_personal`` in ``consumers.append.openings``.
    """
    cdef const unsigned char* raw = <const unsigned char*>PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(value), at = 0, start, digits, most
    cdef unsigned char kind
    while at < size:
        kind = SIGN[raw[at]]
        if kind == 0:
            at += 1
            continue
        if kind == 3:
            if at + 2 < size and raw[at + 1] == 0xBC and 0x90 <= raw[at + 2] <= 0x99:
                return True  # A full-width digit.
            at += 1
            continue
        start, digits, most = at, 0, 0
        while at < size and (kind := SIGN[raw[at]]) in (1, 2):
            digits = digits + 1 if kind == 1 else 0
            most = max(most, digits)
            at += 1
        if (
            most >= DIGITS_LEAST
            and at - start < MACHINE_MADE_SIGNS
            and not _is_uuid_end(raw, start, at)
        ):
            return True
    return False


cdef bint _is_hex(unsigned char byte) noexcept nogil:
    return c"0" <= byte <= c"9" or c"a" <= byte <= c"f"


cdef bint _is_uuid_end(const unsigned char* raw, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Tell whether the run of signs is the last group of a UUID."""
    cdef Py_ssize_t place
    if end - start != 12 or start < 24:
        return False
    for place in range(24):
        if place == 8 or place == 13 or place == 18 or place == 23:
            if raw[start - 24 + place] != c"-":
                return False
        elif not _is_hex(raw[start - 24 + place]):
            return False
    return True


# --- inclusion paths ---------------------------------------------------------------------------


cdef class Descent:
    """One way down a tree, twin of ``_descend`` in ``consumers.append.paths``."""

    cdef dict nodes
    cdef dict edges
    cdef long long size
    cdef list wanted
    cdef dict found

    cdef object node(self, int level, long long index):
        """Return the root over a subtree's leaves; None where it has none."""
        if (index + 1) << level <= self.size:
            return self.nodes[level, index]
        return self.edges.get(level) if index << level < self.size else None

    cdef int down(
        self, int level, long long index, tuple above, Py_ssize_t first, Py_ssize_t end
    ) except -1:
        """Go down to the wanted leaves ``first`` to ``end`` of a subtree."""
        cdef long long left = index << 1
        cdef long long middle_leaf
        cdef Py_ssize_t middle = first, high = end, probe
        if level == 0:
            self.found[index] = above
            return 0
        level -= 1
        middle_leaf = (left + 1) << level
        while middle < high:
            probe = (middle + high) // 2
            if <long long>self.wanted[probe] < middle_leaf:
                middle = probe + 1
            else:
                high = probe
        if middle > first:
            sibling = self.node(level, left + 1)
            self.down(level, left, above if sibling is None else (sibling,) + above, first, middle)
        if middle < end:
            sibling = self.node(level, left)
            assert sibling is not None
            self.down(level, left + 1, (sibling,) + above, middle, end)
        return 0


def inclusion_paths(
    dict nodes not None, dict edges not None, long long size, int height, list wanted not None
) -> dict:
    """Return the inclusion path of each wanted leaf.

    Args:
        nodes: Roots of complete subtrees by level and index.
        edges: By level, the root over the leaves right of the last complete subtree.
        size: Of the tree.
        height: Of the tree, at most 62.
        wanted: Leaf indexes below ``size``, ascending, at least one.

    Raises:
        KeyError: A node is missing.
    """
    cdef Descent it = Descent()
    assert 0 <= height <= 62
    it.nodes, it.edges, it.size, it.wanted, it.found = nodes, edges, size, wanted, {}
    it.down(height, 0, (), 0, len(wanted))
    return it.found
