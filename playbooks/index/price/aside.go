package price

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The statements around a question, sent with it in one go. The savepoint takes the settings back and keeps the transaction alive where the server refuses the
// question. They cost nothing; all versions; any role.
const (
	savepointSQL = "SAVEPOINT /* pgmedic:index-price */ pgmedic_price"
	settingSQL   = "SELECT /* pgmedic:index-price */ pg_catalog.set_config($1, $2, true)"
	backSQL      = "ROLLBACK /* pgmedic:index-price */ TO SAVEPOINT pgmedic_price"
	releaseSQL   = "RELEASE /* pgmedic:index-price */ SAVEPOINT pgmedic_price"
)

// errNoAnswer is that the answer has no row.
var errNoAnswer = errors.New("the server sent no answer")

// setting is one for a question; an empty value leaves it as it is.
type setting struct{ name, value string }

// aside asks one question under settings of its own, within a transaction that it leaves as it was, in one round trip. It returns the rows as text, at least one.
func aside(ctx context.Context, tx pgx.Tx, sql string, settings ...setting) ([][][]byte, error) {
	answers, err := asideAll(ctx, tx, []string{sql}, settings...)
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// asideAll asks several questions likewise, still in one round trip. Where the server refuses one, none is answered.
func asideAll(ctx context.Context, tx pgx.Tx, questions []string, settings ...setting) ([][][][]byte, error) {
	conn := tx.Conn().PgConn()
	batch := &pgconn.Batch{}
	batch.ExecParams(savepointSQL, nil, nil, nil, nil)
	at := 1
	for _, s := range settings {
		if s.value != "" {
			batch.ExecParams(settingSQL, [][]byte{[]byte(s.name), []byte(s.value)}, nil, nil, nil)
			at++
		}
	}
	for _, sql := range questions {
		batch.ExecParams(sql, nil, nil, nil, nil)
	}
	batch.ExecParams(backSQL, nil, nil, nil, nil)
	batch.ExecParams(releaseSQL, nil, nil, nil, nil)
	results, err := conn.ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		_, backErr := conn.Exec(ctx, backSQL).ReadAll()
		return nil, errors.Join(err, backErr)
	}
	answers := make([][][][]byte, len(questions))
	for i := range questions {
		if at+i >= len(results) || len(results[at+i].Rows) == 0 {
			return nil, errNoAnswer
		}
		answers[i] = results[at+i].Rows
	}
	return answers, nil
}
