# cython: language_level=3
"""The appender's steps that run for every act, compiled.

Twins of functions in ``consumers`` and ``ledger``, named at each; tests hold them against each
other. What comes from outside is never trusted here: a doubt is None or False, and then the
Python twin judges and says what is wrong.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

from tuples cimport demand, get, new_tuple, put
from varint cimport read_extent, read_long


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
            return self.nodes[index << 6 | level]
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
        nodes: Roots of complete subtrees by ``index << 6 | level``.
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


# --- a batch under the head lock ---------------------------------------------------------------


cdef struct Moment:
    long long last  # Time of the last entry, microseconds.
    long long now
    long long tolerance
    bint is_simulated


def plain_entries(
    list items not None,
    Py_ssize_t at,
    object judged,
    object new_entry,
    object source_of,
    tuple taken not None,
    dict new not None,
    long long leaf_index,
    tuple clock not None,
    long long tolerance,
) -> tuple:
    """Return new entries for the items from ``at`` on, up to the first that needs a closer look.

    Twin of ``Batch._take`` for acts that nothing speaks against: a key that counts, a new event
    id, no expected version, times that can be, a type without a gate.

    Args:
        items: Judged records and refusals.
        at: Where to begin.
        judged: The class of a judged record.
        new_entry: The tuple class of what is returned.
        source_of: The tuple class of a source, and the incarnation of the topic.
        taken: Mappings of the event ids that are known or refused.
        new: Leaf indexes of this batch's event ids; the new ones are put in.
        leaf_index: Of the next entry.
        clock: Time of the last entry and of the database, microseconds, and whether acts bring a
            simulated time of their own.
        tolerance: How far in the future an act may be, microseconds.

    Returns:
        The entries, and the judged records that brought openings.
    """
    cdef Py_ssize_t place
    cdef Moment moment
    moment.last, moment.now, moment.is_simulated = clock
    moment.tolerance = tolerance
    source_class, incarnation = source_of
    asked = [*(ids for ids in taken if ids), new]
    entries, opened = [], []
    for place in range(at, len(items)):
        item = items[place]
        if type(item) is not judged or not _is_plain(item, asked, &moment):
            break
        if item.openings:
            opened.append(item)
        entry = _new_entry(item, moment.last, new_entry, source_class, incarnation)
        entries.append(entry)
        new[get(entry, 2)] = leaf_index
        leaf_index += 1
    return entries, opened


cdef bint _is_plain(object item, list taken, Moment* moment) except -1:
    """Tell whether nothing speaks against an act, and move the time on if so."""
    cdef long long received_at = moment.now, occurred_at = item.occurred_at
    if moment.is_simulated:
        headers = item.headers
        demand(headers, 4)
        sim_time = get(headers, 3)
        received_at = moment.last if sim_time is None else max(moment.last, <long long>sim_time)
    if (
        item.not_allowed is not None
        or item.unfit is not None
        or item.expected_version is not None
        or not item.event_type.is_judged_alone
        or not <long long>item.valid_from <= received_at < <long long>item.valid_until
        or occurred_at > received_at + moment.tolerance
        or <long long>item.recorded_at < occurred_at - moment.tolerance
    ):
        return False
    event_id = item.event_id
    for ids in taken:
        if event_id in ids:
            return False
    moment.last = received_at
    return True


cdef object _new_entry(
    object item, long long received_at, object new_entry, object source_class, object incarnation
):
    headers, record = item.headers, item.record
    demand(headers, 4)
    demand(record, 7)
    source = new_tuple(source_class, 5)
    put(source, 0, incarnation)
    put(source, 1, get(record, 0))
    put(source, 2, get(record, 1))
    put(source, 3, get(record, 2))
    put(source, 4, <long long>get(record, 3) * 1000)
    entry = new_tuple(new_entry, 8)
    put(entry, 0, item.stream_id)
    put(entry, 1, item.event_type.topic)
    put(entry, 2, item.event_id)
    put(entry, 3, get(record, 5))
    put(entry, 4, received_at)
    put(entry, 5, len(item.openings))
    put(entry, 6, source)
    put(entry, 7, get(headers, 0))
    return entry


def committed_answers(
    list items not None,
    Py_ssize_t at,
    list entries not None,
    list extras not None,
    long long leaf_index,
    object answer,
    str outcome not None,
) -> list:
    """Return the answers for what ``plain_entries`` returned, once it is appended.

    Args:
        items: As there, with ``at``.
        at: Where in ``items`` the first of ``entries`` is.
        entries: What was appended.
        extras: Their prefixes.
        leaf_index: Of the first one.
        answer: The tuple class of an answer.
        outcome: What became of them.
    """
    answers = []
    cdef Py_ssize_t place
    for place in range(len(entries)):
        item, entry = items[at + place], entries[place]
        demand(entry, 8)
        one = new_tuple(answer, 8)
        put(one, 0, item.parties.emitter_id)
        put(one, 1, item.batch)
        put(one, 2, get(entry, 2))
        put(one, 3, get(entry, 6))
        put(one, 4, outcome)
        put(one, 5, leaf_index)
        put(one, 6, extras[place])
        put(one, 7, None)
        answers.append(one)
        leaf_index += 1
    return answers


def outcomes_of(list answers not None, list paths not None, object outcome) -> dict:
    """Return outcomes by emitter and submission; twin of a loop in ``Outbox._receipts``.

    Args:
        answers: ``Answer`` tuples.
        paths: Inclusion paths of those that have an ``extra``, in order.
        outcome: The tuple class of an outcome.
    """
    cdef Py_ssize_t place = 0
    groups = {}
    last_emitter = last_batch = group = None
    for answer in answers:
        demand(answer, 8)
        emitter_id, batch, extra = get(answer, 0), get(answer, 1), get(answer, 6)
        path = ()
        if extra is not None:
            path = paths[place]
            place += 1
        if group is None or emitter_id is not last_emitter or batch is not last_batch:
            last_emitter, last_batch = emitter_id, batch
            group = groups.setdefault((emitter_id, batch), [])
        one = new_tuple(outcome, 7)
        put(one, 0, get(answer, 2))
        put(one, 1, get(answer, 3))
        put(one, 2, get(answer, 4))
        put(one, 3, get(answer, 5))
        put(one, 4, extra)
        put(one, 5, path)
        put(one, 6, get(answer, 7))
        group.append(one)
    return groups
