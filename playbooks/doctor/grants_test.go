package doctor

import (
	"strings"
	"testing"
)

func TestGrantsByVersionAndKind(t *testing.T) {
	r := quiet()
	r.Owners = append(r.Owners, Owner{Owner: "postgres", Superuser: true, Tables: 1, Schemas: []string{"public"}})
	r.Server.Database = "Shop"
	tests := []struct {
		version    int
		roles      []string
		has, lacks []string
	}{
		{130022, nil, []string{"GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"on call\";", "pg_stats; in each database", "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public"},
			[]string{"pg_read_all_data TO", "pg_use_reserved_connections"}},
		{140022, nil, []string{"GRANT pg_read_all_data TO \"on call\";", `GRANT CONNECT ON DATABASE "Shop" TO`}, []string{"pg_use_reserved_connections", "ON ALL TABLES"}},
		{160014, nil, []string{"GRANT pg_use_reserved_connections TO \"on call\";", "GRANT app TO \"on call\";"}, []string{"pg_maintain", "GRANT postgres TO"}},
		{170010, nil, []string{"pg_maintain is not enough for CREATE INDEX"}, []string{"GRANT pg_maintain"}},
		{160014, []string{"rds_superuser"}, []string{"rds_superuser", "Amazon RDS"}, []string{"pg_file_settings"}},
		{160014, []string{"cloudsqlsuperuser"}, []string{"Google Cloud SQL"}, []string{"pg_file_settings"}},
	}
	for _, test := range tests {
		r.Server.Version, r.Session.ServiceRoles = test.version, test.roles
		text := (&Report{Readings: r}).Grants("on call").Text(ChatWidth)
		text = strings.Join(strings.Fields(strings.ReplaceAll(text, "\n-- ", " ")), " ")
		for _, words := range test.has {
			if !strings.Contains(text, words) {
				t.Errorf("%d %v: no %q in %s", test.version, test.roles, words, text)
			}
		}
		for _, words := range test.lacks {
			if strings.Contains(text, words) {
				t.Errorf("%d %v: %q in %s", test.version, test.roles, words, text)
			}
		}
	}
}

// On a standby the grants say where they are sent; what could not be read stands in them.
func TestGrantsOnAStandbyAndBlind(t *testing.T) {
	r := quiet()
	r.Server.InRecovery, r.Blind = true, []Blind{{What: "the tables' owners", Reason: "no time"}}
	text := (&Report{Readings: r}).Grants("pgmedic").Text(200)
	if strings.Count(text, "send this on the primary") != 2 || !strings.Contains(text, "GRANT app TO pgmedic;") || !strings.Contains(text, "-- Not read, grants for it may be missing: the tables' owners: no time") {
		t.Error(text)
	}
}
