-- The table of TestConjunctsOfRealPlans: a column of each sort, no index, so that every condition is a filter.
CREATE TABLE t (
	id integer,
	org uuid,
	title text,
	open boolean,
	made_at timestamptz,
	done_at timestamptz,
	params jsonb,
	tags text[],
	"Odd ""Name" integer
);
CREATE TABLE other (id integer);
