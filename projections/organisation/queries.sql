-- Questions to the organisation view. What counts at a moment: it had happened, held, was received,
-- and no annulment of it was known: that says what was never so. It reads as the last correction
-- has it that was known and not known to be annulled.

-- name: list_facts
SELECT f.* FROM views.organisation_fact AS f
WHERE event_type = ANY(%(event_types)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(officer_ids)s::text[] IS NULL OR officer_id = ANY(%(officer_ids)s))
  AND occurred_at <= %(at)s AND valid_from <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.organisation_annulment AS a
    WHERE a.target_event_id IN (f.event_id, f.said_by)
      AND a.log = f.log AND a.stream_id = f.stream_id AND a.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.organisation_correction AS c
    WHERE c.target_event_id = f.event_id AND c.log = f.log AND c.stream_id = f.stream_id
      AND c.leaf_index > f.said_index AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.organisation_annulment AS a
        WHERE a.target_event_id = c.event_id AND a.log = c.log AND a.stream_id = c.stream_id
          AND a.received_at <= %(known_at)s))
ORDER BY valid_from, received_at, log, leaf_index LIMIT %(limit)s;

-- name: list_newest
SELECT DISTINCT ON (agency_id) f.* FROM views.organisation_fact AS f
WHERE event_type = %(event_type)s
  AND occurred_at <= %(at)s AND valid_from <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.organisation_annulment AS a
    WHERE a.target_event_id IN (f.event_id, f.said_by)
      AND a.log = f.log AND a.stream_id = f.stream_id AND a.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.organisation_correction AS c
    WHERE c.target_event_id = f.event_id AND c.log = f.log AND c.stream_id = f.stream_id
      AND c.leaf_index > f.said_index AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.organisation_annulment AS a
        WHERE a.target_event_id = c.event_id AND a.log = c.log AND a.stream_id = c.stream_id
          AND a.received_at <= %(known_at)s))
ORDER BY agency_id, valid_from DESC, received_at DESC, log DESC, leaf_index DESC
LIMIT %(limit)s;

-- name: list_training
SELECT t.* FROM views.organisation_training AS t
WHERE officer_id = ANY(%(officer_ids)s) AND day BETWEEN %(first_day)s AND %(last_day)s
  AND occurred_at <= %(at)s AND said_at <= %(known_at)s
  AND NOT EXISTS (
    SELECT FROM views.organisation_annulment AS a
    WHERE a.target_event_id IN (t.event_id, t.said_by)
      AND a.log = t.log AND a.stream_id = t.stream_id AND a.received_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM views.organisation_correction AS c
    WHERE c.target_event_id = t.event_id AND c.log = t.log AND c.stream_id = t.stream_id
      AND c.leaf_index > t.said_index AND c.received_at <= %(known_at)s
      AND NOT EXISTS (
        SELECT FROM views.organisation_annulment AS a
        WHERE a.target_event_id = c.event_id AND a.log = c.log AND a.stream_id = c.stream_id
          AND a.received_at <= %(known_at)s))
ORDER BY day, event_id, officer_id LIMIT %(limit)s;
