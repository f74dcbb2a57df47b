package figure

import "testing"

func TestCount(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 150006: "150,006", 11700000.4: "11,700,000"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%v) = %s, want %s", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[float64]string{512: "512 bytes", 1331200: "1.27 MB", 40 << 20: "40 MB", 999e9: "930 GB", 1 << 50: "1.02e+03 TB"} {
		if got := Size(bytes); got != want {
			t.Errorf("Size(%v) = %s, want %s", bytes, got, want)
		}
	}
}

func TestCost(t *testing.T) {
	for units, want := range map[float64]string{0: "0.0", 8.29: "8.3", 31234.5: "31,235"} {
		if got := Cost(units); got != want {
			t.Errorf("Cost(%v) = %s, want %s", units, got, want)
		}
	}
}
