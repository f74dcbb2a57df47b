package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// factID is the id that record.AddFact gives: a hash of kind, subject and window. The report reads the file only, and names its facts as the
// file would.
func factID(f record.Fact) string {
	key := strings.Join([]string{f.Kind, f.Subject, factTime(f.From), factTime(f.To)}, "\x00")
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

func factTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}
