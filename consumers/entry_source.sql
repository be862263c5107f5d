-- Promised entries, out of the event store. {events} is the table of one log.

-- name: select_promised
SELECT log, size FROM ledger.promises

-- name: select_range
SELECT notification_id - 1, state FROM ledger.{events}
WHERE notification_id > %(start)s AND notification_id <= %(end)s ORDER BY notification_id

-- name: select_some
-- A topic is the event type, a dot and the version. Streams are shared out by the hash of their id.
SELECT notification_id - 1, state FROM ledger.{events}
WHERE notification_id > %(start)s AND notification_id <= %(end)s
  AND (%(types)s::text[] IS NULL OR split_part(topic, '.', 1) = ANY (%(types)s::text[]))
  AND (%(shares)s::int4 = 1 OR (hashtext(originator_id) & 65535) %% %(shares)s = %(share)s)
ORDER BY notification_id

-- name: count_range
SELECT count(*)::bigint FROM ledger.{events}
WHERE notification_id > %(start)s AND notification_id <= %(end)s

-- name: select_gap
SELECT min(place) - 1 FROM generate_series(%(start)s::bigint + 1, %(end)s::bigint) AS place
WHERE NOT EXISTS (SELECT FROM ledger.{events} WHERE notification_id = place)

-- name: select_stream
SELECT originator_id FROM ledger.{events} WHERE notification_id = %(index)s::bigint + 1
