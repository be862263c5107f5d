-- What entries need that lies apart from their log.

-- name: select_entries_of
SELECT notification_id - 1, state FROM ledger.{events}
WHERE split_part(topic, '.', 1) = ANY(%(types)s) AND notification_id <= %(size)s
ORDER BY notification_id

-- name: select_subjects
SELECT DISTINCT stream_id, subject_id FROM vault.openings
WHERE log = %(log)s ORDER BY stream_id, subject_id
