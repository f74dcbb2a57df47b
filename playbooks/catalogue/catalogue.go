// Package catalogue lists the playbooks. Adding one is adding its folder and one line here.
package catalogue

import (
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index"
)

// All returns every playbook.
func All() []playbooks.Playbook {
	return []playbooks.Playbook{
		index.New(),
	}
}
