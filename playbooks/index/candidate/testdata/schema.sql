-- The tables of TestEveryCandidateOfRealPlans: a column of each sort, rows enough for statistics, names that need quotes, a partitioned table.
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION btree_gin;
CREATE DOMAIN email_address AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE couple AS (x integer, y text);
CREATE SCHEMA "The Shop";
CREATE FUNCTION "The Shop".my_account() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN current_setting(''shop.account'', true)::bigint; END';
CREATE FUNCTION my_kind() RETURNS integer STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 5; END';
CREATE FUNCTION any_kind() RETURNS integer VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 5; END';
CREATE TABLE accounts (id bigint PRIMARY KEY, name text COLLATE "en-x-icu" NOT NULL, region integer NOT NULL);
CREATE TABLE things (
	id bigint PRIMARY KEY,
	account_id bigint NOT NULL,
	tenant uuid NOT NULL,
	status varchar(20) NOT NULL,
	kind integer,
	price numeric(10, 2),
	active boolean NOT NULL,
	feeling mood,
	made timestamptz NOT NULL,
	due timestamp,
	day date,
	gone timestamptz,
	email text COLLATE "en-x-icu",
	address email_address,
	code char(8) COLLATE "en-x-icu",
	label varchar(40) COLLATE "en-x-icu",
	bytes text COLLATE "C",
	body text,
	data jsonb,
	plain json,
	tags text[],
	numbers integer[],
	words tsvector,
	during tstzrange,
	spans numrange,
	place point,
	area box,
	host inet,
	net cidr,
	secret bytea,
	"Odd ""Name" integer,
	parent_id bigint,
	pair couple
);
INSERT INTO accounts SELECT n, 'account ' || n, n % 10 FROM generate_series(1, 500) AS n;
INSERT INTO things
SELECT n, n % 500 + 1, ('00000000-0000-0000-0000-' || lpad((n % 50)::text, 12, '0'))::uuid, CASE WHEN n % 36 = 2 THEN 'failed' ELSE (ARRAY['new', 'running', 'sent', 'done', 'done', 'done'])[n % 6 + 1] END,
	n % 97, n / 7.0, n % 20 = 0, (ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood, '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 minute',
	'2024-01-01'::timestamp + (n * 7919 % 20000) * interval '1 minute', '2024-01-01'::date + n % 300,
	CASE WHEN n % 10 = 0 THEN '2024-06-01 00:00:00+00'::timestamptz END, 'user' || n || '@example.org', 'user' || n || '@example.org',
	'c' || n % 1000, 'label ' || n % 700, 'bytes ' || n, repeat(md5(n::text), 6),
	jsonb_build_object('k', n % 100, 'name', 'n' || n, 'tags', jsonb_build_array(n % 10, 'x')), '{}', ARRAY['t' || n % 50, 't' || n % 7], ARRAY[n % 50, n % 7],
	to_tsvector('english', 'word' || n % 100 || ' other' || n % 9),
	tstzrange('2024-01-01 00:00:00+00'::timestamptz + n * interval '1 hour', '2024-01-01 00:00:00+00'::timestamptz + (n + 5) * interval '1 hour'),
	numrange(n, n + 10), point(n % 100, n % 77), box(point(n % 100, n % 77), point(n % 100 + 1, n % 77 + 1)),
	('10.0.' || n % 200 || '.' || n % 250)::inet, ('10.' || n % 200 || '.0.0/16')::cidr, decode(md5(n::text), 'hex'), n % 50, n / 2, (n % 90, 'y')::couple
FROM generate_series(1, 6000) AS n;
CREATE TABLE "The Shop"."Order Lines" ("Order Id" bigint, "SKU" text COLLATE "en-x-icu", select_ integer, placed timestamptz);
INSERT INTO "The Shop"."Order Lines" SELECT n % 1000, 'sku ' || n % 333, n, '2024-01-01 00:00:00+00'::timestamptz + n * interval '1 minute' FROM generate_series(1, 5000) AS n;
CREATE TABLE events (id bigint, account_id bigint, kind text, at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 00:00:00+00');
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2024-03-01 00:00:00+00') TO ('2024-04-01 00:00:00+00');
INSERT INTO events SELECT n, n % 300, 'k' || n % 20, '2024-01-01 00:00:00+00'::timestamptz + n * interval '15 minutes' FROM generate_series(1, 8000) AS n;
CREATE TABLE orders (id bigint PRIMARY KEY, customer text);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders ON DELETE CASCADE, amount numeric);
CREATE TABLE notes (order_id bigint REFERENCES orders, note text);
CREATE INDEX notes_order ON notes (order_id);
INSERT INTO orders SELECT n, 'c' || n % 100 FROM generate_series(1, 2000) AS n;
INSERT INTO lines SELECT n, n % 2000 + 1, n FROM generate_series(1, 6000) AS n;
CREATE TABLE booked (room integer, during tstzrange, tags text[]);
INSERT INTO booked SELECT n % 40, tstzrange('2024-01-01 00:00:00+00'::timestamptz + n * interval '1 hour', '2024-01-01 00:00:00+00'::timestamptz + (n + 5) * interval '1 hour'),
	ARRAY['t' || n % 50] FROM generate_series(1, 5000) AS n;
ANALYZE;
