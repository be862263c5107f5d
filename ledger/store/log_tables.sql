-- The tables of one log. Names carry the log's prefix: control_events, log_0_events.

-- name: create_events
-- Columns of the library's layout, and the hashes. notification_id = leaf index + 1, numbered by
-- us under the head lock. Entries are incompressible for the most part (commitments, hashes), so
-- nothing is tried: stored as they are, in the row up to 8 kB.
CREATE TABLE IF NOT EXISTS ledger.{events} (
    notification_id    bigint NOT NULL UNIQUE,
    originator_version bigint NOT NULL,
    received_at        bigint NOT NULL,
    event_id           uuid   NOT NULL UNIQUE,
    link               bytea  NOT NULL,
    leaf               bytea  NOT NULL,
    originator_id      text COLLATE "C" NOT NULL,
    topic              text COLLATE "C" NOT NULL,
    state              bytea  NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (toast_tuple_target = 8160)

-- name: store_plain
ALTER TABLE ledger.{events} ALTER COLUMN state SET STORAGE EXTERNAL

-- name: create_nodes
-- Interior nodes of complete subtrees, level 1 and up; level 0 is the leaf column.
CREATE TABLE IF NOT EXISTS ledger.{nodes} (
    idx   bigint   NOT NULL,
    level smallint NOT NULL CHECK (level >= 1),
    hash  bytea    NOT NULL,
    PRIMARY KEY (level, idx)
)

-- name: create_refusals
-- Events that a gate refused, and the entry that says so: a refused id stays refused.
CREATE TABLE IF NOT EXISTS ledger.{refusals} (
    event_id   uuid   PRIMARY KEY,
    leaf_index bigint NOT NULL
)

-- name: create_tracking
CREATE TABLE IF NOT EXISTS ledger.{tracking} (
    application_name text COLLATE "C" PRIMARY KEY,
    notification_id  bigint NOT NULL
) WITH (fillfactor = 25)

-- name: refuse_change
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.{table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()

-- name: insert_head
INSERT INTO ledger.heads (log, origin, hash_profile, tree_size, root, received_at, control_size)
VALUES (%(log)s, %(origin)s, %(profile)s, 0, %(root)s, 0, 0)
ON CONFLICT DO NOTHING

-- name: insert_promise
INSERT INTO ledger.promises (log, size) VALUES (%(log)s, 0) ON CONFLICT DO NOTHING

-- name: select_identity
SELECT origin, hash_profile FROM ledger.heads WHERE log = %(log)s
