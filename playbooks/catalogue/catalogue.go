// Package catalogue lists the playbooks. Adding one is adding its folder and one line here.
package catalogue

import (
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index"
	"github.com/pgmedic/pgmedic/playbooks/invalid"
	"github.com/pgmedic/pgmedic/playbooks/session/brake"
	"github.com/pgmedic/pgmedic/playbooks/session/room"
	"github.com/pgmedic/pgmedic/playbooks/session/transaction"
	"github.com/pgmedic/pgmedic/playbooks/session/unblock"
	"github.com/pgmedic/pgmedic/playbooks/statistics"
	"github.com/pgmedic/pgmedic/playbooks/unused"
)

// All returns every playbook.
func All() []playbooks.Playbook {
	return []playbooks.Playbook{
		index.New(),
		room.New(),
		invalid.New(),
		brake.New(),
		unblock.New(),
		transaction.New(),
		statistics.New(),
		unused.New(),
	}
}
