package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Names is what an incident knows by name, each in the order in which it was first seen: what is added later changes no alias that was given.
type Names struct {
	Hosts        []string // of the servers: names, addresses, folders of sockets
	Databases    []string
	Roles        []string
	Applications []string
	Clients      []string // addresses
	Systems      []string // system identifiers
	People       []string // who wrote events

	seen     map[named]bool
	sessions map[session]bool
}

// session is what a sample tells of a session by name.
type session struct{ Database, Role, Application, Client string }

// Open returns a gate that knows every name in an incident file and has given every alias that its timeline needs, so that each thing that is written from
// the file has the same ones. The errors are the file's.
func Open(level Level, file *record.File) (*Gate, error) {
	var names Names
	versions, err := file.Versions()
	if err != nil {
		return nil, err
	}
	// Samples come before events and in the order of their time, events in that in which they were recorded: what is added stands at the end.
	err = record.Gather(file, func(s *probes.Sample, _ probes.Assessment) Seen { return See(s) }, func(seen Seen) bool {
		names.Add(seen)
		return true
	})
	if err != nil {
		return nil, err
	}
	return names.Gate(level, versions), nil
}

// Gate returns a gate for these names and the versions of all events of an incident, for whoever has added every sample already.
func (n *Names) Gate(level Level, versions []record.Event) *Gate {
	versions = slices.Clone(versions)
	slices.SortFunc(versions, func(a, b record.Event) int { return cmp.Compare(a.ID, b.ID) })
	for _, e := range versions {
		n.AddEvent(e)
	}
	g := New(level, *n)
	for _, e := range versions {
		g.Event(e)
	}
	return g
}

// add makes names of one kind known.
func (n *Names) add(kind Kind, list ...string) {
	if n.seen == nil {
		n.seen = map[named]bool{}
	}
	for _, name := range list {
		if name = sqltext.CleanLine(name); saysNothing(name) || n.seen[named{kind, name}] {
			continue
		}
		n.seen[named{kind, name}] = true
		to := n.of(kind)
		*to = append(*to, name)
	}
}

// of is the list of a kind.
func (n *Names) of(kind Kind) *[]string {
	switch kind {
	case Host:
		return &n.Hosts
	case Database:
		return &n.Databases
	case Role:
		return &n.Roles
	case Application:
		return &n.Applications
	case Client:
		return &n.Clients
	case System:
		return &n.Systems
	}
	return &n.People
}

// list is all names in the order in which they get their aliases.
func (n *Names) list() []named {
	var all []named
	for _, kind := range [...]Kind{Host, Database, Role, Application, Client, System, Person} {
		for _, name := range *n.of(kind) {
			if name = sqltext.CleanLine(name); !saysNothing(name) {
				all = append(all, named{kind, name})
			}
		}
	}
	return all
}

// Seen is what a sample knows by name.
type Seen struct {
	names    []named
	sessions []session // as they come, some more than once
}

// See finds what a sample knows by name. It keeps nothing else of it.
func See(s *probes.Sample) Seen {
	seen := Seen{names: []named{{Host, s.Server.Host}, {Database, s.Server.Database}, {Role, s.Server.User}, {System, s.Server.SystemIdentifier}}}
	seen.sessions = make([]session, 0, len(s.Backends)+fewRoles)
	for i := range s.Backends {
		b := &s.Backends[i]
		seen.sessions = append(seen.sessions, session{b.Database, b.User, b.Application, b.Client})
	}
	for i := range s.Statements.Deltas {
		d := &s.Statements.Deltas[i]
		if one := (session{Database: d.Database, Role: d.User}); !slices.Contains(seen.sessions[len(s.Backends):], one) {
			seen.sessions = append(seen.sessions, one)
		}
	}
	for _, d := range s.Databases {
		seen.names = append(seen.names, named{Database, d.Database})
	}
	for _, p := range s.Prepared {
		seen.names = append(seen.names, named{Database, p.Database}, named{Role, p.Owner})
	}
	for _, r := range s.Replicas {
		seen.names = append(seen.names, named{Application, r.Application}, named{Client, r.Client})
	}
	return seen
}

// fewRoles is how many pairs of database and role run statements, as a rule.
const fewRoles = 16

// fresh returns what is new among sessions, in an order of its own: that of the sample is the server's.
func (n *Names) fresh(sessions []session) []session {
	var fresh []session
	for _, one := range sessions {
		if !n.sessions[one] {
			n.sessions[one] = true
			fresh = append(fresh, one)
		}
	}
	slices.SortFunc(fresh, func(a, b session) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Application, b.Application), cmp.Compare(a.Client, b.Client))
	})
	return fresh
}

// Add makes known what was seen in a sample. Samples come in the order of their time.
func (n *Names) Add(seen Seen) {
	if n.sessions == nil {
		n.sessions = map[session]bool{}
	}
	for _, one := range n.fresh(seen.sessions) {
		n.add(Database, one.Database)
		n.add(Role, one.Role)
		n.add(Application, one.Application)
		n.add(Client, one.Client)
	}
	for _, one := range seen.names {
		n.add(one.Kind, one.Name)
	}
}

// AddEvent makes the names in an event known. Events come in the order of their ids.
func (n *Names) AddEvent(e record.Event) {
	if id := identityOf(e.Server); id != nil {
		n.add(Host, id.Host)
		n.add(Database, id.Database)
		n.add(System, id.System)
	}
	n.add(Person, e.Author)
	for _, key := range sortedKeys(e.Data) {
		if kind, known := kindOf(key); known && kind != Client {
			n.add(kind, e.Data[key])
		}
	}
}

// identity is what record.Identity tells.
type identity struct{ Host, Port, Database, System, Timeline string }

var identityForm = regexp.MustCompile(`^(.*?):(\d+)/(.*) system (\S*) timeline (\d+)$`)

// identityOf takes apart what record.Identity made; nil: it is something else.
func identityOf(server string) *identity {
	m := identityForm.FindStringSubmatch(sqltext.CleanLine(server))
	if m == nil {
		return nil
	}
	return &identity{m[1], m[2], m[3], m[4], m[5]}
}

// kindOf says what is named under a key of an event's data, as PostgreSQL's logs and views call it.
func kindOf(key string) (Kind, bool) {
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "database", "database_name", "dbname", "datname":
		return Database, true
	case "role", "user", "user_name", "usename", "rolname", "username":
		return Role, true
	case "application", "application_name":
		return Application, true
	case "host", "hostname", "server", "server_name":
		return Host, true
	case "client", "client_addr", "client_hostname", "remote_host":
		return Client, true
	}
	return "", false
}
