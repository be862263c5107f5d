-- Namespace in which a view is made anew, and what all views share: how far each has read, and its
-- digest. The views' own tables are made by the projecting role (projections/).
CREATE SCHEMA views_fresh;

CREATE TABLE views.tracking (
    view_name text NOT NULL,
    log text NOT NULL,
    size int8 NOT NULL CHECK (size >= 0),
    code_version text NOT NULL,
    PRIMARY KEY (view_name, log)
);

CREATE TABLE views.digests (
    view_name text PRIMARY KEY,
    code_version text NOT NULL,
    digest text NOT NULL
);
