package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Kind is who runs the server, which decides how its settings are changed and what its administrator may grant.
type Kind string

// The kinds that SQL shows; all others are plain.
const (
	Plain    Kind = "plain"
	RDS      Kind = "rds"
	Aurora   Kind = "aurora"
	CloudSQL Kind = "cloudsql"
	Azure    Kind = "azure"
	Unknown  Kind = "unknown" // what shows it could not be read
)

// kind tells the server's kind by the service's own roles and settings.
func (r *Readings) kind() Kind {
	if r.Session == nil {
		return Unknown
	}
	is := func(role, prefix string) bool {
		return slices.Contains(r.Session.ServiceRoles, role) || slices.Contains(r.Session.ServiceSettings, prefix)
	}
	switch {
	case r.Session.Aurora:
		return Aurora
	case is("rds_superuser", "rds"):
		return RDS
	case is("cloudsqlsuperuser", "cloudsql"):
		return CloudSQL
	case is("azure_pg_admin", "azure"):
		return Azure
	}
	return Plain
}

// words names the kind for a person.
func (k Kind) words() string {
	return map[Kind]string{
		Plain: "a plain server", RDS: "Amazon RDS", Aurora: "Amazon Aurora", CloudSQL: "Google Cloud SQL", Azure: "Azure Database", Unknown: "kind not known",
	}[k]
}

// takesOf says what it takes for a change of the setting to work.
func takesOf(s Setting) Takes {
	switch {
	case s.Context == "postmaster":
		return Restart
	case s.Context == "backend", s.Context == "superuser-backend", s.Name == "session_preload_libraries":
		return NewSessions
	}
	return Reload
}

// set says how to give a setting another value on this server; several values make a list.
func (r *Readings) set(name string, values ...string) []Step {
	s, known := r.setting(name)
	if !known {
		s = Setting{Name: name, Context: r.Settings[name].Context} // empty: not there
	}
	takes := takesOf(s)
	value := strings.Join(values, ", ")
	if s.whose() != "" {
		return r.alterOwn(s, name, values)
	}
	switch r.kind() {
	case RDS, Aurora:
		return []Step{{Do: fmt.Sprintf("in the DB parameter group set %s to %s", name, value), Takes: takes}}
	case CloudSQL:
		return []Step{{Do: fmt.Sprintf("set the database flag %s to %s (gcloud replaces all flags at once: give the others again)", name, value), Takes: takes}}
	case Azure:
		return []Step{{Do: fmt.Sprintf("set the server parameter %s to %s", name, value), Takes: takes}}
	case Unknown:
		return []Step{{Do: fmt.Sprintf("set %s = %s where this server's configuration is managed", name, value), Takes: takes}}
	}
	if s.Source == "command line" {
		return []Step{{Do: fmt.Sprintf("it is given on the server's command line, which goes over the files: set %s to %s where the server is "+
			"started, "+
			"or in Patroni's configuration", name, value), Takes: Restart}}
	}
	if r.is("allow_alter_system", "off") {
		return []Step{{Do: fmt.Sprintf("set %s = %s where the configuration is managed (allow_alter_system is off)", name, value), Takes: takes}}
	}
	return alterSystem(name, takes, values)
}

// alterSystem is set on a plain server.
func alterSystem(name string, takes Takes, values []string) []Step {
	steps := []Step{{SQL: "ALTER SYSTEM " + assignment(name, values), Takes: takes}}
	if takes == Restart {
		return append(steps, Step{Do: "restart the server in a quiet hour"})
	}
	return append(steps, reloadStep)
}

// alterOwn is set where this role or database has a value of its own, which goes before the server's.
func (r *Readings) alterOwn(s Setting, name string, values []string) []Step {
	role, database := "ALTER ROLE "+sqltext.Ident(r.me()), "DATABASE "+sqltext.Ident(r.Server.Database)
	target := map[string]string{"database": "ALTER " + database, "user": role, "database user": role + " IN " + database}[s.Source]
	return []Step{
		{SQL: target + " " + assignment(name, values), Takes: NewSessions},
		{Do: "what the server gives to all others is hidden behind this value"},
	}
}

// assignment gives a setting a value. In a list each element is a literal of its own: one literal would be a single, wrong element.
func assignment(name string, values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = literalOrWord(v)
	}
	return fmt.Sprintf("SET %s = %s;", sqltext.Ident(strings.Split(name, ".")...), strings.Join(quoted, ", "))
}

// reloadStep makes the server read its configuration again.
var reloadStep = Step{SQL: "SELECT pg_reload_conf();"}

// together joins the steps of several settings, with one reload at the end.
func together(all ...[]Step) []Step {
	var steps []Step
	reload := false
	for _, step := range slices.Concat(all...) {
		if step == reloadStep {
			reload = true
			continue
		}
		steps = append(steps, step)
	}
	if reload {
		steps = append(steps, reloadStep)
	}
	return steps
}

// literalOrWord writes a value as people do: on, off and numbers bare, the rest quoted.
func literalOrWord(value string) string {
	if value == "on" || value == "off" || value != "" && strings.Trim(value, "0123456789") == "" {
		return value
	}
	return sqltext.Literal(value)
}

// grant says how to give this role a predefined role's privileges.
func (r *Readings) grant(predefined string) []Step {
	return []Step{{SQL: fmt.Sprintf("GRANT %s TO %s;", predefined, sqltext.Ident(r.me())), Takes: AtOnce}}
}

// me is the role that pgmedic connected as.
func (r *Readings) me() string {
	if r.Role != nil {
		return r.Role.Name
	}
	return r.Server.User
}
