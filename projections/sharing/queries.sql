-- Questions to the sharing view.

-- name: list_agencies
SELECT agency_id FROM (
    SELECT agency_id FROM views.sharing_emitted
    WHERE received_at >= %(start)s AND received_at < %(end)s AND agency_id > %(after)s
    UNION
    SELECT agency_id FROM views.sharing_push
    WHERE due_from >= %(start)s AND due_from < %(end)s AND agency_id > %(after)s
) AS found
ORDER BY agency_id LIMIT %(limit)s;

-- name: count_received
SELECT agency_id, emitter_id, count(*)::bigint AS received FROM views.sharing_emitted
WHERE received_at >= %(start)s AND received_at < %(end)s AND agency_id = ANY(%(agencies)s)
GROUP BY agency_id, emitter_id ORDER BY agency_id, emitter_id;

-- name: count_channels
SELECT agency_id, target, state, count(*)::bigint AS steps FROM views.sharing_push
WHERE due_from >= %(start)s AND due_from < %(end)s AND agency_id = ANY(%(agencies)s)
GROUP BY agency_id, target, state ORDER BY agency_id, target, state;

-- name: list_gaps
-- What is acknowledged grows for ever, so what is missing has an index of its own.
SELECT * FROM views.sharing_push
WHERE state IN ('UNASSESSED', 'DUE', 'PUSHED', 'REFUSED') AND state = ANY(%(states)s)
  AND due_from >= %(start)s AND due_from < %(end)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND due_from <= %(at)s
  AND (due_from, event_id || '/' || target) < (%(at)s, %(id)s)
ORDER BY due_from DESC, event_id || '/' || target DESC LIMIT %(limit)s;

-- name: list_steps
SELECT * FROM views.sharing_push
WHERE state = ANY(%(states)s) AND due_from >= %(start)s AND due_from < %(end)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND due_from <= %(at)s
  AND (due_from, event_id || '/' || target) < (%(at)s, %(id)s)
ORDER BY due_from DESC, event_id || '/' || target DESC LIMIT %(limit)s;

-- name: list_sequence_gaps
-- The day's numbers are looked at in their order; only where one does not follow on the one before
-- are earlier days and later arrivals asked. An emitter may number from the least to the greatest.
WITH heard AS (
    SELECT DISTINCT ON (emitter_id, emitter_seq) emitter_id, emitter_seq, agency_id, received_at
    FROM views.sharing_emitted
    WHERE received_at >= %(start)s AND received_at < %(end)s AND emitter_seq IS NOT NULL
    ORDER BY emitter_id, emitter_seq, received_at, agency_id
), numbered AS (
    SELECT heard.*, lag(emitter_seq) OVER (PARTITION BY emitter_id ORDER BY emitter_seq) AS before
    FROM heard
)
SELECT n.emitter_id, p.emitter_seq + 1 AS first, n.emitter_seq - 1 AS last, n.agency_id,
    n.received_at
FROM numbered AS n
CROSS JOIN LATERAL (
    SELECT e.emitter_seq FROM views.sharing_emitted AS e
    WHERE e.emitter_id = n.emitter_id AND e.emitter_seq < n.emitter_seq
    ORDER BY e.emitter_seq DESC LIMIT 1
) AS p
WHERE (n.before + 1) IS DISTINCT FROM n.emitter_seq AND p.emitter_seq + 1 < n.emitter_seq
  AND n.agency_id = ANY(%(agencies)s)
ORDER BY n.emitter_id, n.emitter_seq LIMIT %(limit)s;

-- name: count_missing
-- The day's numbers are looked at in their order; only where one does not follow on the one before
-- are earlier days and later arrivals asked. An emitter may number from the least to the greatest.
WITH heard AS (
    SELECT DISTINCT ON (emitter_id, emitter_seq) emitter_id, emitter_seq, agency_id, received_at
    FROM views.sharing_emitted
    WHERE received_at >= %(start)s AND received_at < %(end)s AND emitter_seq IS NOT NULL
    ORDER BY emitter_id, emitter_seq, received_at, agency_id
), numbered AS (
    SELECT heard.*, lag(emitter_seq) OVER (PARTITION BY emitter_id ORDER BY emitter_seq) AS before
    FROM heard
)
SELECT n.agency_id, n.emitter_id,
    least(sum(n.emitter_seq::numeric - 1 - p.emitter_seq), 9223372036854775807)::bigint AS numbers
FROM numbered AS n
CROSS JOIN LATERAL (
    SELECT e.emitter_seq FROM views.sharing_emitted AS e
    WHERE e.emitter_id = n.emitter_id AND e.emitter_seq < n.emitter_seq
    ORDER BY e.emitter_seq DESC LIMIT 1
) AS p
WHERE (n.before + 1) IS DISTINCT FROM n.emitter_seq AND p.emitter_seq + 1 < n.emitter_seq
  AND n.agency_id = ANY(%(agencies)s)
GROUP BY n.agency_id, n.emitter_id ORDER BY n.agency_id, n.emitter_id;

-- name: list_heard
SELECT wanted.emitter_id, e.received_at, e.emitter_seq
FROM unnest(%(emitters)s::text[]) AS wanted (emitter_id)
CROSS JOIN LATERAL (
    SELECT received_at, emitter_seq FROM views.sharing_emitted AS s
    WHERE s.emitter_id = wanted.emitter_id
    ORDER BY received_at DESC, emitter_seq DESC NULLS LAST LIMIT 1
) AS e
ORDER BY wanted.emitter_id;
