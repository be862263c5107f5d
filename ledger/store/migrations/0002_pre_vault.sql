-- Personal and secret values, encrypted; their keys are in the key store, never here.

CREATE SCHEMA vault;

-- One row an opening: nonce and AES-256-GCM of salt and value under the data key of
-- (log, stream_id, subject_id). Rows outlive their key: without it they say nothing.
CREATE TABLE vault.openings (
    log        text COLLATE "C" NOT NULL,
    event_id   uuid NOT NULL,
    path       text COLLATE "C" NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    sealed     bytea NOT NULL,
    PRIMARY KEY (log, event_id, path)
);

-- Equal persons across matters: HMAC-SHA-256 over scheme and number, under a key of the key store.
CREATE TABLE vault.blind_index (
    blinded    bytea NOT NULL CHECK (octet_length(blinded) = 32),
    log        text COLLATE "C" NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (blinded, log, stream_id, subject_id)
);

-- Raw bytes of refused records with their salt, under the key of the day they came in.
CREATE TABLE vault.quarantine (
    log         text COLLATE "C" NOT NULL,
    incarnation text COLLATE "C" NOT NULL,
    topic       text COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    "offset"    bigint  NOT NULL,
    day         integer NOT NULL,  -- days since 1970-01-01 UTC, by PostgreSQL's clock
    sealed      bytea   NOT NULL,
    PRIMARY KEY (log, incarnation, topic, partition, "offset")
);
