package exchange

import (
	"encoding/json"
	"io"
	"strconv"
)

// JSON Lines: each line has a text, the number of its known words, and its vector.
func init() {
	Register(Format{
		Name: "jsonl", Extensions: []string{".jsonl"},
		Description: "one JSON object per line: text, known words, vector",
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
