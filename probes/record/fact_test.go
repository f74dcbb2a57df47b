package record

import (
	"math"
	"reflect"
	"testing"
	"time"
)

func TestFactIsStoredOnce(t *testing.T) {
	f := create(t)
	fact := Fact{Kind: "connections.peak", Subject: "orders", Value: 95, Unit: "connections", N: 60, From: start, To: start.Add(time.Minute),
		Method: "count of pg_stat_activity", Conditions: "under load", Source: "samples", Status: Measured}
	first := must[Fact](t)(f.AddFact(fact))
	fact.Value = 96
	if again := must[Fact](t)(f.AddFact(fact)); again != first {
		t.Errorf("stored again: %+v, want %+v", again, first)
	}
	fact.Subject = "another"
	other := must[Fact](t)(f.AddFact(fact))
	if other.ID == first.ID {
		t.Error("another subject has the same id")
	}
	if FactID(fact) != other.ID {
		t.Errorf("the fact is called %s, in the file %s", FactID(fact), other.ID)
	}
	facts := must[[]Fact](t)(f.Facts())
	if !reflect.DeepEqual(facts, []Fact{first, other}) {
		t.Errorf("facts %+v", facts)
	}
	fact.Value = math.NaN()
	if _, err := f.AddFact(fact); err == nil {
		t.Error("NaN was taken for a figure")
	}
}
