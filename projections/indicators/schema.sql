-- Tables of the indicators' view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE indicator_fact (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    indicator_id text COLLATE "C" NOT NULL,
    fact_key text COLLATE "C" NOT NULL,
    known_to int8 NOT NULL,
    known_from int8 NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    item_code text,
    event_type text NOT NULL,
    day int8 NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    ripe_at int8 NOT NULL,
    due_at int8,
    numerator int8 NOT NULL,
    denominator int8 NOT NULL,
    is_met bool NOT NULL,
    met_time int8,
    met_event_id text,
    is_failed bool NOT NULL,
    failed_event_id text,
    value int8,
    detail text COLLATE "C",
    outcome text COLLATE "C",
    subject text COLLATE "C",
    until_day int8
);
CREATE TABLE indicator_memory (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    memory text NOT NULL
);
CREATE TABLE indicator_act (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    stream_version int8 NOT NULL,
    leaf_index int8 NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    act bytea NOT NULL,
    PRIMARY KEY (stream_id, log, stream_version)
);
CREATE TABLE indicator_annulled (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL
);

-- name: indexes
ALTER TABLE indicator_fact ADD PRIMARY KEY (stream_id, indicator_id, fact_key, log, known_to);
ALTER TABLE indicator_annulled ADD PRIMARY KEY (stream_id, event_id, log);
ALTER TABLE indicator_memory ADD PRIMARY KEY (stream_id, log);
CREATE INDEX indicator_fact_newest ON indicator_fact (indicator_id, received_at, event_id);
CREATE INDEX indicator_fact_day ON indicator_fact (indicator_id, day);
