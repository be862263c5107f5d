"""Avro's and Kafka's variable-length integers, strictly, and signs of identifiers.

Every function takes the bytes, where to begin and where they end, and never looks beyond the end.
"""

cdef inline Py_ssize_t read_long(
    const unsigned char* data, Py_ssize_t at, Py_ssize_t end, long long* number
) noexcept nogil:
    """Read a minimal zigzag varint of at most 64 bits; return the place after it, -1 for none."""
    cdef unsigned long long value = 0
    cdef unsigned char byte
    cdef int shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        if byte < 0x80:
            if (byte == 0 and shift > 0) or (shift == 63 and byte > 1):
                return -1
            value |= <unsigned long long>byte << shift
            number[0] = <long long>(value >> 1) ^ -<long long>(value & 1)
            return at
        value |= <unsigned long long>(byte & 0x7F) << shift
        shift += 7
    return -1


cdef inline Py_ssize_t read_int(
    const unsigned char* data, Py_ssize_t at, Py_ssize_t end, long long* number
) noexcept nogil:
    """Do the same for 32 bits."""
    at = read_long(data, at, end, number)
    if at >= 0 and not -0x80000000LL <= number[0] <= 0x7FFFFFFFLL:
        return -1
    return at


cdef inline Py_ssize_t read_extent(
    const unsigned char* data, Py_ssize_t at, Py_ssize_t end, Py_ssize_t* start
) noexcept nogil:
    """Read a length and step over what it announces; return the place after it, -1 for none."""
    cdef long long size = 0
    at = read_long(data, at, end, &size)
    if at < 0 or size < 0 or size > end - at:
        return -1
    start[0] = at
    return at + <Py_ssize_t>size


cdef inline Py_ssize_t put_long(unsigned char* out, long long number) noexcept nogil:
    """Write a zigzag varint, at most 10 bytes; return how many."""
    cdef unsigned long long value = (<unsigned long long>number << 1) ^ (
        0xFFFFFFFFFFFFFFFFULL if number < 0 else 0
    )
    cdef Py_ssize_t size = 0
    while value > 0x7F:
        out[size] = <unsigned char>(value & 0x7F) | 0x80
        value >>= 7
        size += 1
    out[size] = <unsigned char>value
    return size + 1
