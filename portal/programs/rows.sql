-- What the command line asks about a row of the task table: of one log, its newest entries only.
-- A topic is the event type, a dot and the version. {events} is the table of one log.

-- name: count_types
SELECT split_part(topic, '.', 1), count(*)::bigint
FROM ledger.{events}
WHERE notification_id > %(start)s AND notification_id <= %(end)s
  AND split_part(topic, '.', 1) = ANY (%(types)s)
GROUP BY 1

-- name: select_newest
SELECT notification_id - 1
FROM ledger.{events}
WHERE notification_id > %(start)s AND notification_id <= %(end)s
  AND split_part(topic, '.', 1) = ANY (%(types)s)
ORDER BY notification_id DESC LIMIT %(limit)s
