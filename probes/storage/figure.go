package storage

// Status says how far a figure can be trusted.
type Status string

// The statuses of a figure.
const (
	Unknown   Status = ""          // there is no value
	Measured  Status = "measured"  // the files' size, now
	Estimated Status = "estimated" // as the catalogue or the statistics have it, or a part only was measured
)

// Figure is a number of bytes or rows, with how it is known.
type Figure struct {
	Value  int64 // 0 where it is unknown
	Status Status
	Why    string // why it is estimated or unknown, for a person; empty where it is measured
}

// Known says whether there is a value.
func (f Figure) Known() bool { return f.Status != Unknown }

func measured(value int64) Figure { return Figure{Value: value, Status: Measured} }

func estimated(value int64, why string) Figure { return Figure{value, Estimated, why} }

func unknown(why string) Figure { return Figure{Why: why} }

// Sum adds figures. It is as good as the worst of them, and unknown where one of them is.
func Sum(figures ...Figure) Figure {
	sum := measured(0)
	for _, f := range figures {
		switch {
		case !f.Known():
			return unknown(f.Why)
		case f.Status == Estimated && sum.Status == Measured:
			sum.Status, sum.Why = Estimated, f.Why
		}
		sum.Value += f.Value
	}
	return sum
}

// catalogueWhy is what an estimate by relpages stands on.
const catalogueWhy = "from the catalogue, as of the last VACUUM, ANALYZE or CREATE INDEX"

// fromCatalogue is the size by relpages, where the catalogue knows it. A relation that nothing has looked through yet has 0 pages there, whatever
// its size.
func fromCatalogue(pages int64, blockSize int64, reason string) Figure {
	if pages == 0 {
		return unknown(reason + "; and the catalogue has no size of it before a VACUUM or ANALYZE")
	}
	return estimated(pages*blockSize, reason+": "+catalogueWhy)
}
