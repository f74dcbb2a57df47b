package plan

// SortColumn is one sort key.
type SortColumn struct {
	Column     string
	Qualifier  string // as printed, unquoted: as a rule the alias of its relation; empty where none stands
	Descending bool
	NullsFirst bool // as in force: true by default when descending
}

// SortColumns returns the columns, unquoted and without qualifiers, of sort keys as EXPLAIN prints them, with their direction; false where a key is an
// expression or has a collation or an operator of its own.
func SortColumns(keys []string) ([]SortColumn, bool) {
	var columns []SortColumn
	for _, key := range keys {
		c, ok := sortColumn(key)
		if !ok {
			return nil, false
		}
		columns = append(columns, c)
	}
	return columns, true
}

func sortColumn(key string) (SortColumn, bool) {
	r := newReader(key)
	e := r.operand()
	if e == nil || e.form != column {
		return SortColumn{}, false
	}
	c := SortColumn{Column: e.name, Qualifier: e.qualifier}
	c.Descending, c.NullsFirst = r.direction()
	return c, r.at == len(r.tokens)
}
