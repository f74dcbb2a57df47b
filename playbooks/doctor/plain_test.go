package doctor

import "testing"

func TestTimeoutsOfTheConnectionStringAreLeftOut(t *testing.T) {
	for options, want := range map[string]string{
		"-c statement_timeout=5s":                                     "",
		"-cstatement_timeout=5s -c work_mem=8MB":                      "-c work_mem=8MB",
		`--lock-timeout=1s endpoint=blue --search_path=a\ b`:          `endpoint=blue --search_path=a\ b`,
		"-c search_path=app -c Idle_In_Transaction_Session_Timeout=1": "-c search_path=app",
	} {
		if got := withoutOwn(map[string]string{"options": options, "lock_timeout": "1"}); got["options"] != want || got["lock_timeout"] != "" {
			t.Errorf("%q: %q; want %q", options, got, want)
		}
	}
}
