-- Tables of the registers; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE register_emitter (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    emitter_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    agency_ids text NOT NULL,
    event_types text NOT NULL,
    vkey text NOT NULL,
    valid_from int8 NOT NULL,
    revoked_at int8,
    registered_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_emitter_key (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    vkey text COLLATE "C" NOT NULL,
    emitter_id text COLLATE "C" NOT NULL,
    valid_from int8 NOT NULL,
    replaced_at int8,
    revoked_at int8,
    reason text,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_agency (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    region_code text NOT NULL,
    level text NOT NULL,
    kind text NOT NULL,
    superior_id text COLLATE "C",
    registered_at int8 NOT NULL,
    is_qualified bool NOT NULL,
    scope text,
    qualified_from int8,
    notice_doc_no text,
    revoked_at int8,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_officer (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    officer_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    category text NOT NULL,
    registered_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_credential (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    credential_no text COLLATE "C" NOT NULL,
    officer_id text COLLATE "C" NOT NULL,
    scope text NOT NULL,
    region_code text NOT NULL,
    valid_from int8 NOT NULL,
    valid_to int8 NOT NULL,
    state text NOT NULL,
    suspended_from int8,
    suspended_to int8,
    revoked_at int8,
    replaced_by text,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_item (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    item_code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    act_kind text NOT NULL,
    basis text NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE register_log (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    origin text COLLATE "C" NOT NULL,
    ledger text NOT NULL,
    operator text NOT NULL,
    case_logs int8 NOT NULL,
    format_version int8 NOT NULL,
    hash_profile text NOT NULL,
    clock text NOT NULL,
    entries_access text NOT NULL,
    is_synthetic bool NOT NULL,
    platform_vkey text NOT NULL,
    created_at int8 NOT NULL
);
CREATE TABLE register_log_key (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    origin text COLLATE "C" NOT NULL,
    vkey text COLLATE "C" NOT NULL,
    what text NOT NULL,
    at int8 NOT NULL,
    last_size int8
);
CREATE TABLE register_schema (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    subject text NOT NULL,
    version int8 NOT NULL,
    cn text NOT NULL,
    text text NOT NULL,
    text_hash text NOT NULL,
    fingerprint text NOT NULL,
    received_at int8 NOT NULL
);
CREATE TABLE register_publication (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    kind text NOT NULL,
    version text NOT NULL,
    text text,
    text_hash text,
    effective_from int8,
    agency_id text COLLATE "C" NOT NULL,
    received_at int8 NOT NULL
);

-- name: indexes
ALTER TABLE register_emitter ADD PRIMARY KEY (stream_id, emitter_id, log);
ALTER TABLE register_emitter_key ADD PRIMARY KEY (stream_id, vkey, log);
ALTER TABLE register_agency ADD PRIMARY KEY (stream_id, agency_id, log);
ALTER TABLE register_officer ADD PRIMARY KEY (stream_id, officer_id, log);
ALTER TABLE register_credential ADD PRIMARY KEY (stream_id, credential_no, log);
ALTER TABLE register_item ADD PRIMARY KEY (stream_id, item_code, log);
ALTER TABLE register_log ADD PRIMARY KEY (stream_id, origin, log);
ALTER TABLE register_log_key ADD PRIMARY KEY (stream_id, leaf_index, origin, vkey, log);
ALTER TABLE register_schema ADD PRIMARY KEY (stream_id, leaf_index, log);
ALTER TABLE register_publication ADD PRIMARY KEY (stream_id, leaf_index, log);
CREATE INDEX register_emitter_key_of ON register_emitter_key (emitter_id);
CREATE INDEX register_agency_id ON register_agency (agency_id);
CREATE INDEX register_officer_id ON register_officer (officer_id);
CREATE INDEX register_officer_newest ON register_officer (registered_at, officer_id);
CREATE INDEX register_officer_agency ON register_officer (agency_id, registered_at, officer_id);
CREATE INDEX register_credential_of ON register_credential (officer_id);
CREATE INDEX register_schema_subject ON register_schema (subject, version);
