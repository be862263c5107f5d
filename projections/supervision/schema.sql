-- Tables of the supervision view; columns in the order of the row types in view.py.
-- Run with the search path at the namespace they shall be in; indexes once they are filled.

-- name: tables
CREATE TABLE alert (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    rule_id text COLLATE "C" NOT NULL,
    rule_set_version text NOT NULL,
    severity text NOT NULL,
    state text NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    item_code text,
    trigger_event_id text,
    causes text NOT NULL,
    raised_at int8 NOT NULL,
    acknowledged_by text,
    acknowledged_at int8,
    explained_by text,
    explained_at int8,
    escalated_to text,
    escalated_at int8,
    resolved_by text,
    resolved_at int8,
    outcome text,
    late_cured_by text,
    late_cured_at int8,
    discovered_by text,
    compared_by text,
    changed_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);
CREATE TABLE alert_accountability (
    log text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    number int8 NOT NULL,
    alerts int8 NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    officer_id text NOT NULL,
    measure text NOT NULL,
    doc_no text,
    agency_id text NOT NULL,
    decided_at int8 NOT NULL,
    leaf_index int8 NOT NULL
);

-- name: indexes
ALTER TABLE alert ADD PRIMARY KEY (stream_id, event_id, log);
CREATE INDEX alert_by_id ON alert (alert_id);
CREATE INDEX alert_newest ON alert (raised_at, alert_id);
CREATE INDEX alert_rule ON alert (rule_id, raised_at, alert_id);
CREATE INDEX alert_late_cured ON alert (raised_at, alert_id) WHERE late_cured_by IS NOT NULL;
CREATE INDEX alert_discovered_late ON alert (raised_at, alert_id)
    WHERE discovered_by IS NOT NULL AND late_cured_by IS NULL;
CREATE INDEX alert_agency ON alert (agency_id, raised_at, alert_id);
ALTER TABLE alert_accountability ADD PRIMARY KEY (stream_id, event_id, number, log);
CREATE INDEX alert_accountability_alert ON alert_accountability (alert_id, decided_at, event_id);
