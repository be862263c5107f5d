-- Questions to the view of deadlines. The earliest due first; what has no due instant comes last.
-- Of each kind the index gives what is due from some instant on; the first of them are put together.

-- name: list_due
-- What is outstanding, of everybody.
SELECT found.* FROM unnest(%(kinds)s::text[], %(ats)s::int8[], %(ids)s::text[]) AS wanted (kind, at, id)
CROSS JOIN LATERAL (
    SELECT * FROM views.deadline
    WHERE is_outstanding AND deadline.kind = wanted.kind
      AND (coalesce(due_at, 9223372036854775807), instance_id) > (wanted.at, wanted.id)
      AND coalesce(due_at, 9223372036854775807) <= %(last)s
      AND (%(state)s::text IS NULL OR state = %(state)s)
    ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s
) AS found
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: list_of_agency
-- What is outstanding, of one agency.
SELECT found.* FROM unnest(%(kinds)s::text[], %(ats)s::int8[], %(ids)s::text[]) AS wanted (kind, at, id)
CROSS JOIN LATERAL (
    SELECT * FROM views.deadline
    WHERE is_outstanding AND agency_id = %(agency_id)s AND deadline.kind = wanted.kind
      AND (coalesce(due_at, 9223372036854775807), instance_id) > (wanted.at, wanted.id)
      AND coalesce(due_at, 9223372036854775807) <= %(last)s
      AND (%(deadline_id)s::text IS NULL OR deadline_id = %(deadline_id)s)
      AND (%(state)s::text IS NULL OR state = %(state)s)
    ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s
) AS found
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: list_of_row
-- What is outstanding, of one row of the rule set.
SELECT found.* FROM unnest(%(kinds)s::text[], %(ats)s::int8[], %(ids)s::text[]) AS wanted (kind, at, id)
CROSS JOIN LATERAL (
    SELECT * FROM views.deadline
    WHERE is_outstanding AND deadline_id = %(deadline_id)s AND deadline.kind = wanted.kind
      AND (coalesce(due_at, 9223372036854775807), instance_id) > (wanted.at, wanted.id)
      AND coalesce(due_at, 9223372036854775807) <= %(last)s
      AND (%(state)s::text IS NULL OR state = %(state)s)
    ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s
) AS found
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: list_of_stream
-- Of one matter; there are few.
SELECT deadline.* FROM views.deadline
JOIN unnest(%(kinds)s::text[], %(ats)s::int8[], %(ids)s::text[]) AS wanted (kind, at, id)
  USING (kind)
WHERE stream_id = %(stream_id)s
  AND (coalesce(due_at, 9223372036854775807), instance_id) > (wanted.at, wanted.id)
  AND coalesce(due_at, 9223372036854775807) <= %(last)s
  AND (is_outstanding OR (%(is_any)s AND NOT %(is_overdue)s))
  AND (NOT %(is_overdue)s OR kind = 'DUTY')
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(deadline_id)s::text IS NULL OR deadline_id = %(deadline_id)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: list_any
-- All, also what is over.
SELECT * FROM views.deadline
WHERE coalesce(due_at, 9223372036854775807) <= %(last)s
  AND (coalesce(due_at, 9223372036854775807), instance_id) > (%(at)s, %(id)s)
  AND (NOT %(is_overdue)s OR (is_outstanding AND kind = 'DUTY'))
  AND (%(deadline_id)s::text IS NULL OR deadline_id = %(deadline_id)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: list_any_of_agency
-- All of one agency.
SELECT * FROM views.deadline
WHERE agency_id = %(agency_id)s AND coalesce(due_at, 9223372036854775807) <= %(last)s
  AND (coalesce(due_at, 9223372036854775807), instance_id) > (%(at)s, %(id)s)
  AND (NOT %(is_overdue)s OR (is_outstanding AND kind = 'DUTY'))
  AND (%(deadline_id)s::text IS NULL OR deadline_id = %(deadline_id)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY coalesce(due_at, 9223372036854775807), instance_id LIMIT %(limit)s;

-- name: select_deadline
SELECT * FROM views.deadline WHERE instance_id = %s;

-- What the deadlines of agencies over all of their acts are reckoned from.

-- name: agency_standing
-- Registrations and the like, few of an agency; of its items and lists one is enough.
SELECT * FROM views.deadline_agency_act
WHERE role IN ('BASIS', 'CANCEL', 'ENTERED', 'ENDED')
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
UNION ALL
SELECT power.* FROM (
    SELECT DISTINCT agency_id FROM views.deadline_agency_act
    WHERE role IN ('BASIS', 'CANCEL', 'ENTERED', 'ENDED')
      AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
) AS known
CROSS JOIN LATERAL (
    SELECT * FROM views.deadline_agency_act AS act
    WHERE act.role = 'POWER' AND act.agency_id = known.agency_id LIMIT 1
) AS power

-- name: agency_fulfilled
SELECT agency.id, wanted.deadline_id, wanted.part, wanted.key, newest.day
FROM unnest(%(agencies)s::text[]) AS agency (id)
CROSS JOIN unnest(%(rows)s::text[], %(parts)s::int8[], %(keys)s::text[])
    AS wanted (deadline_id, part, key)
CROSS JOIN LATERAL (
    SELECT act.day FROM views.deadline_agency_act AS act
    WHERE act.agency_id = agency.id AND act.deadline_id = wanted.deadline_id
      AND act.role = 'FULFIL' AND act.part = wanted.part AND act.key = wanted.key
    ORDER BY act.day DESC LIMIT 1
) AS newest

-- name: agency_starts
-- Of each agency the acts received first of each of its earliest days.
SELECT begun.log, begun.stream_id, begun.event_id, begun.deadline_id, begun.role, begun.part,
       begun.agency_id, begun.event_type, begun.rule_set_version, begun.key, begun.day,
       begun.occurred_at, begun.received_at, begun.leaf_index
FROM unnest(%(agencies)s::text[], %(after)s::int8[]) AS agency (id, after)
CROSS JOIN LATERAL (
    SELECT act.*,
           row_number() OVER (PARTITION BY act.day
               ORDER BY act.received_at, act.log <> 'control', length(act.log), act.log, act.leaf_index
           ) AS nth,
           dense_rank() OVER (ORDER BY act.day) AS nth_day
    FROM views.deadline_agency_act AS act
    WHERE act.role = 'START' AND act.agency_id = agency.id AND act.deadline_id = %(deadline_id)s
      AND act.day > agency.after
) AS begun
WHERE begun.nth <= %(acts)s AND begun.nth_day <= %(days)s

-- name: agency_misses
SELECT * FROM views.deadline_agency_miss
WHERE (due_at, instance_id) > (%(at)s, %(id)s) AND due_at <= %(last)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(stream_id)s::text IS NULL OR stream_id = %(stream_id)s)
  AND (%(deadline_id)s::text IS NULL OR deadline_id = upper(%(deadline_id)s))
ORDER BY due_at, instance_id LIMIT %(limit)s

-- name: agency_missed
SELECT * FROM views.deadline_agency_miss WHERE instance_id = ANY (%(ids)s::text[])

-- name: agency_acts
SELECT * FROM views.deadline_agency_act WHERE event_id = ANY (%(ids)s::text[])
