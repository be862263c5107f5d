-- Tables that all views share, in namespace "views". A view's own tables are in its folder.
-- Nothing here is the source of any fact: all of it may be dropped and replayed.

-- name: create_tracking
-- One row a view and log: how many entries were taken in, by which version of the view's code.
CREATE TABLE IF NOT EXISTS views.tracking (
    view_name text NOT NULL,
    log text NOT NULL,
    size int8 NOT NULL CHECK (size >= 0),
    code_version text NOT NULL,
    PRIMARY KEY (view_name, log)
);

-- name: create_digests
-- One row a view; whoever writes the view locks it first, so a view has one writer at a time.
CREATE TABLE IF NOT EXISTS views.digests (
    view_name text PRIMARY KEY,
    code_version text NOT NULL,
    digest text NOT NULL
);
