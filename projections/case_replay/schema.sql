-- Tables of the replay view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE case_entry (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    version int8 NOT NULL,
    leaf_index int8 NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    cn text NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    opened int8 NOT NULL,
    act bytea NOT NULL
);
-- Commitments and digests do not compress.
ALTER TABLE case_entry ALTER COLUMN act SET STORAGE EXTERNAL;
CREATE TABLE case_matter (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    case_no text,
    doc_no text,
    org_name text,
    item_code text,
    stage text NOT NULL,
    entries int8 NOT NULL,
    alerts int8 NOT NULL,
    first_received_at int8 NOT NULL,
    last_received_at int8 NOT NULL,
    last_cn text NOT NULL,
    last_leaf_index int8 NOT NULL
);

-- name: indexes
ALTER TABLE case_entry ADD PRIMARY KEY (stream_id, version, log);
CREATE INDEX case_entry_event ON case_entry (event_id);
ALTER TABLE case_matter ADD PRIMARY KEY (stream_id, log);
CREATE INDEX case_matter_newest ON case_matter (last_received_at, stream_id);
CREATE INDEX case_matter_agency ON case_matter (agency_id, last_received_at, stream_id);
CREATE INDEX case_matter_case_no ON case_matter (case_no);
CREATE INDEX case_matter_doc_no ON case_matter (doc_no);
