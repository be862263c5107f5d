-- Tables of the view of deadlines; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE deadline (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    instance_id text COLLATE "C" NOT NULL,
    deadline_id text COLLATE "C" NOT NULL,
    rule_set_version text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    is_outstanding bool NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    case_id text,
    item_code text,
    trigger_event_id text NOT NULL,
    trigger_type text NOT NULL,
    trigger_at int8 NOT NULL,
    period text NOT NULL,
    started_at int8 NOT NULL,
    due_at int8,
    provisional bool NOT NULL,
    calendar_version text NOT NULL,
    pauses text NOT NULL,
    extensions int8 NOT NULL,
    fulfilled_by text,
    broken_by text,
    cancelled_by text,
    missed_on_record bool NOT NULL,
    changed_at int8 NOT NULL,
    length int8,
    unit text
);
CREATE TABLE deadline_stream (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    version int8 NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    kept_version int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL
);
-- Read back while the tables are filled, so the key is there from the start.
CREATE TABLE deadline_act (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    version int8 NOT NULL,
    received_at int8 NOT NULL,
    control_size int8 NOT NULL,
    act bytea,
    PRIMARY KEY (stream_id, log, version)
);
-- What acts mean for the deadlines of agencies over all of their acts, and what was missed of them.
CREATE TABLE deadline_agency_act (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    deadline_id text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    part int8 NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    event_type text NOT NULL,
    rule_set_version text NOT NULL,
    key text COLLATE "C" NOT NULL,
    day int8 NOT NULL,
    occurred_at int8 NOT NULL,
    received_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE deadline_agency_miss (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    instance_id text COLLATE "C" NOT NULL,
    deadline_id text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    trigger_event_id text NOT NULL,
    due_at int8 NOT NULL,
    provisional bool NOT NULL,
    calendar_version text NOT NULL,
    received_at int8 NOT NULL
);
-- Commitments and digests do not compress.
ALTER TABLE deadline_act ALTER COLUMN act SET STORAGE EXTERNAL;

-- name: indexes
ALTER TABLE deadline ADD PRIMARY KEY (stream_id, instance_id, log);
CREATE INDEX deadline_instance ON deadline (instance_id);
-- What is paused or never ends comes last.
CREATE INDEX deadline_due ON deadline
    (kind, (coalesce(due_at, 9223372036854775807)), instance_id) WHERE is_outstanding;
CREATE INDEX deadline_agency_due ON deadline
    (agency_id, kind, (coalesce(due_at, 9223372036854775807)), instance_id) WHERE is_outstanding;
CREATE INDEX deadline_row_due ON deadline
    (deadline_id, kind, (coalesce(due_at, 9223372036854775807)), instance_id) WHERE is_outstanding;
CREATE INDEX deadline_any ON deadline ((coalesce(due_at, 9223372036854775807)), instance_id);
CREATE INDEX deadline_agency_any ON deadline
    (agency_id, (coalesce(due_at, 9223372036854775807)), instance_id);
ALTER TABLE deadline_stream ADD PRIMARY KEY (stream_id, log);
ALTER TABLE deadline_agency_act
    ADD PRIMARY KEY (stream_id, event_id, deadline_id, role, part, log);
CREATE INDEX deadline_agency_act_standing ON deadline_agency_act (agency_id, role)
    WHERE role IN ('BASIS', 'CANCEL', 'ENTERED', 'ENDED');
CREATE INDEX deadline_agency_act_power ON deadline_agency_act (agency_id) WHERE role = 'POWER';
CREATE INDEX deadline_agency_act_role ON deadline_agency_act
    (agency_id, deadline_id, role, part, key, day);
CREATE INDEX deadline_agency_act_start ON deadline_agency_act (agency_id, deadline_id, day)
    WHERE role = 'START';
CREATE INDEX deadline_agency_act_event ON deadline_agency_act (event_id);
ALTER TABLE deadline_agency_miss ADD PRIMARY KEY (stream_id, instance_id, log);
CREATE INDEX deadline_agency_miss_instance ON deadline_agency_miss (instance_id);
CREATE INDEX deadline_agency_miss_due ON deadline_agency_miss (due_at, instance_id);
CREATE INDEX deadline_agency_miss_agency ON deadline_agency_miss (agency_id, due_at, instance_id);
