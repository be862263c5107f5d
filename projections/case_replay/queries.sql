-- Questions to the replay view.

-- name: select_entries
SELECT * FROM views.case_entry
WHERE stream_id = %(stream_id)s AND version > %(after_version)s
  AND (%(received_at)s::int8 IS NULL OR received_at <= %(received_at)s)
  AND (%(version)s::int8 IS NULL OR version <= %(version)s)
ORDER BY version;

-- name: select_matter
SELECT * FROM views.case_matter WHERE stream_id = %s;

-- name: list_cases
SELECT * FROM views.case_matter
WHERE stream_id LIKE 'case:%%'
  AND (last_received_at, stream_id) < (%(at)s, %(id)s)
ORDER BY last_received_at DESC, stream_id DESC LIMIT %(limit)s;

-- name: list_cases_of_agency
SELECT * FROM views.case_matter
WHERE agency_id = %(agency_id)s AND stream_id LIKE 'case:%%'
  AND (last_received_at, stream_id) < (%(at)s, %(id)s)
ORDER BY last_received_at DESC, stream_id DESC LIMIT %(limit)s;

-- name: find_matters
SELECT * FROM views.case_matter WHERE case_no = %(number)s OR doc_no = %(number)s
ORDER BY stream_id;

-- name: select_entry
SELECT * FROM views.case_entry WHERE event_id = %s;
