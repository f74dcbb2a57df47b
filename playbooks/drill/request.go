package drill

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// dedupMinutes is how far the application looks back for an identical report.
const dedupMinutes = 1440

// The whale asks for three reports of every five. The order is left to chance, the share is not, or the load would swing with it: a report of the
// whale costs a hundred times one of the others.
const (
	dealt       = 5
	whalesDealt = 3
)

// kinds and formats of reports, as in load.sql.
const (
	kinds   = "issues footprint-ips summary audit usage invoices"
	formats = "csv csv pdf xlsx"
)

// request is one report that a user asks for.
type request struct {
	kind, title, format, user, params, organization string
}

// chooser makes up requests, the same ones in every drill of one size. It serves one goroutine.
type chooser struct {
	random  *rand.Rand
	data    population
	kinds   []string
	formats []string
	deck    []int // what is left of the last five dealt; below whalesDealt is the whale's
}

func newChooser(data population) *chooser {
	return &chooser{random: rand.New(rand.NewPCG(16, 15)), data: data, kinds: strings.Fields(kinds), formats: strings.Fields(formats)}
}

// next makes up a request. Its params are like nobody else's, so the application never finds a duplicate and always has to look through all there is.
func (c *chooser) next() request {
	r := request{organization: whale, user: c.whaleUser()}
	if !c.isWhales() {
		number := smallNumber + c.random.IntN(c.data.organizations-1)
		r.organization = organizationID(number)
		r.user = userID((number*3 + c.random.IntN(8)) % c.data.users)
	}
	r.kind = c.kinds[c.random.IntN(len(c.kinds))]
	r.title = fmt.Sprintf("%s report %d", r.kind, c.random.IntN(40))
	r.format = c.formats[c.random.IntN(len(c.formats))]
	r.params = fmt.Sprintf(`{"filters": {"portfolio": %d, "severity": ["critical"], "assets": ["%016x"]}, "columns": ["id", "name", "owner", "score"],`+
		` "sort": {"by": "score", "order": "desc"}, "timezone": "UTC", "locale": "en"}`, c.random.IntN(500), c.random.Uint64())
	return r
}

// isWhales says whether the next request is the whale's.
func (c *chooser) isWhales() bool {
	if len(c.deck) == 0 {
		c.deck = c.random.Perm(dealt)
	}
	card := c.deck[0]
	c.deck = c.deck[1:]
	return card < whalesDealt
}

// whaleUser picks one of the whale's users: mostly one of the two power users.
func (c *chooser) whaleUser() string {
	switch dice := c.random.Float64(); {
	case dice < 0.4:
		return powerUser1
	case dice < 0.7:
		return powerUser2
	default:
		return userID(c.random.IntN(400))
	}
}
