-- Questions to the discretion view, each as of a moment: it had happened and was received, and
-- nothing known then annulled it. It reads as the last correction has it that was known and not
-- known to be annulled. Each is bounded by a limit.

-- name: list_benchmarks
SELECT b.* FROM views.discretion_benchmark AS b
WHERE (%(item_code)s::text IS NULL OR item_code = %(item_code)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND occurred_at <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS n
    WHERE n.target_event_id IN (b.event_id, b.said_by)
      AND n.log = b.log AND n.stream_id = b.stream_id
      AND n.kind = 'ANNULLED' AND (n.by_agency_id IS NULL OR n.by_agency_id = b.agency_id)
      AND n.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS c
    WHERE c.target_event_id = b.event_id AND c.log = b.log AND c.stream_id = b.stream_id
      AND c.kind = 'CORRECTED' AND c.said_index > b.said_index
      AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
          AND n.kind = 'ANNULLED' AND (n.by_agency_id IS NULL OR n.by_agency_id = b.agency_id)
          AND n.received_at <= %(known_at)s))
ORDER BY leaf_index DESC LIMIT %(limit)s;

-- name: list_decisions
SELECT d.*, EXISTS (
    SELECT FROM views.discretion_undoing AS u
    WHERE u.target_event_id = d.event_id AND u.log = d.log AND u.stream_id = d.stream_id
      AND u.kind = 'REVOKED' AND u.said_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id IN (u.event_id, u.said_by)
          AND n.log = u.log AND n.stream_id = u.stream_id
          AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s)
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS c
        WHERE c.target_event_id = u.event_id AND c.log = u.log AND c.stream_id = u.stream_id
          AND c.kind = 'CORRECTED' AND c.said_index > u.said_index
          AND c.received_at <= %(known_at)s
          AND NOT EXISTS (
            SELECT FROM views.discretion_undoing AS n
            WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
              AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s))),
    a.*
FROM views.discretion_decision AS d
LEFT JOIN LATERAL (
    SELECT * FROM views.discretion_advice AS a
    WHERE a.log = d.log AND a.stream_id = d.stream_id AND a.leaf_index < d.leaf_index
      AND a.item_code IS NOT DISTINCT FROM d.item_code
      AND a.occurred_at <= d.occurred_at AND a.said_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id IN (a.event_id, a.said_by)
          AND n.log = a.log AND n.stream_id = a.stream_id
          AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s)
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS c
        WHERE c.target_event_id = a.event_id AND c.log = a.log AND c.stream_id = a.stream_id
          AND c.kind = 'CORRECTED' AND c.said_index > a.said_index
          AND c.received_at <= %(known_at)s
          AND NOT EXISTS (
            SELECT FROM views.discretion_undoing AS n
            WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
              AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s))
    ORDER BY a.leaf_index DESC LIMIT 1
) AS a ON true
WHERE (%(item_code)s::text IS NULL OR d.item_code = %(item_code)s)
  AND (%(stream_id)s::text IS NULL OR d.stream_id = %(stream_id)s)
  AND (%(event_id)s::text IS NULL OR d.event_id = %(event_id)s)
  AND (%(from_day)s::int8 IS NULL OR d.occurred_day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR d.occurred_day <= %(to_day)s)
  AND d.occurred_at <= %(at)s AND d.said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS n
    WHERE n.target_event_id IN (d.event_id, d.said_by)
      AND n.log = d.log AND n.stream_id = d.stream_id
      AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS c
    WHERE c.target_event_id = d.event_id AND c.log = d.log AND c.stream_id = d.stream_id
      AND c.kind = 'CORRECTED' AND c.said_index > d.said_index
      AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
          AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s))
ORDER BY d.occurred_day DESC, d.event_id DESC LIMIT %(limit)s;

-- name: list_closings
SELECT d.* FROM views.discretion_closing AS d
WHERE occurred_day BETWEEN %(from_day)s AND %(to_day)s
  AND occurred_at <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS n
    WHERE n.target_event_id IN (d.event_id, d.said_by)
      AND n.log = d.log AND n.stream_id = d.stream_id
      AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS c
    WHERE c.target_event_id = d.event_id AND c.log = d.log AND c.stream_id = d.stream_id
      AND c.kind = 'CORRECTED' AND c.said_index > d.said_index
      AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
          AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s))
ORDER BY occurred_day DESC, event_id DESC LIMIT %(limit)s;

-- name: list_advices
SELECT a.* FROM views.discretion_advice AS a
WHERE stream_id = %(stream_id)s AND occurred_at <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS n
    WHERE n.target_event_id IN (a.event_id, a.said_by)
      AND n.log = a.log AND n.stream_id = a.stream_id
      AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.discretion_undoing AS c
    WHERE c.target_event_id = a.event_id AND c.log = a.log AND c.stream_id = a.stream_id
      AND c.kind = 'CORRECTED' AND c.said_index > a.said_index
      AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.discretion_undoing AS n
        WHERE n.target_event_id = c.event_id AND n.log = c.log AND n.stream_id = c.stream_id
          AND n.kind = 'ANNULLED' AND n.received_at <= %(known_at)s))
ORDER BY leaf_index DESC LIMIT %(limit)s;
