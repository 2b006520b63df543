// Package jsonlook tells how JSON holds vectors from its start.
package jsonlook

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"
)

// Object matches the start of an object. A word vector as text may also start with a brace.
var Object = regexp.MustCompile(`^\s*\{\s*("(?:[^"\\]|\\.)*"\s*:|\})`)

// Member returns which member the first object of a file has, "vector" of JSON Lines or
// "vectors" of JSON, "" if neither is at the start of the file. A member "text" with more than
// the start of the file is that of JSON Lines.
func Member(data []byte, column string) string {
	d := json.NewDecoder(bytes.NewReader(data))
	d.Token() // the brace
	found := ""
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		if name == "vector" || name == "vectors" {
			return name.(string)
		}
		if name == "embedding" || name == "embeddings" || name == column && name != "" { // of another program
			found = "vector"
		}
		if name == "text" {
			found = "vector"
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return found
		}
	}
	return ""
}

// Words reports whether the first object of a file is one of arrays of as many numbers, by
// word, as far as the start of the file goes. If one of the words is "vector", the object must not
// be a line of JSON Lines: it does not start with it, and no other object follows.
func Words(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.Token() // the brace
	dim, vector := 0, false
	for n := 0; d.More(); n++ {
		name, err := d.Token()
		if err != nil {
			return n > 0
		}
		var value json.RawMessage
		if d.Decode(&value) != nil { // cut
			return n > 0
		}
		var numbers number.List
		if numbers.UnmarshalJSON(value) != nil || len(numbers) == 0 || n > 0 && len(numbers) != dim {
			return false
		}
		dim = len(numbers)
		if vector = vector || name == "vector"; n == 0 && (vector || name == "vectors") {
			return false
		}
	}
	_, err := d.Token() // the brace at the end
	return dim > 0 && (!vector || err != nil || !d.More())
}
