package judge

import (
	"fmt"

	"github.com/pgmedic/pgmedic/playbooks/index/price"
)

// Known is how the rows read are known, those now and those with the index.
type Known struct{ Before, After price.Source }

// String says it in words.
func (k Known) String() string {
	if k.Before == k.After {
		return k.After.String()
	}
	brief := map[price.Source]string{price.Estimated: "estimated", price.Sampled: "counted in a sample", price.Measured: "measured"}
	return fmt.Sprintf("now %s, then %s", brief[k.Before], brief[k.After])
}

// and is how the sum of these rows, if there are any yet, and others is known: as well as the worse known of them.
func (k Known) and(other Known) Known {
	return Known{worse(k.Before, other.Before), worse(k.After, other.After)}
}

func worse(a, b price.Source) price.Source {
	for _, source := range []price.Source{price.Estimated, price.Sampled} {
		if a == source || b == source {
			return source
		}
	}
	return b
}

// sourceOf is how the rows are known that an index would leave to be read.
func sourceOf(p price.Price) price.Source {
	if p.Measured {
		return price.Sampled
	}
	return price.Estimated
}
