-- One row per upload session. `state` is what the store needs to take it up again; `complete` is
-- the digest of a session that became a blob, kept for clients that lost the first answer.
-- `since` is the version of the records when it was opened.
CREATE TABLE upload (
    id         TEXT PRIMARY KEY,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    identity   TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL,
    state      BLOB,
    complete   TEXT,
    since      INTEGER NOT NULL,
    CHECK ((state IS NULL) <> (complete IS NULL))
) STRICT;
CREATE INDEX upload_used ON upload (used_ms);
CREATE INDEX upload_started ON upload (started_ms);
CREATE INDEX upload_name ON upload (namespace, name);
