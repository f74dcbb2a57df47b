package drill

import (
	"os"
	"regexp"
)

// autogroup is where Linux says, and takes, the weight of a terminal session's processes (sched(7), "The autogroup feature").
const autogroup = "/proc/self/autogroup"

// ownShare is the nice value of pgmedic's session while it drills.
const ownShare = "-15"

var niceRead = regexp.MustCompile(`nice (-?\d+)`)

// takeShare gives this process its share of the machine, and returns what gives it back. In life the application's clients and pgmedic do not stand on the database's
// machine. Here they do, and where Linux groups processes by session each server process, which begins a session of its own, gets as much of the machine as this
// process with all its clients: a hundredth in the spike, and every round trip would wait for seconds. It takes root, or CAP_SYS_NICE; elsewhere nothing changes.
func takeShare() (giveBack func()) {
	text, err := os.ReadFile(autogroup)
	was := niceRead.FindSubmatch(text)
	if err != nil || was == nil || os.WriteFile(autogroup, []byte(ownShare), 0) != nil {
		return func() {}
	}
	return func() { _ = os.WriteFile(autogroup, was[1], 0) } // what could be taken can be given back
}
