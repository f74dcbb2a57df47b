package redact

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

var known = Names{
	Hosts: []string{"db-7.example.com", "192.0.2.1"}, Databases: []string{"app", "orders"}, Roles: []string{"report", "ana@corp.example"},
	Applications: []string{"billing worker", "app - 10.9.8.7:43"}, Clients: []string{"10.9.8.7", "local"}, Systems: []string{"7300000000000000001"}, People: []string{"Will"},
}

func TestDefaultText(t *testing.T) {
	g := New(Default, known)
	for text, want := range map[string]string{
		"app on db-7.example.com is slow for role report":                           "app on db-7.example.com is slow for role report",
		"from 10.9.8.7:43, 10.9.8.6 and ::ffff:10.9.8.6":                            "from client-A:43, client-B and client-B",
		"ip-10-9-8-7.internal, [2001:DB8:0::7]:43":                                  "ip-client-A.internal, [client-C]:43",
		"pool:2001:db8::7, x10.9.8.7y":                                              "pool:client-C, x client-A y",
		"the server is 192.0.2.1:5432":                                              "the server is 192.0.2.1:5432",
		"16:20:05, 2126-11-23-16, $1::date, a::bytea":                               "16:20:05, 2126-11-23-16, $1::date, a::bytea",
		"PostgreSQL 15.18-0+deb12u1, 12.5 s, 42 of 100":                             "PostgreSQL 15.18-0+deb12u1, 12.5 s, 42 of 100",
		"ask ana@x.example or bo@x.example, ana@x.example":                          "ask user-A or user-B, user-A",
		"job 6ba7b810-9dad-11d1-80b4-00C04FD430C8 failed":                           "job id-A failed",
		"user_id=42, \"id\": 43, order #44, id 42":                                  `user_id=id-B, "id": id-C, order #id-D, id id-B`,
		"query id 42, query_id=42, pid 42, queryid 42":                              "query id 42, query_id=42, pid 42, queryid 42",
		"the server's clock was behind the client's":                                "the server's clock was behind the client's",
		"rows of 'Acme Ltd' and 'Acme Ltd', 'Bolt'":                                 "rows of 'value-A' and 'value-A', 'value-B'",
		"lock_timeout = '5s', work_mem '64MB', 'off'":                               "lock_timeout = '5s', work_mem '64MB', 'off'",
		"Key (mail)=(x (y)) already exists.":                                        "Key (mail)=(value-C) already exists.",
		"Failing row contains (1, Ana, null).":                                      "Failing row contains (value-D).",
		`invalid input syntax for type integer: "abc"`:                              `invalid input syntax for type integer: "value-E"`,
		"slow: SELECT * FROM t WHERE a = 42 AND b IN (1, 'x') LIMIT 5":              "slow: SELECT * FROM t WHERE a = $1 AND b IN ($2, $3) LIMIT $4",
		"slow: select a from t where n = 'clipped":                                  "slow: select a from t where n = $1",
		"select a from t where b = $1: mean 300 ms, 12 × its baseline (1240 calls)": "select a from t where b = $1: mean 300 ms, 12 × its baseline (1240 calls)",
		"select from reports: that's the server's, it's 5 s":                        "select from reports: that's the server's, it's 5 s",
	} {
		if got := g.Text(text); got != want {
			// maps.Range has no order, so letters may differ: compare their shape.
			if shape(got) != shape(want) {
				t.Errorf("%q:\n got %q\nwant %q", text, got, want)
			}
		}
		if again := g.Text(g.Text(text)); again != g.Text(text) {
			t.Errorf("%q: once %q, twice %q", text, g.Text(text), again)
		}
	}
}

var aliasForm = regexp.MustCompile(`\b(host|database|role|application|client|system|person|user|id|value)-[A-Z]+\b`)

func shape(text string) string { return aliasForm.ReplaceAllString(text, "$1-*") }

