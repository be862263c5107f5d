-- What the command line asks about a log.

-- name: count_emitted
-- Entries that came from emitters; a whole scan, for people and never on a request path.
SELECT count(*) FROM ledger.{events} WHERE topic <> ALL (%(made)s)
