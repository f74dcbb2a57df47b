-- The incident file, schema 2. Times are text, UTC with nine decimals (sorted by text is sorted by time); an unset time is ''.
-- application_id says that the file is pgmedic's ('pgmd'), user_version is the schema's number.

CREATE TABLE track ( -- what one pgmedic recorded without a break of its own; files that were merged hold several
    id    INTEGER PRIMARY KEY,
    ulid  TEXT NOT NULL UNIQUE,
    began TEXT NOT NULL -- local time
);

CREATE TABLE layout ( -- how samples are packed, see the package pack
    id   INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE -- JSON
);

CREATE TABLE sample (
    track   INTEGER NOT NULL REFERENCES track (id),
    seq     INTEGER NOT NULL, -- from 1, the order in which they were taken
    run     INTEGER NOT NULL, -- seq of the first sample of its run: each is read after those before it in the run, whose times rise without a gap
    at      TEXT NOT NULL,    -- server time
    clients INTEGER NOT NULL, -- client connections, pgmedic's own not counted
    layout  INTEGER NOT NULL REFERENCES layout (id),
    body    BLOB NOT NULL,    -- packed, then compressed (Zstandard)
    UNIQUE (track, seq)
);

CREATE INDEX sample_run ON sample (track, run, seq, at, clients); -- all but the bodies, to find a time and to draw the connections

CREATE TABLE text ( -- normalised statement texts, each once a track
    track    INTEGER NOT NULL REFERENCES track (id),
    query_id INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the sample that brought it
    body     TEXT NOT NULL,
    PRIMARY KEY (track, query_id)
) WITHOUT ROWID;

CREATE TABLE event ( -- every version of every event; nothing is ever changed or taken out
    id          TEXT PRIMARY KEY, -- ULID
    kind        TEXT NOT NULL,
    at          TEXT NOT NULL,
    ended       TEXT NOT NULL,
    within      INTEGER NOT NULL, -- error bar, nanoseconds
    basis       TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    author      TEXT NOT NULL,
    source      TEXT NOT NULL,
    server      TEXT NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    sql         TEXT NOT NULL,
    data        TEXT NOT NULL,    -- JSON object of texts, or null
    evidence    TEXT NOT NULL,    -- JSON list of ids, or null
    star        INTEGER NOT NULL,
    internal    INTEGER NOT NULL,
    supersedes  TEXT NOT NULL,    -- id of the first version; '' of that
    removed     INTEGER NOT NULL
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

CREATE TABLE setting ( -- of the file itself: zone
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

PRAGMA application_id = 1885826404;
PRAGMA user_version = 2;
