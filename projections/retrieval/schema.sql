-- Tables of the retrieval view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE retrieval (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    retrieval_id text COLLATE "C" NOT NULL,
    state text NOT NULL,
    agency_id text NOT NULL,
    requester text,
    org text,
    purpose text,
    mode text,
    scope text,
    requested_at int8,
    approver text,
    second_approver text,
    decided_at int8,
    granted text,
    window_id text,
    window_from int8,
    window_to int8,
    watermark text,
    accesses int8 NOT NULL,
    copies int8 NOT NULL,
    denials int8 NOT NULL,
    last_access_at int8,
    closed_at int8,
    outcome text,
    changed_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE retrieval_access (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    access_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    retrieval_id text COLLATE "C" NOT NULL,
    who text,
    org text,
    target text,
    purpose text,
    approver text,
    window_id text,
    started_at int8 NOT NULL,
    ended_at int8,
    bytes_sent int8,
    detail text,
    received_at int8 NOT NULL,
    event_id text NOT NULL,
    leaf_index int8 NOT NULL
);

-- name: indexes
ALTER TABLE retrieval ADD PRIMARY KEY (stream_id, retrieval_id, log);
CREATE INDEX retrieval_by_id ON retrieval (retrieval_id);
CREATE INDEX retrieval_newest ON retrieval (changed_at, retrieval_id);
ALTER TABLE retrieval_access ADD PRIMARY KEY (stream_id, access_id, log);
CREATE INDEX retrieval_access_stream ON retrieval_access (stream_id, started_at);
CREATE INDEX retrieval_access_of ON retrieval_access (retrieval_id, started_at);
CREATE INDEX retrieval_access_newest ON retrieval_access (started_at, access_id);
CREATE INDEX retrieval_access_who ON retrieval_access (who, started_at, access_id);
