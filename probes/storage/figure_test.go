package storage

import "testing"

func TestSumIsAsGoodAsTheWorst(t *testing.T) {
	tests := []struct {
		name    string
		figures []Figure
		want    Figure
	}{
		{"nothing", nil, measured(0)},
		{"measured", []Figure{measured(2), measured(3)}, measured(5)},
		{"one estimated", []Figure{measured(2), estimated(3, "locked"), estimated(4, "late")}, estimated(9, "locked")},
		{"one unknown", []Figure{estimated(3, "locked"), unknown("dropped"), measured(2)}, unknown("dropped")},
	}
	for _, test := range tests {
		if got := Sum(test.figures...); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestFromCatalogueKnowsNoEmptyRelation(t *testing.T) {
	if f := fromCatalogue(0, 8192, "locked"); f.Known() || f.Why == "" {
		t.Errorf("0 pages: %+v", f)
	}
	if f := fromCatalogue(3, 8192, "locked"); f.Status != Estimated || f.Value != 3*8192 {
		t.Errorf("3 pages: %+v", f)
	}
}

// TestRowsOfOlderCatalogues: before 14 a table that nobody has counted has 0 rows in the catalogue, as an empty one has.
func TestRowsOfOlderCatalogues(t *testing.T) {
	for version, known := range map[int]bool{130000: false, 140000: true} {
		if f := rowsFromCatalogue(0, version); f.Known() != known {
			t.Errorf("%d: %+v", version, f)
		}
	}
	if f := rowsFromCatalogue(-1, 140000); f.Known() {
		t.Errorf("-1: %+v", f)
	}
}
