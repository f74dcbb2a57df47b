-- The incident file, schema 1. Times are text, UTC with nine decimals (sorted by text is sorted by time); an unset time is ''.
-- application_id says that the file is pgmedic's ('pgmd'), user_version is the schema's number.

CREATE TABLE sample (
    seq  INTEGER PRIMARY KEY, -- the order in which they were taken
    at   TEXT NOT NULL,       -- server time
    body BLOB NOT NULL        -- see blob.go
);

CREATE TABLE text ( -- normalised statement texts, each once
    query_id INTEGER PRIMARY KEY,
    sample   INTEGER NOT NULL REFERENCES sample (seq), -- that brought it
    body     TEXT NOT NULL
);

CREATE TABLE event (
    id          TEXT PRIMARY KEY, -- ULID
    kind        TEXT NOT NULL,
    at          TEXT NOT NULL,
    ended       TEXT NOT NULL,
    basis       TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    author      TEXT NOT NULL,
    source      TEXT NOT NULL,
    server      TEXT NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    sql         TEXT NOT NULL,
    data        TEXT NOT NULL, -- JSON object of texts, or null
    evidence    TEXT NOT NULL  -- JSON list of ids, or null
);

CREATE TABLE plan (
    id   TEXT PRIMARY KEY, -- ULID
    body TEXT NOT NULL     -- JSON, redacted
);

CREATE TABLE fact (
    seq        INTEGER PRIMARY KEY, -- the order in which they were stored
    id         TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    value      REAL NOT NULL,
    unit       TEXT NOT NULL,
    n          INTEGER NOT NULL,
    since      TEXT NOT NULL,
    until      TEXT NOT NULL,
    method     TEXT NOT NULL,
    conditions TEXT NOT NULL,
    source     TEXT NOT NULL,
    status     TEXT NOT NULL
);

PRAGMA application_id = 1885826404;
PRAGMA user_version = 1;