func TestSecrets(t *testing.T) {
	for _, text := range []string{
		"host=x password=hunter2 user=y", "password = 'hunter2 and more' x", `password="hunter2"`, "postgres://ana:hunter2@h/db", "postgres://ana:p/hunter2@h/db",
		"ALTER ROLE a PASSWORD 'hunter2'", "alter role a encrypted password $x$hunter2$x$", "PGPASSWORD=hunter2 psql", "Authorization: Bearer hunter2abc", "bearer hunter2abcdef",
		"authorization: Basic aHVudGVyMg==hunter2", `{"token":"hunter2"}`, "api_key: hunter2", "eyJhunter2hunter2.abc.def", "SCRAM-SHA-256$4096:hunter2==$a:b", "password='hunter2'x",
		"client_secret=hunter2&x=1", "pwd=hunter2", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----", `password='it''s hunter2'`, `passwd = 'a\'hunter2'`,
	} {
		for _, level := range []Level{Default, Public} {
			g := New(level, Names{Roles: []string{"password", "bearer"}})
			got := g.Text(text)
			if strings.Contains(got, "hunter2") || !strings.Contains(got, hidden) || g.Text(got) != got {
				t.Errorf("%q: %q, again %q", text, got, g.Text(got))
			}
			if len(New(Default, Names{}).Leaks(text)) == 0 {
				t.Errorf("%q: no leak is seen", text)
			}
			for alias, original := range g.Key() {
				if strings.Contains(original, "hunter2") {
					t.Errorf("%q: the key holds it under %s", text, alias)
				}
			}
		}
	}
	for _, text := range []string{"password authentication failed for user x", "password_encryption = on", "the token was lost", "bearer authentication"} {
		if got := New(Default, Names{}).Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestPublicText(t *testing.T) {
	g := New(Public, known)
	for text, want := range map[string]string{
		"app on DB-7.example.com: the application reports to role report": "database-A on host-A: the application reports to role role-A",
		"apps, app_users, my_app, (app) \"orders\"":                       "apps, app_users, my_app, (database-A) \"database-B\"",
		"the server is 192.0.2.1:5432":                                    "the server is host-B:5432",
		"session of app - 10.9.8.7:43":                                    "session of application-B",
		"the role ana@corp.example":                                       "the role role-B",
		"Will did; it will be; billing worker":                            "person-A did; it will be; application-A",
		"pgmedic on localhost":                                            "pgmedic on localhost",
		"'orders' is one":                                                 "'database-B' is one",
		"system 7300000000000000001":                                      "system system-A",
	} {
		got := g.Text(text)
		if got != want && shape(got) != shape(want) {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
		if again := g.Text(got); again != got {
			t.Errorf("%q: once %q, twice %q", text, got, again)
		}
	}
	if got := g.Name(Database, "app") + g.Name(Role, "report") + g.Name(Host, "192.0.2.1"); got != "database-Arole-Ahost-B" {
		t.Errorf("names: %s", got)
	}
	if key := g.Key(); key["database-A"] != "app" || key["host-A"] != "db-7.example.com" || key["client-A"] != "10.9.8.7" {
		t.Errorf("key: %v", key)
	}
}

// What looks like an alias and is a name gets another one, so that nobody takes it for what it is not.
func TestNamesLikeAliases(t *testing.T) {
	g := New(Public, Names{Databases: []string{"host-A", "host", "A"}, Hosts: []string{"h1"}})
	for text, want := range map[string]string{"h1": "host-B", "host-A": "database-A", "host A": "database-B database-C", "host-B": "host-B"} {
		if got := g.Text(text); got != want || g.Text(got) != got {
			t.Errorf("%q: %q, then %q; want %q", text, got, g.Text(got), want)
		}
	}
}

func TestParseLevel(t *testing.T) {
	for _, level := range []Level{Default, Public} {
		if got, err := ParseLevel(string(level)); got != level || err != nil {
			t.Error(got, err)
		}
	}
	if _, err := ParseLevel("none"); err == nil {
		t.Error("none is a level")
	}
}

func TestLetters(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA"} {
		if got := letters(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestLeaks(t *testing.T) {
	g := New(Public, known)
	text := "clean\nask ana@x.example\nwhere mail = 'ana'\n10.1.1.1 and orders\nlock_timeout = '2s', x = '" + g.Name(Value, "v") + "', 42 applications\n"
	want := []string{"line 2: an e-mail address: ana@x.example", "line 3: a literal: ana", "line 4: an IP address: 10.1.1.1", "line 4: a known name: orders"}
	before := len(g.Key())
	if got := g.Leaks(text); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(g.Key()) != before {
		t.Error("what was only looked for got an alias")
	}
	if got := g.Leaks(strings.Repeat("a@b.example\n", 1000)); len(got) != leaksShown+1 {
		t.Errorf("%d leaks", len(got))
	}
	if got := New(Default, known).Leaks("orders on db-7.example.com at 192.0.2.1, apps"); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// fragments are what texts of properties are made of.
var fragments = []string{"app", "App", "orders", "report", "db-7.example.com", "192.0.2.1", "10.9.8.7", "ana@corp.example", "a@b.example", "password=", "'", "''", "E'", `"`, "SELECT ", " FROM t WHERE ",
	" = ", "42", "id ", "user_id=", "-", "_", " ", ", ", ";", "\n", "(", ")", "Key (a)=(", ") already exists.", ":", "::", "2001:db8::7", "host-A", "database-A", "value-A", "user-A", "hidden", "…", "$1", "$x$",
	"bearer ", "abc12345678", "://u:", "@", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "\x1b[31m", "\xff", "\u202e", "\u200b", "é", "Will", "will", "billing worker", "A", "--", "/*", "*/", "row contains (", "x", "K", "\u212a", "s "}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 14).Draw(t, "fragments"), "")
	}), rapid.String())
}

