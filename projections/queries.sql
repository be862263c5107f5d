-- Tracking and digest of any view.

-- name: select_digest
SELECT code_version, digest FROM views.digests WHERE view_name = %s;

-- name: lock_digest
SELECT code_version, digest FROM views.digests WHERE view_name = %s FOR UPDATE;

-- name: select_sizes
SELECT log, size FROM views.tracking WHERE view_name = %s;

-- name: save_size
INSERT INTO views.tracking (view_name, log, size, code_version) VALUES (%s, %s, %s, %s)
ON CONFLICT (view_name, log) DO UPDATE SET size = excluded.size, code_version = excluded.code_version;

-- name: save_digest
INSERT INTO views.digests (view_name, code_version, digest) VALUES (%s, %s, %s)
ON CONFLICT (view_name) DO UPDATE SET code_version = excluded.code_version, digest = excluded.digest;

-- name: delete_tracking
DELETE FROM views.tracking WHERE view_name = %s;

-- name: select_namespace
SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s;

-- name: select_grants
SELECT grantee, privilege_type FROM information_schema.role_table_grants
WHERE table_schema = 'views' AND table_name = %s AND grantee <> grantor;

-- name: list_views
SELECT view_name FROM views.digests ORDER BY view_name;

-- name: lock_rebuild
SELECT pg_advisory_lock(hashtext('view rebuild'), hashtext(%s));

-- name: unlock_rebuild
SELECT pg_advisory_unlock(hashtext('view rebuild'), hashtext(%s));
