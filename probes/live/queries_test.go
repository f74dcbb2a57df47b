package live

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestQueries(t *testing.T) { pgtest.Queries(t, sqlFiles, query, "{granted}", "false") }