func names() *rapid.Generator[Names] {
	name := rapid.OneOf(rapid.SampledFrom([]string{"app", "orders", "report", "db-7.example.com", "A", "host", "host-A", "database", "value", "a b", `q"q`, "x'", "-x", "x-", "é", "10.9.8.7", "ana@corp.example", "id", "user_id", "K"}),
		rapid.StringMatching(`[a-z][a-z0-9_.-]{0,6}`))
	list := rapid.SliceOfN(name, 0, 4)
	return rapid.Custom(func(t *rapid.T) Names {
		return Names{Hosts: list.Draw(t, "hosts"), Databases: list.Draw(t, "databases"), Roles: list.Draw(t, "roles"), Applications: list.Draw(t, "applications"), Clients: list.Draw(t, "clients")}
	})
}

func TestTextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names, text := names().Draw(t, "names"), texts().Draw(t, "text")
		for _, level := range []Level{Default, Public} {
			g := New(level, names)
			once := g.Text(text)
			if !utf8.ValidString(once) {
				t.Fatalf("%s: %q is no UTF-8", level, once)
			}
			if twice := g.Text(once); twice != once {
				t.Fatalf("%s: once %q, twice %q", level, once, twice)
			}
			if leaks := g.Leaks(once); len(leaks) > 0 {
				t.Fatalf("%s: %q leaks %q", level, once, leaks)
			}
			if other := New(level, names).Text(text); other != once {
				t.Fatalf("%s: %q and %q", level, once, other)
			}
		}
	})
}

// survivors are the known names in a text, by a look of its own: whole words between aliases.
func survivors(g *Gate, text string, list []string) []string {
	text = aliasForm.ReplaceAllStringFunc(text, func(alias string) string {
		if g.issued(alias) {
			return "\x00"
		}
		return alias
	})
	var found []string
	for _, name := range list {
		whole := regexp.MustCompile(`(?i)(?:^|[^\pL\pN\pM_])` + regexp.QuoteMeta(name) + `(?:$|[^\pL\pN\pM_])`)
		if whole.MatchString(text) {
			found = append(found, name)
		}
	}
	return found
}

func TestNoKnownNameSurvivesPublic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.StringMatching(`[b-z][a-z0-9]{3,6}([_.-][a-z0-9]{2,4})?`), 1, 5).Draw(t, "names")
		var b strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "length") {
			b.WriteString(rapid.OneOf(rapid.SampledFrom(list), rapid.SampledFrom(fragments)).Draw(t, "piece"))
			b.WriteString(rapid.SampledFrom([]string{"", " ", "-", ", ", "'", `"`, "\n", "/"}).Draw(t, "between"))
		}
		g := New(Public, Names{Databases: list[:len(list)/2], Roles: list[len(list)/2:]})
		e := g.Event(record.Event{Title: b.String(), Body: b.String(), SQL: b.String(), Author: list[0], Source: b.String(), Server: b.String(),
			Data: map[string]string{"note": b.String(), "database": list[0], "rows": `[{"Name":"` + list[0] + `"}]`}})
		for _, text := range append([]string{e.Title, e.Body, e.SQL, e.Author, e.Source, e.Server}, slices.Collect(maps.Values(e.Data))...) {
			if found := survivors(g, text, list); len(found) > 0 {
				t.Fatalf("%q survive in %q", found, text)
			}
		}
	})
}

