-- Tables of the discretion view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE discretion_matter (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    item_code text COLLATE "C",
    filed_event_id text COLLATE "C"
);
CREATE TABLE discretion_benchmark (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    item_code text COLLATE "C" NOT NULL,
    effective_day int8 NOT NULL,
    grades text NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE discretion_decision (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    item_code text COLLATE "C",
    doc_no text,
    party_id text COLLATE "C" NOT NULL,
    party_type text COLLATE "C" NOT NULL,
    uscc text COLLATE "C",
    party_name text,
    procedure text COLLATE "C" NOT NULL,
    fine_fen int8 NOT NULL,
    grounds text NOT NULL,
    officers text COLLATE "C" NOT NULL,
    occurred_day int8 NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE discretion_closing (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    officers text COLLATE "C" NOT NULL,
    occurred_day int8 NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL
);
CREATE TABLE discretion_advice (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    officer_id text COLLATE "C" NOT NULL,
    item_code text COLLATE "C",
    circumstance text,
    benchmark_event_id text COLLATE "C",
    least_fen int8,
    most_fen int8,
    chosen_fen int8,
    choice text COLLATE "C",
    reason text,
    version text COLLATE "C" NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE discretion_undoing (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    target_event_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    by_agency_id text COLLATE "C",
    received_at int8 NOT NULL
);
CREATE TABLE discretion_annulled (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL
);
CREATE TABLE discretion_act (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    stream_version int8 NOT NULL,
    leaf_index int8 NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    act bytea NOT NULL,
    PRIMARY KEY (stream_id, event_id, log)
);

-- name: indexes
ALTER TABLE discretion_matter ADD PRIMARY KEY (stream_id, log);
ALTER TABLE discretion_benchmark ADD PRIMARY KEY (stream_id, event_id, said_index, log);
CREATE INDEX discretion_benchmark_item ON discretion_benchmark (item_code, leaf_index);
CREATE INDEX discretion_benchmark_newest ON discretion_benchmark (leaf_index);
ALTER TABLE discretion_decision ADD PRIMARY KEY (stream_id, event_id, said_index, log);
CREATE INDEX discretion_decision_item ON discretion_decision (item_code, occurred_day, event_id);
CREATE INDEX discretion_decision_newest ON discretion_decision (occurred_day, event_id);
CREATE INDEX discretion_decision_event ON discretion_decision (event_id);
ALTER TABLE discretion_closing ADD PRIMARY KEY (stream_id, event_id, said_index, log);
CREATE INDEX discretion_closing_newest ON discretion_closing (occurred_day, event_id);
ALTER TABLE discretion_advice ADD PRIMARY KEY (stream_id, event_id, said_index, log);
ALTER TABLE discretion_undoing ADD PRIMARY KEY (stream_id, event_id, said_index, log);
CREATE INDEX discretion_undoing_target ON discretion_undoing (target_event_id, said_index);
ALTER TABLE discretion_annulled ADD PRIMARY KEY (stream_id, event_id, log);
