"""Which signs each shape of text has (``ledger/chain/ids.py``), and how a log's origin ends."""

from libc.string cimport memcmp


cdef enum:
    IDENTIFIER = 1
    NAME = 2
    CREDIT_CODE = 4
    REASON = 8
    TOPIC = 16
    HEX = 32
    CAPITAL = 64
    ASCII = 128


cdef inline int set_signs(unsigned char* table) except -1:
    """Write down, for each of the 256 bytes, the shapes that it may stand in."""
    cdef int byte
    for byte in range(256):
        table[byte] = <unsigned char>(ASCII if byte < 128 else 0)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for flag, signs in (
        (IDENTIFIER, letters + letters.lower() + "0123456789:._-"),
        (NAME, letters.lower() + "0123456789.-"),
        (CREDIT_CODE, "0123456789ABCDEFGHJKLMNPQRTUWXY"),
        (REASON, letters + "0123456789_"),
        (TOPIC, letters + letters.lower() + "0123456789._-"),
        (HEX, "0123456789abcdef"),
        (CAPITAL, letters),
    ):
        for sign in signs:
            table[<int>ord(sign)] |= <unsigned char>flag
    return 0


cdef inline bint is_log(const unsigned char* data, Py_ssize_t size) noexcept nogil:
    """Tell whether this is ``/control``, or ``/log/`` with a number up to 15."""
    if size == 8:
        return memcmp(data, b"/control", 8) == 0
    if size < 6 or size > 7 or memcmp(data, b"/log/", 5):
        return False
    if size == 6:
        return c"0" <= data[5] <= c"9"
    return data[5] == c"1" and c"0" <= data[6] <= c"5"
