# cython: language_level=3
"""Judging what is surely good, compiled: one call for a whole batch of records.

Twin of ``Judge.examine`` (``consumers/append/judge.py``) and of what it calls, named at each
function; tests hold them against each other. Whatever is not surely right goes to the Python twin,
which judges and says what is wrong.
"""

from binascii import b2a_base64
from hashlib import sha256

LEAF = sha256(b"\0")
NODE = sha256(b"\1")

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize
from cpython.bytes cimport PyBytes_GET_SIZE
from libc.string cimport memcmp

from scan cimport ActPlaces, Bytes, Input, scan_act
from signs cimport set_signs
from tuples cimport demand, get


cdef extern from "Python.h":
    object PyUnicode_DecodeASCII(const char* data, Py_ssize_t size, const char* errors)


cdef enum:
    ACT_BYTES_MAX = 60_000
    EVENT_TYPE_FIELDS = 11
    HASH_CHARS = 44
    DIGITS_LEAST = 11
    MACHINE_MADE_SIGNS = 32


cdef signed char BASE64[256]
cdef unsigned char SIGNS[256]
set_signs(SIGNS)
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


cpdef Py_ssize_t follow(
    dict nodes, bytes lz_proof, Py_ssize_t head_size, bytes first_line, bytes act, Py_ssize_t last
) except -2:
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
    state = LEAF.copy()
    state.update(act)
    node = state.digest()
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
        state = NODE.copy()
        state.update(other + <bytes>node if place & 1 else <bytes>node + other)
        node = state.digest()
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


# --- clear text --------------------------------------------------------------------------------


cpdef bint may_be_personal(bytes value) except -1:
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


# --- records -----------------------------------------------------------------------------------


