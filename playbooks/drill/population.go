package drill

import (
	"crypto/md5"
	"fmt"

	"github.com/google/uuid"
)

// The whale and its two power users; the ids begin as the seed's do.
const (
	whale      = "4a7e860d-1c5f-4b57-9d0e-6a3f2b8c9d10"
	powerUser1 = "85c4ccc6-2f0a-4e3d-8b61-90d7a5e4c321"
	powerUser2 = "bd62dda8-7e94-4c08-a5f2-3b1c6d8e7f09"
)

// Organizations with a number: the middle one has ten times the rows of the small one, which is like all the others.
const (
	middleNumber = 1
	smallNumber  = 2
	middleTimes  = 10
)

// The seed's distribution: 2.7 % of all rows are incomplete, and a tenth of these are the whale's (its two power users alone have 23,889 of 320,000).
const (
	whaleShare           = 0.25
	whaleLimit           = 150_000
	incompleteShare      = 0.027
	whaleIncompleteShare = 0.1
)

// population is who the rows of the table belong to.
type population struct {
	rows          int
	whaleRows     int
	organizations int // numbers 1 to this; about 300 rows each with the whale in the mean
	users         int // numbers 0 to below this, apart from the power users; each works for several organizations
	perMillion    perMillion
}

// perMillion are the shares of load.sql's dice, in a million.
type perMillion struct {
	whaleIncomplete  int // of the whale's rows
	othersIncomplete int // of the others' rows
	middle           int // the middle organization's, of the others' rows
}

func newPopulation(rows int) population {
	p := population{rows: rows, whaleRows: min(int(whaleShare*float64(rows)), whaleLimit), organizations: rows / 300, users: max(500, rows/200)}
	incomplete := incompleteShare * float64(rows)
	p.perMillion = perMillion{
		whaleIncomplete:  int(1e6 * whaleIncompleteShare * incomplete / float64(p.whaleRows)),
		othersIncomplete: int(1e6 * (1 - whaleIncompleteShare) * incomplete / float64(rows-p.whaleRows)),
		middle:           1_000_000 * middleTimes / p.organizations,
	}
	return p
}

// organizationID is the id of an organization with a number, the same as load.sql makes.
func organizationID(number int) string { return hashID(fmt.Sprintf("organization %d", number)) }

// userID is the id of a user with a number, the same as load.sql makes.
func userID(number int) string { return hashID(fmt.Sprintf("user %d", number)) }

// hashID is md5(text)::uuid.
func hashID(text string) string { return uuid.UUID(md5.Sum([]byte(text))).String() }
