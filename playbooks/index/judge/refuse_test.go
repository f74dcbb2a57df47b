package judge

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What no index is drafted for is told in words that hold: an index that the plan uses is named, be it by its partitions or by the arms of an OR; one that another
// reference to the table uses is none of this one's.
func TestRefusalsHold(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE tokens (token int PRIMARY KEY, pad text) PARTITION BY HASH (token)",
		"CREATE TABLE tokens_0 PARTITION OF tokens FOR VALUES WITH (modulus 2, remainder 0)",
		"CREATE TABLE tokens_1 PARTITION OF tokens FOR VALUES WITH (modulus 2, remainder 1)",
		"INSERT INTO tokens SELECT i, repeat('x', 100) FROM generate_series(1, 20000) AS i",
		"CREATE TABLE posts (id int PRIMARY KEY, author int, reply int, data jsonb)",
		"INSERT INTO posts SELECT i, i % 4000, i / 2, jsonb_build_object('k', i) FROM generate_series(1, 40000) AS i",
		"CREATE INDEX posts_author ON posts (author)", "CREATE INDEX posts_reply ON posts (reply)",
		"CREATE TABLE likes (post int, pad text)", "INSERT INTO likes SELECT i % 40000, repeat('x', 50) FROM generate_series(1, 60000) AS i",
		"CREATE TABLE days (at timestamptz, kind int, pad text) PARTITION BY RANGE (at)",
		"CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')",
		"CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2025-02-01') TO ('2025-03-01')",
		"INSERT INTO days SELECT '2025-01-01'::timestamptz + i * interval '1 minute', i % 9, 'x' FROM generate_series(1, 20000) AS i",
		"VACUUM ANALYZE days", "VACUUM ANALYZE tokens", "VACUUM ANALYZE posts", "VACUUM ANALYZE likes")
	ask := indextest.Watched(t, dsn).Ask()
	for _, c := range []struct {
		statement string
		verdict   Verdict
		existing  []string
		reason    string
		instead   string
	}{
		{"SELECT * FROM tokens WHERE token = 77", Exists, []string{"tokens_pkey"}, "tokens_pkey already serves", ""},
		{"SELECT * FROM tokens WHERE token IN (77, 78)", Exists, []string{"tokens_pkey"}, "tokens_pkey already serves", ""},
		{"SELECT id FROM posts WHERE id * random() < 0", None, nil, "", ""},
		{"SELECT * FROM posts WHERE author = 5 OR reply = 7", Exists, []string{"posts_author", "posts_reply"}, "posts_author, posts_reply already serve ", ""},
		{"DELETE FROM likes WHERE NOT EXISTS (SELECT FROM posts WHERE id = likes.post)", None, nil, "the join needs most of public.posts", "how often"},
		{"SELECT id FROM posts WHERE data ->> $1 = $2 ORDER BY id DESC LIMIT $3", None, []string{"posts_pkey"}, "depends on $1,", "--param 1=…"},
		{"SELECT b.id FROM posts a JOIN posts b ON b.data ->> $1 = a.data ->> $2 WHERE a.id = $3", None, []string{"posts_pkey"}, "depends on $1,", "--param 1=…"},
		{"SELECT count(*) FROM days WHERE kind = $1 AND at >= timestamptz $2 + interval $3", None, nil, "reads no table by a condition", "--param 2=… --param 3=…"},
		{"SELECT count(pad) FROM likes WHERE post > $1", None, nil, "would ", "--param 1=…"},
		{"SELECT * FROM posts WHERE data ->> $1 = $2 AND id = $3", Exists, []string{"posts_pkey"}, "posts_pkey already serves", ""},
	} {
		a, err := Statement(t.Context(), ask, Query{Statement: c.statement})
		if err != nil {
			t.Fatal(c.statement, err)
		}
		if a.Verdict != c.verdict || !slices.Equal(a.Existing, c.existing) || !strings.Contains(a.Reason, c.reason) || !strings.Contains(a.Instead, c.instead) ||
			c.instead == "" && a.Instead != "" {
			t.Errorf("%s: %s %q, %q; instead %q", c.statement, a.Verdict, a.Existing, a.Reason, a.Instead)
		}
	}
}