// A long text takes no more than its length asks for.
func TestLongText(t *testing.T) {
	for _, unit := range []string{"x", "'", "a'b ", "select ", "a:", "1.", "server's ", "a@", "$x$", "((", "host-A ", "password=", "10.9.8.7 ", "Key (a)=(", "::1 "} {
		text := strings.Repeat(unit, 1<<18/len(unit))
		begin := time.Now()
		New(Public, known).Text(text)
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%q over and over takes %v", unit, took)
		}
	}
}

func TestEvent(t *testing.T) {
	server := probes.Server{Host: "db-7.example.com", Port: 5432, Database: "app", SystemIdentifier: "7300000000000000001", Timeline: 3}
	e := record.Event{ID: "01J", Kind: record.Acted, Title: "applying\n\x1b[31m: index for app", Body: "user_id=42 on app", Author: "Will", Source: "/home/will/logs/app.csv",
		SQL: "CREATE INDEX CONCURRENTLY i ON t (a) WHERE state = 'secret'", Server: record.Identity(server), Evidence: []string{"p1"},
		Data: map[string]string{"database": "app", "user_name": "report", "undo": "DROP INDEX i; SELECT 42", "pid": "4711", "user_id": "42", "query_id": "99",
			"rows": `[{"Name":"pid 4711","What":"report from 10.9.8.7","State":"acted"}]`, "name": "work_mem", "before": "4MB", "mail a@b.example": "x"}}
	got := New(Public, known).Event(e)
	want := record.Event{ID: "01J", Kind: record.Acted, Title: `applying \x1B[31m: index for database-A`, Body: "user_id=id-A on database-A", Author: "person-A", Source: "database-A.csv",
		SQL: "CREATE INDEX CONCURRENTLY i ON t (a) WHERE state = $1", Server: "host-A:5432/database-A system system-A timeline 3", Evidence: []string{"p1"},
		Data: map[string]string{"database": "database-A", "user_name": "role-A", "undo": "DROP INDEX i; SELECT $1", "pid": "4711", "user_id": "id-A", "query_id": "99",
			"rows": `[{"Name":"pid 4711","State":"acted","What":"role-A from client-A"}]`, "name": "work_mem", "before": "4MB", "mail user-A": "x"}}
	if got.Title != want.Title || got.Body != want.Body || got.Author != want.Author || got.Source != want.Source || got.SQL != want.SQL || got.Server != want.Server || !maps.Equal(got.Data, want.Data) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if e.Data["database"] != "app" {
		t.Error("the event itself was changed")
	}
	near := New(Default, known).Event(e)
	if near.Author != "Will" || near.Server != record.Identity(server) || near.Data["user_name"] != "report" || near.Body != "user_id=id-A on app" || near.Source != "app.csv" {
		t.Errorf("default: %+v", near)
	}
}

func TestSQL(t *testing.T) {
	g := New(Public, known)
	for statement, want := range map[string]string{
		"ALTER ROLE report PASSWORD 'x'":               "ALTER",
		"CREATE USER MAPPING FOR x SERVER y":           "CREATE",
		"CREATE INDEX i ON t (a); ANALYZE t":           "CREATE INDEX i ON t (a); ANALYZE t",
		"SELECT set_config('a', 'b', true)":            "SELECT set_config($1, $2, true)",
		"DO $$ BEGIN secret END $$":                    "DO",
		"SELECT 1; ALTER ROLE x PASSWORD 'y'":          "SELECT",
		`SELECT * FROM "a@b.example" WHERE u = orders`: `SELECT * FROM "user-A" WHERE u = database-B`,
		"": "",
	} {
		if got := g.SQL(statement); got != want || g.SQL(got) != got {
			t.Errorf("%q: %q, then %q; want %q", statement, got, g.SQL(got), want)
		}
	}
}
