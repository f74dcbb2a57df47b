package candidate

import "slices"

// withoutJoins are the sets of equality parts by where their values come from: only those of the statement itself, for a scan that runs once, and
// only those of the join, for one that runs for each row of the other side.
func withoutJoins(parts []part) []choice {
	isJoin := func(p part) bool { return p.join }
	isOwn := func(p part) bool { return !p.join }
	own := slices.DeleteFunc(slices.Clone(parts), isJoin)
	joined := slices.DeleteFunc(slices.Clone(parts), isOwn)
	if len(joined) == 0 {
		return nil
	}
	return []choice{{joined, 1}, {own, 1}}
}
