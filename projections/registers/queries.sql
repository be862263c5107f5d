-- Questions to the registers.

-- name: list_emitters
SELECT * FROM views.register_emitter ORDER BY emitter_id;

-- name: list_emitter_keys
SELECT * FROM views.register_emitter_key WHERE emitter_id = %s ORDER BY leaf_index;

-- name: list_agencies
SELECT * FROM views.register_agency ORDER BY region_code, agency_id;

-- name: select_agency
SELECT * FROM views.register_agency WHERE agency_id = %s;

-- name: list_officers
SELECT * FROM views.register_officer
WHERE (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (registered_at, officer_id) < (%(at)s, %(id)s)
ORDER BY registered_at DESC, officer_id DESC LIMIT %(limit)s;

-- name: find_officers
SELECT * FROM views.register_officer AS officer
WHERE officer.name = %(text)s OR EXISTS (
  SELECT FROM views.register_credential AS credential
  WHERE credential.officer_id = officer.officer_id AND credential.credential_no = %(text)s)
ORDER BY officer.officer_id LIMIT %(limit)s;

-- name: select_officer
SELECT * FROM views.register_officer WHERE officer_id = %s;

-- name: select_officer_names
SELECT officer_id, name FROM views.register_officer WHERE officer_id = ANY (%s::text[]);

-- name: list_credentials
SELECT * FROM views.register_credential WHERE officer_id = %s ORDER BY credential_no;

-- name: list_items
SELECT * FROM views.register_item ORDER BY item_code, agency_id;

-- name: list_logs
SELECT * FROM views.register_log ORDER BY origin;

-- name: list_log_keys
SELECT * FROM views.register_log_key ORDER BY leaf_index, origin, vkey;

-- name: list_schemas
SELECT * FROM views.register_schema ORDER BY subject, version;

-- name: select_schema
SELECT * FROM views.register_schema WHERE subject = %s AND version = %s ORDER BY leaf_index LIMIT 1;

-- name: list_publications
SELECT * FROM views.register_publication
WHERE %(kind)s::text IS NULL OR kind = %(kind)s ORDER BY leaf_index;
