-- Questions to the supervision view.

-- name: list_alerts
SELECT * FROM views.alert
WHERE (%(rule_id)s::text IS NULL OR rule_id = %(rule_id)s)
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(stream_id)s::text IS NULL OR stream_id = %(stream_id)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(mark)s::text IS DISTINCT FROM 'LATE_CURE' OR late_cured_by IS NOT NULL)
  AND (%(mark)s::text IS DISTINCT FROM 'DISCOVERED_LATE'
       OR (discovered_by IS NOT NULL AND late_cured_by IS NULL))
  AND (raised_at, alert_id) < (%(at)s, %(id)s)
ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s;

-- name: select_alert
SELECT * FROM views.alert WHERE alert_id = %s;

-- name: list_accountability
SELECT * FROM views.alert_accountability WHERE alert_id = %(alert_id)s
ORDER BY decided_at, event_id, number LIMIT %(limit)s;

-- name: count_by_rule
SELECT wanted.rule_id, counted.alerts
FROM unnest(%(rule_ids)s::text[]) AS wanted (rule_id)
CROSS JOIN LATERAL (
    SELECT count(*)::bigint AS alerts
    FROM (SELECT FROM views.alert a WHERE a.rule_id = wanted.rule_id LIMIT %(most)s) AS found
) AS counted
WHERE counted.alerts > 0;
