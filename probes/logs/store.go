package logs

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/pgmedic/pgmedic/probes/record"
)

// DataImport is the key in an event's Data of the import that brought it: Undo takes it.
const DataImport = "import"

// Plan is what an import would change in an incident file.
type Plan struct {
	Batch   string         // the import's id: the same for the same file
	Add     []record.Event // new ones, and newer versions of those that hold less or were taken back
	Already int            // events that are there as they are
	Outside int            // of those to add, how many lie more than an hour outside the record
}

// near is how far from the record an event may lie without being told.
const near = time.Hour

// Batch is the import's id.
func (in *Import) Batch() string {
	sum := sha256.Sum256([]byte(in.SHA256 + "\x00" + in.As))
	var id ulid.ULID
	copy(id[:], sum[:])
	id[0] &= 0x7f
	return id.String()
}

// Against finds out what an import would change. Nothing is stored.
func (in *Import) Against(f *record.File) (Plan, error) {
	versions, err := f.Versions()
	if err != nil {
		return Plan{}, err
	}
	events, err := f.Events()
	if err != nil {
		return Plan{}, err
	}
	span, err := f.Span()
	if err != nil {
		return Plan{}, err
	}
	known, current := map[string]bool{}, map[string]record.Event{}
	for _, v := range versions {
		known[v.ID] = true
	}
	for _, e := range events {
		current[e.ID] = e
	}
	plan := Plan{Batch: in.Batch()}
	for _, e := range in.Events {
		e.Data = maps.Clone(e.Data)
		e.Data[DataImport] = plan.Batch
		now, there := current[e.ID]
		switch {
		case !known[e.ID]:
		case !there, counts(e) > counts(now): // taken back, or a log that goes on
			e.Supersedes, e.ID = e.ID, ""
		default:
			plan.Already++
			continue
		}
		if span.Samples > 0 && (e.At.Before(span.From.Add(-near)) || e.At.After(span.To.Add(near))) {
			plan.Outside++
		}
		plan.Add = append(plan.Add, e)
	}
	return plan, nil
}

func counts(e record.Event) int {
	n, err := strconv.Atoi(e.Data["count"])
	if err != nil {
		return 0
	}
	return n
}

// Store puts what is planned on the timeline, all or nothing, with an event of the import itself.
func (in *Import) Store(f *record.File, p Plan, author string) error {
	if len(p.Add) == 0 {
		return nil
	}
	out := int64(0)
	for _, o := range in.Out {
		out += o.Count
	}
	own := record.Event{Kind: record.System, At: time.Now().UTC(), Basis: record.LocalClock, Author: author, Source: "import",
		Title: fmt.Sprintf("imported %d events of %s, %d lines left out", len(p.Add), in.Name, out),
		Data: map[string]string{DataImport: p.Batch, "file": in.Name, "format": string(in.Format), "bytes": strconv.FormatInt(in.Size, 10), "sha256": in.SHA256,
			"events": strconv.Itoa(len(p.Add)), "left_out": strconv.FormatInt(out, 10)}}
	_, err := f.AddEvents(append(slices.Clone(p.Add), own))
	return err
}

// Undo takes back every event of an import, and returns how many that were. They stay in the file, and come back when the file is imported again.
func Undo(f *record.File, batch, author string) (int, error) {
	events, err := f.Events()
	if err != nil {
		return 0, err
	}
	var gone []record.Event
	for _, e := range events {
		if batch == "" || e.Data[DataImport] != batch {
			continue
		}
		id := e.ID
		e.ID, e.Supersedes, e.Removed, e.Author, e.RecordedAt = "", id, true, author, time.Time{}
		gone = append(gone, e)
	}
	if len(gone) == 0 {
		return 0, fmt.Errorf("the timeline of %s holds nothing of an import %q", f.Path(), batch)
	}
	_, err = f.AddEvents(gone)
	return len(gone), err
}
