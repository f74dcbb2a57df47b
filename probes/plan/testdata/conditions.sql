-- The tables of the tests of conditions: a column of each sort, no index, so that every condition is a filter.
CREATE DOMAIN smallish AS integer;
CREATE TABLE t (
	id integer,
	org uuid,
	title text,
	open boolean,
	made_at timestamptz,
	done_at timestamptz,
	params jsonb,
	tags text[],
	"Odd ""Name" integer,
	code varchar(20),
	fixed char(5),
	during tstzrange,
	body tsvector,
	raw bytea,
	addr inet,
	small smallish
);
CREATE TABLE other (id integer, name text);
CREATE FUNCTION is_active(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 > 1; END';
