package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/jsonlook"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// JSON Lines: each line is an object with a text, the number of its known words, and its
// vector, after an id and fields, if there are any. Before a vector of Int8 is its "scale", and
// before one of Binary the number of its "bits", of which the numbers are the bytes. For
// reading, only the vector is needed, and "text" or "id" as the word.
func init() {
	Register(Format{
		Name: "jsonl", Extensions: []string{".jsonl"},
		Description: "one JSON object per line: id, fields, text, known words, vector",
		Holds:       Holds{IDs: Inside, Fields: Inside, Texts: true, Words: Inside, DTypes: DTypes()},
		Detect: func(head Head) Match {
			if jsonlook.Object.Match(head.Data) && (head.Options.Format == "jsonl" || jsonlook.Member(head.Data, head.Options.VectorColumn) == "vector") {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
			j := &jsonLineRows{textLines: textLines{v: v, r: r}}
			if err := j.decode(); err != nil {
				return nil, err
			}
			j.first = true
			v.setDType(j.dtype, j.scale)
			return j, v.SetDim(int64(len(j.row.Values)))
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, jsonLine(shape)), nil
		},
		Extend: func(path string, shape Shape) (Base, error) {
			base, err := extendLines(path, "")
			if err == nil {
				err = sameMembers(path, shape)
			}
			return base, err
		},
	})
}

// jsonLine returns what appends a row as a line.
func jsonLine(shape Shape) func(b []byte, row Row) []byte {
	names := make([][]byte, len(shape.Fields))
	for i, name := range shape.Fields {
		names[i] = append(appendJSONString([]byte(","), name), ':')
	}
	return func(b []byte, row Row) []byte {
		at := len(b)
		if shape.HasID {
			b = appendJSONString(append(b, `,"id":`...), row.ID)
		}
		for i, name := range names {
			if b = append(b, name...); slices.Contains(shape.Integers, shape.Fields[i]) && row.Fields[i] != "" {
				b = append(b, row.Fields[i]...)
			} else {
				b = appendJSONString(b, row.Fields[i])
			}
		}
		if shape.Text {
			b = appendJSONString(append(b, `,"text":`...), string(row.Token))
		}
		b = strconv.AppendInt(append(b, `,"known":`...), int64(row.Known), 10)
		switch shape.DType {
		case Int8:
			b = append(b, `,"scale":`...)
			b = strconv.AppendFloat(b, float64(shape.Scale), 'g', -1, 32)
		case Binary:
			b = strconv.AppendInt(append(b, `,"bits":`...), int64(shape.Dim), 10)
		}
		b[at] = '{'
		b = append(b, `,"vector":[`...)
		if shape.DType == Binary {
			for i, x := range Binary.appendPacked(nil, row.Values) {
				if i > 0 {
					b = append(b, ',')
				}
				b = strconv.AppendUint(b, uint64(x), 10)
			}
			return append(b, "]}\n"...)
		}
		return append(number.AppendText(b, row.Values, ','), "]}\n"...)
	}
}

func appendJSONString(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return append(b, quoted...)
}

// sameMembers returns an error unless the first line has the members that a row of shape has.
func sameMembers(path string, shape Shape) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var has, want []string
	if err := json.NewDecoder(f).Decode(&memberNames{&has}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	json.Unmarshal(jsonLine(shape)(nil, Row{Fields: make([]string, len(shape.Fields))}), &memberNames{&want})
	if !slices.Equal(has, want) {
		return otherColumns(path, has, want)
	}
	return nil
}

// memberNames receives the names of the members of an object, in order.
type memberNames struct{ names *[]string }

func (m *memberNames) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.Token()
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return err
		}
		*m.names = append(*m.names, name.(string))
	}
	return nil
}

type jsonLineRows struct {
	textLines
	first bool // row is that of the first line, not yet returned
	dtype DType
	scale float32 // of the last line
	row   Row
}

