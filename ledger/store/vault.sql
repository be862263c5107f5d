-- name: copy_openings
COPY vault.openings (log, event_id, path, stream_id, subject_id, sealed)
FROM STDIN (FORMAT BINARY)

-- name: insert_blind_index
INSERT INTO vault.blind_index (blinded, log, stream_id, subject_id)
SELECT i.blinded, %(log)s, i.stream_id, i.subject_id
FROM unnest(%(blinded)b::bytea[], %(stream_ids)b::text[], %(subject_ids)b::text[])
     AS i (blinded, stream_id, subject_id)
ON CONFLICT DO NOTHING

-- name: select_openings
SELECT path, subject_id, sealed FROM vault.openings
WHERE log = %(log)s AND event_id = ANY(%(event_ids)b::uuid[]) AND stream_id = %(stream_id)s
ORDER BY path

-- name: select_opened
SELECT DISTINCT event_id FROM vault.openings
WHERE log = %(log)s AND event_id = ANY(%(event_ids)b::uuid[])

-- name: select_blind_index
SELECT log, stream_id, subject_id FROM vault.blind_index
WHERE blinded = %(blinded)b ORDER BY log, stream_id, subject_id

-- name: select_shared_index
SELECT array_agg(found.n ORDER BY found.n) FROM (
    SELECT DISTINCT i.blinded, s.n
    FROM unnest(%(logs)s::text[], %(stream_ids)s::text[], %(subject_ids)s::text[])
         WITH ORDINALITY AS s (log, stream_id, subject_id, n)
    JOIN vault.blind_index AS i
      ON i.log = s.log AND i.stream_id = s.stream_id AND i.subject_id = s.subject_id
) AS found
GROUP BY found.blinded HAVING count(*) > 1 ORDER BY 1

-- name: select_persons
SELECT dense_rank() OVER (ORDER BY found.blinded), found.log, found.stream_id, found.subject_id
FROM (
    SELECT i.blinded, i.log, i.stream_id, i.subject_id, count(*) OVER (PARTITION BY i.blinded) AS n
    FROM vault.blind_index AS i
    WHERE i.blinded IN (
        SELECT a.blinded
        FROM unnest(%(logs)s::text[], %(stream_ids)s::text[], %(subject_ids)s::text[])
             AS s (log, stream_id, subject_id)
        JOIN vault.blind_index AS a
          ON a.log = s.log AND a.stream_id = s.stream_id AND a.subject_id = s.subject_id
    )
) AS found
WHERE found.n > 1 ORDER BY found.blinded, found.log, found.stream_id, found.subject_id

-- name: copy_quarantine
COPY vault.quarantine (log, incarnation, topic, partition, "offset", day, sealed)
FROM STDIN (FORMAT BINARY)

-- name: select_quarantine
SELECT day, sealed FROM vault.quarantine
WHERE log = %(log)s AND incarnation = %(incarnation)s AND topic = %(topic)s
  AND partition = %(partition)s AND "offset" = %(offset)s
