-- name: lock
SELECT pg_advisory_lock(%s)

-- name: create_namespace
CREATE SCHEMA IF NOT EXISTS ledger

-- name: create_migrations
CREATE TABLE IF NOT EXISTS ledger.migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: select_applied
SELECT number, sha256 FROM ledger.migrations

-- name: insert_applied
INSERT INTO ledger.migrations (number, name, sha256) VALUES (%s, %s, %s)