func (j *jsonLineRows) Next() (Row, error) {
	if !j.first {
		if err := j.decode(); err != nil {
			return Row{}, j.v.partialLine(j.r, err)
		}
		if len(j.row.Values) != j.v.Dim {
			return Row{}, j.bad("expected %d numbers but found %d", j.v.Dim, len(j.row.Values))
		}
	}
	j.first = false
	return j.row, nil
}

func (j *jsonLineRows) bad(format string, args ...any) error {
	args = append([]any{j.Place()}, args...)
	return fault.New(`each line is an object such as {"text":"king","vector":[0.5,-1]}, with as many numbers as the other lines`, "%s: "+format, args...)
}

// decode reads the next line that is not blank.
func (j *jsonLineRows) decode() error {
	const most = 6*text.MaxRecord + maxValue*MaxDim // a character of a text may take six bytes
	var line []byte
	for len(line) == 0 {
		var err error
		if line, err = j.readLine(most); err != nil {
			return err
		}
	}
	members := struct {
		Text       string          `json:"text"`
		ID         json.RawMessage `json:"id"`
		Scale      json.RawMessage `json:"scale"`
		Bits       json.RawMessage `json:"bits"`
		Vector     number.List     `json:"vector"`
		Embedding  number.List     `json:"embedding"`
		Embeddings number.List     `json:"embeddings"`
	}{Vector: j.row.Values[:0]}
	var mistyped *json.UnmarshalTypeError
	err := json.Unmarshal(line, &members)
	values := members.Vector
	switch name := j.v.Options.VectorColumn; {
	case err != nil || name == "vector":
	case name == "embedding" || name == "" && len(values) == 0 && len(members.Embedding) > 0:
		values = members.Embedding
	case name == "embeddings" || name == "" && len(values) == 0 && len(members.Embeddings) > 0:
		values = members.Embeddings
	case name != "":
		var all map[string]json.RawMessage
		if err = json.Unmarshal(line, &all); err == nil && all[name] != nil {
			values = values[:0]
			err = values.UnmarshalJSON(all[name])
		}
	}
	switch {
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return j.bad("the line is not a JSON object")
	case errors.As(err, &mistyped):
		return j.bad("the member %q is not a string", mistyped.Field)
	case err != nil:
		return j.bad("%w", err)
	case len(values) == 0:
		return j.bad("the line has no member %q, or it is empty", cmp.Or(j.v.Options.VectorColumn, "vector"))
	}
	dtype, scale := Float32, float32(0)
	if members.Scale != nil && string(members.Scale) != "null" {
		x, err := strconv.ParseFloat(string(members.Scale), 32)
		if err != nil || !(x > 0) {
			return j.bad("the scale %.40q is not a positive number", members.Scale)
		}
		dtype, scale = Int8, float32(x)
		for i, q := range values {
			if q != float32(int8(q)) {
				return j.bad("value %d, %v, is not a whole number from -128 to 127, but the line has a scale", i+1, q)
			}
			values[i] = q * scale
		}
	}
	if members.Bits != nil && string(members.Bits) != "null" {
		n, err := strconv.Atoi(string(members.Bits))
		if err != nil || n < 1 || n > MaxDim || (n+7)/8 != len(values) || dtype == Int8 {
			return j.bad("the number of bits, %.40q, does not fit a vector of %s", members.Bits, fault.Count(len(values), "byte"))
		}
		dtype = Binary
		bytes := make([]byte, len(values))
		for i, x := range values {
			if bytes[i] = byte(x); float32(bytes[i]) != x {
				return j.bad("value %d, %v, is not a byte, but the line has a number of bits", i+1, x)
			}
		}
		values = make([]float32, n)
		Binary.unpack(values, bytes, 0)
	}
	if j.line > 1 && j.dtype != "" && dtype != j.dtype {
		return j.bad("the vector is stored as %s, but that of the lines before as %s", dtype, j.dtype)
	}
	j.dtype, j.scale = dtype, scale
	j.row = Row{Token: append(slices.Clip(j.row.Token)[:0], members.Text...), Count: -1, Values: values, ID: jsonID(members.ID)}
	return nil
}

// jsonID returns an id, which may be a string or a number.
func jsonID(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) != nil && len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
		id = string(raw)
	}
	return id
}
