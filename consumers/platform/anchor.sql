-- What anchoring a log asks of its event table. {events} is the table of one log.

-- name: select_heads
-- The newest entry of every stream below a size, in leaf order: so each hash tile is read once.
SELECT e.notification_id - 1, e.state
FROM (
    SELECT originator_id, max(originator_version) AS version
    FROM ledger.{events} WHERE notification_id <= %(size)s
    GROUP BY originator_id
) AS newest
JOIN ledger.{events} e
  ON e.originator_id = newest.originator_id AND e.originator_version = newest.version
ORDER BY e.notification_id

-- name: has_news
-- A topic is the event type, a dot and the version.
SELECT EXISTS (
    SELECT FROM ledger.{events}
    WHERE notification_id > %(start)s AND notification_id <= %(end)s
      AND split_part(topic, '.', 1) <> 'LogHeartbeat' AND originator_id <> %(stream)s
)
