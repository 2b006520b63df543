package text

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// Unselected describes a file of records of which Read takes every line as text, with the names
// of its fields and its punctuation, because no Selection says which part is the text.
type Unselected struct {
	File   string // as in Source.Names
	Format string // "JSON Lines", "JSON", "CSV" or "TSV"; "": no file looks like records
	Fields string // names of the first record's fields that may be text, quoted; "" if unknown
}

// jsonStart matches the start of a JSON object, alone or as the first of an array.
var jsonStart = regexp.MustCompile(`^\s*\[?\s*\{\s*"(?:[^"\\]|\\.)*"\s*:`)

// DetectRecords reports whether a file that is to be read as lines of text has records instead:
// its text starts with a JSON object; its name ends in .jsonl or .ndjson and its first line is an
// array or a string; or its name ends in .csv or .tsv and its first line has the separator.
func DetectRecords(h Head) Unselected {
	line, whole := h.Line()
	switch {
	case jsonStart.Match(h.First):
		u := Unselected{File: h.Name, Format: "JSON"}
		if line[0] == '{' && (!whole || json.Valid(line)) {
			u.Format, u.Fields = "JSON Lines", textFields(line)
		}
		return u
	case slices.Contains([]string{".jsonl", ".ndjson"}, h.Ext()) && whole && len(line) > 0 && bytes.IndexByte([]byte("[\""), line[0]) >= 0 && json.Valid(line):
		return Unselected{File: h.Name, Format: "JSON"}
	case h.Ext() == ".csv" && bytes.ContainsAny(line, ",;\t"):
		return Unselected{File: h.Name, Format: "CSV"}
	case h.Ext() == ".tsv" && bytes.IndexByte(line, '\t') >= 0:
		return Unselected{File: h.Name, Format: "TSV"}
	}
	return Unselected{}
}

// textFields lists the members of an object that are strings.
func textFields(object []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return ""
	}
	maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return kindOf(value) != kindString })
	return fault.Names(slices.Sorted(maps.Keys(members)))
}
