-- A type of an extension does not say that equal values are the same: equal entries are not merged, and the index is as large as without repeats.
CREATE EXTENSION citext;
CREATE TABLE nicks (nick citext, pad text);
INSERT INTO nicks SELECT 'n' || n % 500, repeat('x', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE nicks;
