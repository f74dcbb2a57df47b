-- An enum that is rare, and a uuid.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE moods (id uuid NOT NULL, who uuid NOT NULL, mood mood NOT NULL, note text);
INSERT INTO moods SELECT md5(n::text)::uuid, md5((n % 500)::text)::uuid, (CASE WHEN n % 3 = 0 THEN 'sad' ELSE 'ok' END)::mood, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE moods;
