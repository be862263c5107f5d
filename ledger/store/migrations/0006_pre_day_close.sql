-- Up to which day the engine has closed the days of the ledger over all logs, and what its rules
-- remember of them (consumers/supervise/day_closing.py).
CREATE TABLE supervision.closed_days (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),  -- There is one row.
    day    integer NOT NULL,  -- The first that is not closed, days since 1970-01-01 in Shanghai.
    sizes  jsonb NOT NULL    -- Entries of each log before it.
);

CREATE TABLE supervision.day_rows (
    rule_id text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    value   jsonb NOT NULL,
    PRIMARY KEY (rule_id, key)
);
