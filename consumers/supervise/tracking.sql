-- How far each log is judged, and when to look at its streams. The tables: ledger/store/migrations.

-- name: select_sizes
SELECT log, size FROM supervision.tracking

-- name: select_due
-- One statement, so that position and instants belong together.
SELECT kept.size, due.stream_id, due.look_at
FROM (SELECT coalesce((SELECT size FROM supervision.tracking WHERE log = %(log)s), 0) AS size) AS kept
LEFT JOIN supervision.agenda AS due ON due.log = %(log)s AND due.look_at < %(before)s
ORDER BY due.look_at, due.stream_id

-- name: count_streams
SELECT count(*) FROM supervision.agenda

-- name: advance
-- Of two engines one may be behind the other: only who stands where the position is moves it.
-- Who deleted the position wants the log judged again: then nobody but who begins at 0 puts one.
INSERT INTO supervision.tracking (log, size)
SELECT %(log)s, %(end)s
WHERE %(start)s = 0 OR EXISTS (SELECT FROM supervision.tracking WHERE log = %(log)s)
ON CONFLICT (log) DO UPDATE SET size = excluded.size WHERE tracking.size = %(start)s

-- name: lower
UPDATE supervision.agenda SET look_at = %(at)s WHERE log = %(log)s AND look_at > %(at)s

-- name: put
INSERT INTO supervision.agenda (log, stream_id, look_at)
SELECT %(log)s, stream_id, look_at
FROM unnest(%(streams)s::text[], %(instants)s::bigint[]) AS put (stream_id, look_at)
ON CONFLICT (log, stream_id) DO UPDATE SET look_at = excluded.look_at
WHERE agenda.look_at <> excluded.look_at

-- name: remove
DELETE FROM supervision.agenda WHERE log = %(log)s AND stream_id = ANY (%(done)s::text[])
