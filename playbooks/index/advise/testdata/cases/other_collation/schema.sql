-- The index sorts by the column's collation, the statement compares by another.
CREATE TABLE words (id bigint, word text COLLATE "C" NOT NULL, pad text NOT NULL);
INSERT INTO words SELECT n, md5(n::text), repeat('p', 60) FROM generate_series(1, 50000) AS n;
CREATE INDEX words_word ON words (word);
VACUUM ANALYZE words;