cdef class QuickJudge:
    """Examines the records of a case log by one state of the control log.

    Args:
        header: Marker and fingerprint that every act begins with.
        first_line: What every submission proof begins with.
        types: By the bytes of eventType, schemaVersion and payloadSchema: event type, its payload's
            shape, what its streams begin with, and whether its payload has to be looked into.
        parties: By the bytes of agencyId, delegateId and emitterId.
        allowed: Whether parties may send a type, by its name and them.
        judged: The class of what is returned.
        headers: The tuple class of a record's headers.
        refused: Classes of errors that ``read_headers`` raises.
        is_simulated: Whether acts may bring a simulated time.
        partitions: Of the topic, at least 1.
        read_headers: Returns the headers of a record.
        known_submission: Returns the ``KnownSubmission`` of a proof, None if there is none.
        count_nodes: Is told how many nodes were added to it.
        look_inside: Judges the payload of a judged record and opens what is sealed.
    """

    cdef bytes header
    cdef bytes first_line
    cdef dict types
    cdef dict parties
    cdef dict allowed
    cdef object judged
    cdef object headers
    cdef object refused
    cdef bint is_simulated
    cdef long long partitions
    cdef object read_headers
    cdef object known_submission
    cdef object count_nodes
    cdef object look_inside
    # Of the submission seen last: what its proofs end with, its nodes, who signed it.
    cdef bytes tail
    cdef dict nodes
    cdef Py_ssize_t last
    cdef object emitter_id
    cdef object batch
    cdef object valid_from
    cdef object valid_until
    cdef Py_ssize_t added  # Nodes that nobody has counted yet.

    def __init__(
        self,
        bytes header not None,
        bytes first_line not None,
        dict types not None,
        dict parties not None,
        dict allowed not None,
        *,
        object judged,
        object headers,
        object refused,
        bint is_simulated,
        long long partitions,
        object read_headers,
        object known_submission,
        object count_nodes,
        object look_inside,
    ):
        self.header, self.first_line = header, first_line
        self.types, self.parties, self.allowed = types, parties, allowed
        self.judged, self.headers, self.refused = judged, headers, refused
        self.is_simulated, self.partitions = is_simulated, partitions
        self.read_headers, self.known_submission = read_headers, known_submission
        self.count_nodes, self.look_inside = count_nodes, look_inside
        self.tail, self.nodes, self.added = None, {}, 0

    def examine(self, object records, object careful) -> list:
        """Return each record judged; what is not surely good is judged by ``careful``."""
        items = []
        for record in records:
            judged = self._judged(record)
            if judged is None:
                self._count()
                judged = careful(record)
            items.append(judged)
        self._count()
        return items

    cdef object _judged(self, object record):
        """Return a record judged, None for a doubt; ``record`` has the fields of its class."""
        cdef Input it
        cdef ActPlaces act
        cdef Py_ssize_t size, added
        demand(record, 7)
        key, value = get(record, 4), get(record, 5)
        if not (PyBytes_CheckExact(key) and PyBytes_CheckExact(value)):
            return None
        it.data, it.end = <Bytes>PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
        it.signs = SIGNS
        if it.end > ACT_BYTES_MAX or scan_act(
            &it, 0, <Bytes>PyBytes_AS_STRING(self.header), PyBytes_GET_SIZE(self.header), &act
        ) < 0:
            return None
        known_type = self.types.get(_slice(&it, act.event_type, act.stream))
        parties = self.parties.get(_slice(&it, act.agency, act.emitter_end))
        if known_type is None or parties is None:
            return None
        event_type, shape, start, is_open = <tuple?>known_type
        demand(event_type, EVENT_TYPE_FIELDS)
        demand(parties, 3)
        if not self._is_in_place(record, &it, &act, <bytes?>key, <bytes?>start):
            return None
        if not shape.check(_slice(&it, act.payload, it.end)):
            return None
        if self.allowed.get((get(event_type, 0), parties)) is not True:
            return None
        headers = self._headers(get(record, 6))
        if headers is None or not self._is_known(<bytes?>get(headers, 0), get(parties, 2)):
            return None
        size = PyBytes_GET_SIZE(get(headers, 0)) - PyBytes_GET_SIZE(self.tail)
        added = follow(self.nodes, get(headers, 0), size, self.first_line, value, self.last)
        if added < 0:
            return None
        self.added += added
        size = act.stream_end - act.stream_text
        judged = self.judged(
            record,
            event_type,
            parties,
            _slice(&it, act.event_id, act.event_id + 16),
            PyUnicode_DecodeASCII(<const char*>it.data + act.stream_text, size, NULL),
            act.expected_version if act.has_expected else None,
            act.occurred_at,
            act.recorded_at,
            headers,
            self.batch,
            self.valid_from,
            self.valid_until,
        )
        if is_open or get(headers, 2) is not None or may_be_personal(value):
            self.look_inside(judged)
        return judged

    cdef bint _is_in_place(
        self, object record, const Input* it, const ActPlaces* act, bytes key, bytes start
    ) except -1:
        """Tell whether key, case and partition are those of the stream; twin of check_stream."""
        cdef Py_ssize_t size = act.stream_end - act.stream_text, whole
        cdef long long place
        cdef Bytes stream = it.data + act.stream_text
        if PyBytes_GET_SIZE(key) != size or memcmp(PyBytes_AS_STRING(key), stream, size):
            return False
        if act.case_id >= 0:
            whole = act.stream_end - act.stream
            if act.case_id_end - act.case_id != whole or memcmp(
                it.data + act.case_id, it.data + act.stream, whole
            ):
                return False
        # The ledger's own streams take nobody else's acts.
        if (size == 6 and memcmp(stream, b"ledger", 6) == 0) or (
            size >= 4 and memcmp(stream, b"log:", 4) == 0
        ):
            return False
        whole = PyBytes_GET_SIZE(start)
        if whole > size or memcmp(PyBytes_AS_STRING(start), stream, whole):
            return False
        if self.partitions == 1:
            return True
        place = (_murmur2(stream, size) & 0x7FFFFFFF) % self.partitions
        return place == <long long>get(record, 1)

    cdef object _headers(self, list headers):
        """Return the ledger's headers, None for a doubt."""
        if len(headers) == 1:
            name, content = <tuple?>headers[0]
            if name == "lz-proof" and PyBytes_CheckExact(content) and PyBytes_GET_SIZE(content):
                return tuple.__new__(self.headers, (content, None, None, None))
        try:
            found = self.read_headers(headers)
        except self.refused:
            return None
        demand(found, 4)
        return None if get(found, 3) is not None and not self.is_simulated else found

    cdef bint _is_known(self, bytes lz_proof, object emitter_id) except -1:
        """Tell whether a proof is of a submission of this emitter whose note is proven."""
        cdef Py_ssize_t size
        if self.tail is not None:
            size = PyBytes_GET_SIZE(self.tail)
            if PyBytes_GET_SIZE(lz_proof) > size and not memcmp(
                PyBytes_AS_STRING(lz_proof) + PyBytes_GET_SIZE(lz_proof) - size,
                PyBytes_AS_STRING(self.tail),
                size,
            ):
                return bool(self.emitter_id == emitter_id)
        self._count()
        found = self.known_submission(lz_proof)
        if found is None:
            return False
        self.tail, self.nodes, self.last, self.emitter_id, *rest = found
        self.batch, self.valid_from, self.valid_until = rest
        return bool(self.emitter_id == emitter_id)

    cdef int _count(self) except -1:
        if self.added:
            self.count_nodes(self.added)
            self.added = 0
        return 0


cdef unsigned int _murmur2(Bytes data, Py_ssize_t size) noexcept:
    """Return what ``murmur2`` in ``ledger.chain.partition`` does."""
    cdef unsigned int mixed, digest = 0x9747B28C ^ <unsigned int>size
    cdef Py_ssize_t at
    for at in range(0, size - 3, 4):
        mixed = _little_endian(data + at, 4) * 0x5BD1E995U
        mixed = (mixed ^ mixed >> 24) * 0x5BD1E995U
        digest = digest * 0x5BD1E995U ^ mixed
    if size & 3:
        digest = (digest ^ _little_endian(data + (size & ~3), size & 3)) * 0x5BD1E995U
    digest = (digest ^ digest >> 13) * 0x5BD1E995U
    return digest ^ digest >> 15


cdef unsigned int _little_endian(Bytes data, Py_ssize_t size) noexcept:
    cdef unsigned int number = 0
    cdef Py_ssize_t place
    for place in range(size):
        number |= <unsigned int>data[place] << (8 * place)
    return number


cdef bytes _slice(const Input* it, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(<const char*>it.data + start, end - start)
