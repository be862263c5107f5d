-- name: create_data_keys
CREATE TABLE IF NOT EXISTS data_keys (
    log        TEXT NOT NULL,
    stream_id  TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    key        BLOB NOT NULL,
    PRIMARY KEY (log, stream_id, subject_id)
) WITHOUT ROWID

-- name: create_day_keys
CREATE TABLE IF NOT EXISTS day_keys (day INTEGER PRIMARY KEY, key BLOB NOT NULL)

-- name: create_named_keys
CREATE TABLE IF NOT EXISTS named_keys (name TEXT PRIMARY KEY, key BLOB NOT NULL)

-- name: select_data_key
SELECT key FROM data_keys WHERE log = ? AND stream_id = ? AND subject_id = ?

-- name: insert_data_key
INSERT OR IGNORE INTO data_keys (log, stream_id, subject_id, key) VALUES (?, ?, ?, ?)

-- name: select_day_key
SELECT key FROM day_keys WHERE day = ?

-- name: insert_day_key
INSERT OR IGNORE INTO day_keys (day, key) VALUES (?, ?)

-- name: delete_day_keys
DELETE FROM day_keys WHERE day < ?

-- name: select_named_key
SELECT key FROM named_keys WHERE name = ?

-- name: insert_named_key
INSERT OR IGNORE INTO named_keys (name, key) VALUES (?, ?)
