-- Namespaces, and what all logs of a ledger share. The tables of each log: log_tables.sql.

-- (Namespace ledger exists: the table of migrations lies in it.)
CREATE SCHEMA views;

-- One row a log. Whoever appends locks it first (SELECT ... FOR UPDATE), so the order of
-- commits is the order of leaves and a leaf index has no gap.
CREATE TABLE ledger.heads (
    log          text COLLATE "C" PRIMARY KEY,
    origin       text COLLATE "C" NOT NULL UNIQUE,
    hash_profile text COLLATE "C" NOT NULL CHECK (hash_profile IN ('international', 'guomi')),
    tree_size    bigint NOT NULL CHECK (tree_size >= 0),
    root         bytea  NOT NULL CHECK (octet_length(root) = 32),
    received_at  bigint NOT NULL,  -- of the newest entry, microseconds UTC
    control_size bigint NOT NULL   -- of the newest entry
) WITH (fillfactor = 25);

-- How much of a log its promise covers. A table of its own: the promise is written while the
-- next append already holds the head.
CREATE TABLE ledger.promises (
    log  text COLLATE "C" PRIMARY KEY REFERENCES ledger.heads (log),
    size bigint NOT NULL CHECK (size >= 0)
) WITH (fillfactor = 25);

-- Grants already keep every role from changing entries; this also stops a superuser who is not
-- the owner, and a grant made by mistake. The owner may still change what migrations must.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

-- A head grows: it never forgets entries, goes back in time or becomes another log's.
CREATE FUNCTION ledger.keep_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.log, NEW.origin, NEW.hash_profile) IS DISTINCT FROM
           (OLD.log, OLD.origin, OLD.hash_profile)
       OR NEW.tree_size < OLD.tree_size
       OR NEW.received_at < OLD.received_at
       OR NEW.control_size < OLD.control_size THEN
        IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
        THEN
            RAISE EXCEPTION 'a head only grows' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_head BEFORE UPDATE ON ledger.heads
    FOR EACH ROW EXECUTE FUNCTION ledger.keep_head();
CREATE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON ledger.heads
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON ledger.promises
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
