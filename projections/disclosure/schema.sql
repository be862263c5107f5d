-- Tables of the disclosure view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE disclosure_decision (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    agency_id text NOT NULL,
    agency_name text,
    event_type text NOT NULL,
    doc_no text,
    doc_date int8 NOT NULL,
    party_type text NOT NULL,
    age_band text NOT NULL,
    org_name text,
    uscc text,
    violation_type text NOT NULL,
    penalty_kinds text NOT NULL,
    item_code text,
    decided_at int8 NOT NULL,
    received_at int8 NOT NULL,
    reading text NOT NULL,
    is_annulled bool NOT NULL
);
CREATE TABLE disclosure (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    agency_id text NOT NULL,
    state text NOT NULL,
    source_event_id text COLLATE "C",
    channel text,
    view text,
    obligation text,
    credit_class text,
    due_date int8,
    draft_hash text,
    draft_version int8 NOT NULL,
    drafter text,
    reviewer text,
    scan_clean bool,
    until int8,
    replaces text,
    published_hash text,
    published_version int8 NOT NULL,
    published_at int8,
    published_by text COLLATE "C",
    ground text,
    changed_at int8 NOT NULL,
    leaf_index int8 NOT NULL,
    draft_reading text,
    published_reading text
);
CREATE TABLE disclosure_page (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    view text NOT NULL,
    channel text NOT NULL,
    agency_id text NOT NULL,
    agency_name text,
    doc_no text,
    doc_date int8,
    org_name text,
    uscc text,
    party_type text,
    violation_type text,
    penalty_kinds text,
    content_hash text NOT NULL,
    version int8 NOT NULL,
    url text,
    published_at int8 NOT NULL,
    updated_at int8 NOT NULL,
    until int8,
    event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    received_at int8 NOT NULL,
    search_text text NOT NULL,
    search_terms text NOT NULL
);
CREATE TABLE disclosure_tombstone (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    view text NOT NULL,
    agency_id text NOT NULL,
    agency_name text,
    doc_no text,
    published_at int8 NOT NULL,
    withdrawn_at int8 NOT NULL,
    ground text NOT NULL,
    public_reason text NOT NULL,
    content_hash text NOT NULL,
    version int8 NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    search_text text NOT NULL,
    search_terms text NOT NULL
);
CREATE TABLE disclosure_version (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C" NOT NULL,
    leaf_index int8 NOT NULL,
    event_type text NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    version int8 NOT NULL,
    content_hash text NOT NULL,
    at int8 NOT NULL,
    reason text,
    changed_fields text
);
CREATE TABLE disclosure_annulled (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL
);
CREATE TABLE disclosure_act (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    stream_version int8 NOT NULL,
    leaf_index int8 NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    act bytea NOT NULL,
    PRIMARY KEY (stream_id, event_id, log)
);
CREATE TABLE disclosure_duty (
    log text NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    source_event_id text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    disclosure_id text COLLATE "C",
    obligation text,
    credit_class text,
    due_date int8
);

-- name: indexes
ALTER TABLE disclosure_decision ADD PRIMARY KEY (stream_id, event_id, log);
CREATE INDEX disclosure_decision_newest ON disclosure_decision (decided_at, event_id);
ALTER TABLE disclosure ADD PRIMARY KEY (stream_id, disclosure_id, log);
CREATE INDEX disclosure_id ON disclosure (disclosure_id);
CREATE INDEX disclosure_source ON disclosure (stream_id, source_event_id);
CREATE INDEX disclosure_newest ON disclosure (state, changed_at, disclosure_id);
ALTER TABLE disclosure_page ADD PRIMARY KEY (stream_id, disclosure_id, log);
CREATE INDEX disclosure_page_id ON disclosure_page (disclosure_id);
CREATE INDEX disclosure_page_newest ON disclosure_page (published_at, disclosure_id);
CREATE INDEX disclosure_page_agency ON disclosure_page (agency_id, published_at, disclosure_id);
-- Two-character pieces made by the projection: the stock parsers know no Chinese words, and
-- trigrams cannot find a word of two characters.
CREATE INDEX disclosure_page_terms ON disclosure_page
    USING gin (array_to_tsvector(string_to_array(search_terms, ' ')));
ALTER TABLE disclosure_tombstone ADD PRIMARY KEY (stream_id, disclosure_id, log);
CREATE INDEX disclosure_tombstone_id ON disclosure_tombstone (disclosure_id);
CREATE INDEX disclosure_tombstone_newest ON disclosure_tombstone (withdrawn_at, disclosure_id);
CREATE INDEX disclosure_tombstone_terms ON disclosure_tombstone
    USING gin (array_to_tsvector(string_to_array(search_terms, ' ')));
ALTER TABLE disclosure_duty ADD PRIMARY KEY (stream_id, source_event_id, channel, log);
ALTER TABLE disclosure_version ADD PRIMARY KEY (stream_id, disclosure_id, leaf_index, log);
CREATE INDEX disclosure_version_id ON disclosure_version (disclosure_id, leaf_index);
ALTER TABLE disclosure_annulled ADD PRIMARY KEY (stream_id, event_id, log);
