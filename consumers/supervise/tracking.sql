-- How far each log is judged. The table: ledger/store/migrations.

-- name: select_sizes
SELECT log, size FROM supervision.tracking

-- name: advance
-- Of two engines one may be behind the other: a size never goes back.
INSERT INTO supervision.tracking (log, size) VALUES (%(log)s, %(size)s)
ON CONFLICT (log) DO UPDATE SET size = GREATEST(tracking.size, excluded.size)
