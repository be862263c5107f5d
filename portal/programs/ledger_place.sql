-- Whether a database is a ledger's, and which.

-- name: has_heads
SELECT to_regclass('ledger.heads') IS NOT NULL

-- name: origins
SELECT origin FROM ledger.heads
