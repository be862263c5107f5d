-- Database roles, one a program, each with just its rights.
-- Run by the owner of the ledger's tables, who may create roles, after `lianzheng ledger create`;
-- repeatable.
-- The roles come without a password and without LOGIN: the administrator gives both
-- (ALTER ROLE lz_append LOGIN PASSWORD ...), the embedded stack does so itself.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['lz_append', 'lz_project', 'lz_relay', 'lz_supervise', 'lz_portal',
                                'lz_audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name);
        END IF;
    END LOOP;
END $$;

-- The owner may be no superuser: it sets below what the tables of lz_project are readable by.
GRANT lz_project TO CURRENT_USER;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Everybody may make temporary tables by default, and fill the disk with them; no program does.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
GRANT USAGE ON SCHEMA ledger
    TO lz_append, lz_project, lz_relay, lz_supervise, lz_portal, lz_audit;
GRANT SELECT ON ledger.heads, ledger.promises, ledger.migrations
    TO lz_append, lz_project, lz_relay, lz_supervise, lz_portal, lz_audit;

-- The appender: new rows only; it moves heads, promises and tracking. Of the vault it sees which
-- openings are there, never what they hold.
GRANT UPDATE (tree_size, root, received_at, control_size) ON ledger.heads TO lz_append;
GRANT UPDATE (size) ON ledger.promises TO lz_append;
GRANT USAGE ON SCHEMA vault TO lz_append;
GRANT INSERT ON vault.openings, vault.blind_index, vault.quarantine TO lz_append;
GRANT SELECT (log, event_id, path) ON vault.openings TO lz_append;

-- The relay: reads entries, as granted above and below; its topics say how far it is.

-- The projections: read entries, own their views.
GRANT USAGE, CREATE ON SCHEMA views, views_fresh TO lz_project;
GRANT SELECT, INSERT, UPDATE, DELETE ON views.tracking, views.digests TO lz_project;

-- The engine of the rules: reads entries, and keeps how far it has judged each log and when it looks
-- at which stream next. Of the vault it reads the keyed index, by which persons are told apart, and
-- no value.
GRANT USAGE ON SCHEMA supervision TO lz_supervise;
GRANT SELECT, INSERT, UPDATE ON supervision.tracking TO lz_supervise;
GRANT SELECT, INSERT, UPDATE, DELETE ON supervision.agenda, supervision.day_rows TO lz_supervise;
GRANT SELECT, INSERT, UPDATE ON supervision.closed_days TO lz_supervise;
GRANT USAGE ON SCHEMA vault TO lz_supervise;
GRANT SELECT ON vault.blind_index TO lz_supervise;

-- The portal: reads views, proofs and, for those who may, the vault.
GRANT USAGE ON SCHEMA views, vault TO lz_portal;
GRANT SELECT ON ALL TABLES IN SCHEMA views TO lz_portal;
GRANT SELECT ON vault.openings, vault.blind_index TO lz_portal;

-- The auditor: reads all but the vault, of which it sees whose openings are there: each needs a key;
-- and the index, by which it closes the days again as the engine did.
GRANT USAGE ON SCHEMA vault TO lz_audit;
GRANT SELECT ON vault.blind_index TO lz_audit;
GRANT SELECT (log, stream_id, subject_id) ON vault.openings TO lz_audit;
GRANT USAGE ON SCHEMA views TO lz_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA views TO lz_audit;
GRANT USAGE ON SCHEMA supervision TO lz_audit;
GRANT SELECT ON supervision.tracking, supervision.agenda, supervision.closed_days TO lz_audit;
ALTER DEFAULT PRIVILEGES FOR ROLE lz_project IN SCHEMA views, views_fresh
    GRANT SELECT ON TABLES TO lz_portal, lz_audit;

-- The tables of each log.
DO $$
DECLARE
    prefix text;
BEGIN
    FOR prefix IN
        SELECT CASE log WHEN 'control' THEN 'control' ELSE 'log_' || log END FROM ledger.heads
    LOOP
        EXECUTE format('GRANT SELECT ON ledger.%I TO lz_append, lz_project, lz_relay, '
                       'lz_supervise, lz_portal, lz_audit', prefix || '_events');
        EXECUTE format('GRANT SELECT ON ledger.%I TO lz_append, lz_portal, lz_audit',
                       prefix || '_nodes');
        EXECUTE format('GRANT SELECT ON ledger.%I TO lz_append, lz_portal, lz_audit',
                       prefix || '_refusals');
        EXECUTE format('GRANT INSERT ON ledger.%I, ledger.%I, ledger.%I TO lz_append',
                       prefix || '_events', prefix || '_nodes', prefix || '_refusals');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON ledger.%I TO lz_append',
                       prefix || '_tracking');
    END LOOP;
END $$;
