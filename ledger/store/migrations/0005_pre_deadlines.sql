-- When the engine of the violation rules has to look at a stream because a deadline may pass there:
-- streams that get no entry any more are found without reading them (consumers/supervise/agenda.py).
CREATE TABLE supervision.agenda (
    log       text COLLATE "C" NOT NULL REFERENCES ledger.heads (log),
    stream_id text COLLATE "C" NOT NULL,
    look_at   bigint NOT NULL,  -- Microseconds UTC.
    PRIMARY KEY (log, stream_id)
);

CREATE INDEX agenda_by_instant ON supervision.agenda (log, look_at, stream_id);

-- A ledger that was judged before has no such rows: the engine judges it once more from entry 0,
-- which makes them. Alerts that are there already are answered as duplicates.
DELETE FROM supervision.tracking;
