-- How far the engine of the violation rules has judged each log (consumers/supervise): past an
-- entry only when every alert that follows from it is in the ledger.
CREATE SCHEMA supervision;

CREATE TABLE supervision.tracking (
    log  text COLLATE "C" PRIMARY KEY REFERENCES ledger.heads (log),
    size bigint NOT NULL CHECK (size >= 0)
) WITH (fillfactor = 25);
