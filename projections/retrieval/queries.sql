-- Questions to the retrieval view.

-- name: list_retrievals
SELECT * FROM views.retrieval
WHERE (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
  AND (changed_at, retrieval_id) < (%(at)s, %(id)s)
ORDER BY changed_at DESC, retrieval_id DESC LIMIT %(limit)s;

-- name: select_retrieval
SELECT * FROM views.retrieval WHERE retrieval_id = %s;

-- name: select_stream
SELECT * FROM views.retrieval WHERE stream_id = %s ORDER BY retrieval_id;

-- name: list_accesses
SELECT * FROM views.retrieval_access
WHERE (%(who)s::text IS NULL OR who = %(who)s)
  AND (NOT %(unapproved)s OR (approver IS NULL AND kind <> 'DENIED'))
  AND (started_at, access_id) < (%(at)s, %(id)s)
ORDER BY started_at DESC, access_id DESC LIMIT %(limit)s;

-- name: select_stream_accesses
SELECT * FROM views.retrieval_access WHERE stream_id = %s ORDER BY started_at, access_id;

-- name: select_accesses_of
SELECT * FROM views.retrieval_access WHERE retrieval_id = %s ORDER BY started_at, access_id;
