package record

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// idMaker makes ULIDs that always rise, also within one millisecond and when the local clock is set back.
type idMaker struct {
	mu      sync.Mutex
	entropy io.Reader
	last    uint64 // milliseconds of the newest id
}

func newIDMaker() *idMaker { return &idMaker{entropy: ulid.Monotonic(rand.Reader, 0)} }

func (m *idMaker) next(now time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.last, ulid.Timestamp(now))
	id, err := ulid.New(m.last, m.entropy)
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return id.String(), nil
}
