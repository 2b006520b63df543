package exchange

import (
	"fmt"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// tableRows returns the rows of a table in memory, for the formats that are folders.
type tableRows struct {
	v          *Vectors
	table      checkpoints.Tensor
	vocabulary *tokenize.Vocabulary // nil: words has the tokens
	words      *wordlist.List       // nil as well: rows have none
}

func (r *tableRows) Place() string { return fmt.Sprintf("%s: row %d", r.v.Name(), r.v.stats.Rows) }

func (r *tableRows) Next() (row Row, err error) {
	i, n := r.v.stats.Rows, int64(r.table.Rows())
	row.Count = -1
	switch {
	case r.words != nil:
		if row.Token, row.Count, err = r.words.Next(r.v.Name(), i, n); err != nil {
			return Row{}, err
		}
	case i == n:
		return Row{}, io.EOF
	case r.vocabulary != nil:
		row.Token = []byte(r.vocabulary.Token(int32(i)))
		if r.v.Model != nil { // that of a tokenizer.json has no counts
			row.Count = r.vocabulary.Count(int32(i))
		}
	}
	row.Values = r.table.Row(int(i))
	return row, nil
}
