package index

import (
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 150006: "150,006", 11700000.4: "11,700,000"} {
		if got := count(n); got != want {
			t.Errorf("count(%v) = %s, want %s", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[float64]string{512: "512 bytes", 1331200: "1.27 MB", 40 << 20: "40 MB", 999e9: "930 GB", 1 << 50: "1.02e+03 TB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%v) = %s, want %s", bytes, got, want)
		}
	}
}

func TestSessionWords(t *testing.T) {
	s := session{PID: 812, Application: "report\x1b[2Jworker", Role: "reports_rw", State: "idle in transaction", Age: 303 * time.Second}
	if got, want := s.String(), `pid 812 of report\x1B[2Jworker (reports_rw), idle in transaction, its transaction open for 5m3s`; got != want {
		t.Errorf("got %s", got)
	}
	if got := (session{PID: 812}).String(); got != "pid 812" {
		t.Errorf("of what is not visible something is said: %s", got)
	}
}
