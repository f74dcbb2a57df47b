-- One note in ten is so wide that it stands outside of its row, and that no b-tree would take it: avg_width has its pointer. An entry of the title is short.
CREATE TABLE notes (id bigint, title text NOT NULL, note varchar NOT NULL, at timestamptz NOT NULL);
INSERT INTO notes SELECT n, 'title ' || n % 9000, CASE WHEN n % 10 = 0 THEN (SELECT string_agg(md5((n * 3 + i)::text), '') FROM generate_series(1, 95) AS i) ELSE 'short' || n END,
    timestamptz '2026-01-01 00:00+00' + n * interval '1 minute' FROM generate_series(1, 12000) AS n;
VACUUM ANALYZE notes;
