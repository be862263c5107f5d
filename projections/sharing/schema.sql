-- Tables of the sharing view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE sharing_disclosure (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    source_event_id text,
    channel text,
    steps int8 NOT NULL,
    targets text NOT NULL,
    record_hash text,
    published_by text COLLATE "C"
);
CREATE TABLE sharing_push (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    step int8 NOT NULL,
    target text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    source_event_id text,
    action text NOT NULL,
    record_hash text NOT NULL,
    state text COLLATE "C" NOT NULL,
    due_from int8 NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    batch_id text,
    pushed_at int8,
    answered_at int8
);
CREATE TABLE sharing_obligation (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    source_event_id text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    result text,
    disclosures text NOT NULL
);
CREATE TABLE sharing_annulled (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL
);
CREATE TABLE sharing_act (
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
CREATE TABLE sharing_emitted (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    emitter_id text COLLATE "C" NOT NULL,
    emitter_seq int8,
    agency_id text COLLATE "C" NOT NULL,
    received_at int8 NOT NULL
);

-- name: indexes
ALTER TABLE sharing_disclosure ADD PRIMARY KEY (stream_id, disclosure_id, log);
ALTER TABLE sharing_push ADD PRIMARY KEY (stream_id, disclosure_id, step, target, log);
CREATE INDEX sharing_push_gap ON sharing_push (due_from, event_id)
    WHERE state IN ('UNASSESSED', 'DUE', 'PUSHED', 'REFUSED');
CREATE INDEX sharing_push_day ON sharing_push (due_from, agency_id);
ALTER TABLE sharing_obligation ADD PRIMARY KEY (stream_id, source_event_id, channel, log);
ALTER TABLE sharing_annulled ADD PRIMARY KEY (stream_id, event_id, log);
ALTER TABLE sharing_emitted ADD PRIMARY KEY (stream_id, leaf_index, log);
CREATE INDEX sharing_emitted_day ON sharing_emitted (received_at, agency_id, emitter_id);
CREATE INDEX sharing_emitted_seq ON sharing_emitted (emitter_id, emitter_seq);
CREATE INDEX sharing_emitted_heard ON sharing_emitted (emitter_id, received_at);
