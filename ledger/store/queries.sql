-- What the recorder and its transactions ask of one log. {events} and the like are its tables.

-- name: lock_head
-- The clock is read above the lock, so it is the time after any wait for it.
WITH head AS MATERIALIZED (
    SELECT log, tree_size, root, received_at, control_size, origin, hash_profile
    FROM ledger.heads WHERE log = %(log)s FOR UPDATE
)
SELECT head.tree_size, head.root, head.received_at, head.control_size,
       (SELECT size FROM ledger.promises p WHERE p.log = head.log),
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       head.origin, head.hash_profile
FROM head

-- name: select_head
SELECT h.tree_size, h.root, h.received_at, h.control_size, p.size,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, h.origin, h.hash_profile
FROM ledger.heads h JOIN ledger.promises p USING (log) WHERE h.log = %(log)s

-- name: update_head
UPDATE ledger.heads
SET tree_size = %(tree_size)s, root = %(root)s, received_at = %(received_at)s,
    control_size = %(control_size)s
WHERE log = %(log)s

-- name: select_promised
SELECT log, size FROM ledger.promises

-- name: raise_promised
-- A slower thread of the same log must not take the size back.
UPDATE ledger.promises SET size = greatest(size, %(size)s) WHERE log = %(log)s

-- name: repair_promised
UPDATE ledger.promises SET size = %(size)s WHERE log = %(log)s AND size <> %(size)s

-- name: notify
SELECT pg_notify(channel, payload)
FROM unnest(%(channels)s::text[], %(payloads)s::text[]) AS sent (channel, payload)

-- name: copy_events
COPY ledger.{events} (originator_id, originator_version, topic, state, notification_id,
                      link, leaf, event_id, received_at)
FROM STDIN (FORMAT BINARY)

-- name: copy_nodes
COPY ledger.{nodes} (level, idx, hash) FROM STDIN (FORMAT BINARY)

-- name: copy_refusals
COPY ledger.{refusals} (event_id, leaf_index) FROM STDIN (FORMAT BINARY)

-- name: select_tracking
SELECT notification_id FROM ledger.{tracking} WHERE application_name = %(name)s

-- name: raise_tracking
INSERT INTO ledger.{tracking} AS t (application_name, notification_id)
SELECT * FROM unnest(%(names)b::text[], %(offsets)b::bigint[])
ON CONFLICT (application_name) DO UPDATE SET notification_id = EXCLUDED.notification_id
WHERE t.notification_id < EXCLUDED.notification_id

-- name: select_known
SELECT event_id, notification_id - 1, state FROM ledger.{events}
WHERE event_id = ANY(%(ids)b::uuid[])

-- name: select_refusals
SELECT event_id, leaf_index FROM ledger.{refusals} WHERE event_id = ANY(%(ids)b::uuid[])

-- name: select_stream_heads
SELECT wanted.id, newest.originator_version, newest.link
FROM unnest(%(ids)b::text[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT originator_version, link FROM ledger.{events} e
    WHERE e.originator_id = wanted.id ORDER BY originator_version DESC LIMIT 1
) AS newest

-- name: select_stream_entries
SELECT state FROM ledger.{events} WHERE originator_id = %(stream_id)s ORDER BY originator_version

-- name: select_streams_entries
SELECT originator_id, state FROM ledger.{events} WHERE originator_id = ANY(%(ids)s)
ORDER BY originator_id, originator_version

-- name: select_stream_rows
SELECT originator_version, notification_id - 1, state FROM ledger.{events}
WHERE originator_id = %(stream_id)s ORDER BY originator_version

-- name: select_rows
SELECT originator_id, originator_version, topic, state, notification_id - 1, link, leaf,
       uuid_send(event_id), received_at
FROM ledger.{events}
WHERE notification_id > %(start)s::bigint AND notification_id <= %(end)s::bigint

-- name: select_rows_outside
SELECT originator_id, originator_version, topic, state, notification_id - 1, link, leaf,
       uuid_send(event_id), received_at
FROM ledger.{events}
WHERE notification_id < 1
   OR notification_id > (SELECT tree_size FROM ledger.heads WHERE log = %(log)s)
ORDER BY notification_id LIMIT %(limit)s

-- name: select_entries
SELECT notification_id - 1, state FROM ledger.{events}
WHERE notification_id > %(start)s ORDER BY notification_id LIMIT %(limit)s

-- name: select_entry
SELECT state FROM ledger.{events} WHERE notification_id = %(index)s + 1

-- name: select_stored_stream
SELECT originator_id FROM ledger.{events} WHERE notification_id = %(index)s::bigint + 1

-- name: count_entries
SELECT count(*)::bigint FROM ledger.{events}
WHERE notification_id > 0 AND notification_id <= %(size)s::bigint

-- name: select_gap
SELECT min(place) - 1 FROM generate_series(1, %(size)s::bigint) AS place
WHERE NOT EXISTS (SELECT FROM ledger.{events} WHERE notification_id = place)

-- name: select_index
SELECT notification_id - 1 FROM ledger.{events} WHERE event_id = ANY(%(ids)b::uuid[])

-- name: select_nodes
-- Everything a proof needs in one answer: leaves from the entries, the rest from the nodes.
SELECT n.level::integer, n.idx, n.hash
FROM unnest(%(levels)b::smallint[], %(indexes)b::bigint[]) AS wanted (level, idx)
JOIN ledger.{nodes} n ON n.level = wanted.level AND n.idx = wanted.idx
UNION ALL
SELECT 0, e.notification_id - 1, e.leaf
FROM ledger.{events} e WHERE e.notification_id = ANY(%(leaves)b::bigint[])
