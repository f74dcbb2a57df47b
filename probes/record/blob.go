package record

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// A sample is stored as compressed JSON with its assessment, without the statements' texts: those stand in a table of their own.

type sampleBody struct {
	Sample     probes.Sample
	Assessment probes.Assessment
}

func encodeSample(s *probes.Sample, a probes.Assessment) ([]byte, error) {
	body := sampleBody{*s, a}
	body.Sample.Statements.Texts = nil
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(writer).Encode(body); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func decodeSample(packed []byte) (*probes.Sample, probes.Assessment, error) {
	var body sampleBody
	reader := flate.NewReader(bytes.NewReader(packed))
	if err := json.NewDecoder(reader).Decode(&body); err != nil {
		return nil, probes.Assessment{}, err
	}
	body.toUTC()
	return &body.Sample, body.Assessment, nil
}

// toUTC makes a file read the same on every machine: JSON keeps the zone of whoever wrote it.
func (b *sampleBody) toUTC() {
	s, a := &b.Sample, &b.Assessment
	for _, t := range []*time.Time{&s.At, &s.Server.StartedAt, &s.Statements.Since, &s.Statements.ResetAt, &s.Writes.Since, &a.Onset, &a.Recovered} {
		*t = t.UTC()
	}
	for i := range s.Waits {
		s.Waits[i].Since = s.Waits[i].Since.UTC()
	}
	for i := range s.Prepared {
		s.Prepared[i].PreparedAt = s.Prepared[i].PreparedAt.UTC()
	}
	for i := range s.Databases {
		s.Databases[i].Since = s.Databases[i].Since.UTC()
	}
	for i := range s.Backends {
		for _, t := range []*time.Time{&s.Backends[i].BackendStart, &s.Backends[i].XactStart, &s.Backends[i].QueryStart, &s.Backends[i].StateChange} {
			*t = t.UTC()
		}
	}
}
