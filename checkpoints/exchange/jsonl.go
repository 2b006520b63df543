package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// JSON Lines: each line is an object with a text, the number of its known words, and its
// vector. For reading, only the member "vector" is needed and, as the word, "text".
func init() {
	Register(Format{
		Name: "jsonl", Extensions: []string{".jsonl"},
		Description: "one JSON object per line: text, known words, vector",
		Detect: func(head Head) Match {
			if jsonObject.Match(head.Data) && (head.Options.Format == "jsonl" || jsonMember(head) == "vector") {
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
			return j, v.SetDim(int64(len(j.row.Values)))
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, appendJSONLine), nil
		},
	})
}

func appendJSONLine(b []byte, row Row) []byte {
	text, _ := json.Marshal(string(row.Token)) // a string always has a JSON form
	b = append(b, `{"text":`...)
	b = append(b, text...)
	b = append(b, `,"known":`...)
	b = strconv.AppendInt(b, int64(row.Known), 10)
	b = append(b, `,"vector":[`...)
	return append(appendNumbers(b, row.Values, ','), "]}\n"...)
}

type jsonLineRows struct {
	textLines
	first bool // row is that of the first line, not yet returned
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
		Text   string     `json:"text"`
		Vector jsonValues `json:"vector"`
	}{Vector: j.row.Values[:0]}
	var mistyped *json.UnmarshalTypeError
	err := json.Unmarshal(line, &members)
	switch {
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return j.bad("the line is not a JSON object")
	case errors.As(err, &mistyped):
		return j.bad("the member %q is not a string", mistyped.Field)
	case err != nil:
		return j.bad("%w", err)
	case len(members.Vector) == 0:
		return j.bad(`the line has no member "vector", or it is empty`)
	}
	j.row = Row{Token: append(slices.Clip(j.row.Token)[:0], members.Text...), Count: -1, Values: members.Vector}
	return nil
}
