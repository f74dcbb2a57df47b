package explain

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// placeholder is a harmless value for a parameter of which nothing is known; nil (NULL) for a type that is not known either.
func placeholder(typeName string, role sqltext.Role) *string {
	value, ok := "", true
	switch role {
	case sqltext.RoleField:
		value = "epoch"
	case sqltext.RoleLimit:
		value = "10"
	case sqltext.RoleOffset:
		value = "0"
	case sqltext.RoleUnit:
		value = "day"
	case sqltext.RoleZone:
		value = "UTC"
	default:
		value, ok = placeholderOf(typeName)
	}
	if !ok {
		return nil
	}
	return &value
}

func placeholderOf(typeName string) (string, bool) {
	switch typeName {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid":
		return "1", true
	case "text", "character varying", "character", "name", "bytea":
		return "", true
	case "boolean":
		return "true", true
	case "date", "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone":
		return "now", true
	case "interval":
		return "1 hour", true
	case "json", "jsonb":
		return "{}", true
	case "jsonpath":
		return "$", true
	case "regconfig":
		return "pg_catalog.simple", true
	case "uuid":
		return "00000000-0000-0000-0000-000000000000", true
	}
	if strings.HasSuffix(typeName, "[]") {
		return "{}", true
	}
	return "", false
}
