-- Questions to the disclosure view. Texts are normalised as search.py does before they come here.
-- A page past its last day is not there any more, whether or not the platform has said so yet.

-- name: list_pages
SELECT * FROM views.disclosure_page
WHERE (until IS NULL OR until >= %(today)s)
  AND (%(view)s::text IS NULL OR view = %(view)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (published_at, disclosure_id) < (%(at)s, %(id)s)
ORDER BY published_at DESC, disclosure_id DESC LIMIT %(limit)s;

-- name: search_pages
SELECT * FROM views.disclosure_page
WHERE array_to_tsvector(string_to_array(search_terms, ' ')) @@ %(terms)s::tsquery
  AND (until IS NULL OR until >= %(today)s)
  AND (%(view)s::text IS NULL OR view = %(view)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (published_at, disclosure_id) < (%(at)s, %(id)s)
  AND search_text ~ ALL (%(patterns)s::text[])
ORDER BY published_at DESC, disclosure_id DESC LIMIT %(limit)s;

-- name: list_tombstones
SELECT * FROM views.disclosure_tombstone
WHERE (%(view)s::text IS NULL OR view = %(view)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (withdrawn_at, disclosure_id) < (%(at)s, %(id)s)
ORDER BY withdrawn_at DESC, disclosure_id DESC LIMIT %(limit)s;

-- name: search_tombstones
SELECT * FROM views.disclosure_tombstone
WHERE array_to_tsvector(string_to_array(search_terms, ' ')) @@ %(terms)s::tsquery
  AND (%(view)s::text IS NULL OR view = %(view)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (withdrawn_at, disclosure_id) < (%(at)s, %(id)s)
  AND search_text ~ ALL (%(patterns)s::text[])
ORDER BY withdrawn_at DESC, disclosure_id DESC LIMIT %(limit)s;

-- name: select_page
SELECT * FROM views.disclosure_page
WHERE disclosure_id = %s AND (until IS NULL OR until >= %s);

-- name: select_tombstone
SELECT * FROM views.disclosure_tombstone WHERE disclosure_id = %s;

-- name: select_versions
SELECT * FROM views.disclosure_version WHERE disclosure_id = %s ORDER BY leaf_index;

-- name: list_register
SELECT * FROM views.disclosure
WHERE state = ANY (%(states)s::text[])
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (changed_at, disclosure_id) < (%(at)s, %(id)s)
ORDER BY changed_at DESC, disclosure_id DESC LIMIT %(limit)s;

-- name: select_disclosure
SELECT * FROM views.disclosure WHERE disclosure_id = %s;

-- name: select_stream
SELECT * FROM views.disclosure WHERE stream_id = %s ORDER BY disclosure_id;

-- name: select_decision
SELECT * FROM views.disclosure_decision WHERE stream_id = %s AND event_id = %s;

-- name: select_duty
SELECT * FROM views.disclosure_duty
WHERE stream_id = %s AND source_event_id = %s AND channel = %s;

-- name: list_undisclosed
SELECT * FROM views.disclosure_decision AS decision
WHERE (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s) AND NOT is_annulled
  AND (decided_at, event_id) < (%(at)s, %(id)s)
  AND NOT EXISTS (
      SELECT 1 FROM views.disclosure AS begun
      WHERE begun.stream_id = decision.stream_id AND begun.source_event_id = decision.event_id
  )
ORDER BY decided_at DESC, event_id DESC LIMIT %(limit)s;
