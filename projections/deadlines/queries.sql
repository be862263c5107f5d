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
