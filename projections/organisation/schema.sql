-- Tables of the organisation view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE organisation_fact (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    by_agency_id text COLLATE "C" NOT NULL,
    officer_id text COLLATE "C",
    valid_from int8 NOT NULL,
    valid_to int8,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL,
    payload text NOT NULL
);
CREATE TABLE organisation_training (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    said_index int8 NOT NULL,
    officer_id text COLLATE "C" NOT NULL,
    said_by text COLLATE "C" NOT NULL,
    said_at int8 NOT NULL,
    source text COLLATE "C" NOT NULL,
    topic text NOT NULL,
    day int8 NOT NULL,
    hours int8,
    agency_id text COLLATE "C" NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE organisation_annulment (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    target_event_id text COLLATE "C" NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL
);
CREATE TABLE organisation_correction (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    target_event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    received_at int8 NOT NULL
);
CREATE TABLE organisation_act (
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
ALTER TABLE organisation_fact ADD PRIMARY KEY (stream_id, event_id, said_index, log);
CREATE INDEX organisation_fact_agency ON organisation_fact (agency_id, event_type);
CREATE INDEX organisation_fact_type ON organisation_fact (event_type, agency_id, valid_from);
CREATE INDEX organisation_fact_officer ON organisation_fact (officer_id, event_type);
ALTER TABLE organisation_training ADD PRIMARY KEY (stream_id, event_id, said_index, officer_id, log);
CREATE INDEX organisation_training_officer ON organisation_training (officer_id, day);
ALTER TABLE organisation_annulment ADD PRIMARY KEY (stream_id, event_id, log);
CREATE INDEX organisation_annulment_target ON organisation_annulment (target_event_id);
ALTER TABLE organisation_correction ADD PRIMARY KEY (stream_id, event_id, log);
CREATE INDEX organisation_correction_target
    ON organisation_correction (target_event_id, leaf_index);
