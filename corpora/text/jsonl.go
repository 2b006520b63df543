package text

import (
	"bytes"
	"encoding/json"
	"iter"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// JSONLines is JSON Lines: one object per line. Blank lines are skipped.
var JSONLines = Register(&Format{Name: "JSON Lines", Detect: detectJSONLines, Open: openJSONLines})

const hintJSONLines = "each line must be one JSON object; convert other JSON with jq -c . FILE, or an array with jq -c '.[]' FILE"

// detectJSONLines accepts any file for ForField, as a fallback. For pairs it requires the
// extension, or a first line that is an object (or starts like one, if the end of the line is
// not in the head). For sets an opening brace is enough, and .json is an object or an array.
func detectJSONLines(h Head) Confidence {
	line, whole := h.Line()
	brace := len(line) > 0 && line[0] == '{'
	switch h.Use {
	case ForField:
		return Possible
	case ForPairs:
		ext := h.Ext()
		if ext == ".jsonl" || ext == ".ndjson" || ext == ".json" || brace && (!whole || json.Valid(line)) {
			return Certain
		}
	case ForSets:
		if brace || h.Ext() == ".json" {
			return Certain
		}
	}
	return No
}

func openJSONLines(f *File) (RecordReader, error) {
	if line, _ := f.Line(); f.Ext() == ".json" && len(line) > 0 && line[0] == '[' {
		return nil, fault.New(hintJSONLines, "%s is a JSON array, not JSON Lines", Describe(f.Name))
	}
	return &jsonRecords{lines: newLineReader(f, "a record is one line: split a long text into several records; "+hintJSONLines)}, nil
}

// reusedMembers is the largest number of members for which the map of a record is used again.
// A map never shrinks, and Clone would copy all of a large one for every record after it.
const reusedMembers = 64

type jsonRecords struct {
	lines   *lineReader
	members map[string]json.RawMessage
}

func (j *jsonRecords) Next(r *Record) error {
	for {
		line, err := j.lines.next()
		if err != nil {
			return err
		}
		object := bytes.TrimSpace(line)
		if len(object) == 0 {
			continue
		}
		if j.members == nil || len(j.members) > reusedMembers {
			j.members = map[string]json.RawMessage{}
		}
		clear(j.members)
		if k := kindOf(object); k != kindObject && json.Valid(object) {
			return j.bad("the line is %s, not a JSON object", k)
		}
		if err := plainjson.Unmarshal(object, &j.members); err != nil {
			return j.bad("the line is not a JSON object: %w", err)
		}
		*r = Record{Position: j.lines.at, Raw: object, members: j.members}
		return nil
	}
}

func (j *jsonRecords) bad(format string, args ...any) error {
	return &BadRecord{j.lines.at, NotJSON, fault.New(hintJSONLines, format, args...)}
}

// objectMembers yields the members of an object as they are written.
func objectMembers(object []byte) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		in := json.NewDecoder(bytes.NewReader(object))
		in.Token() // {
		for in.More() {
			key, _ := in.Token()
			name, _ := key.(string)
			var value json.RawMessage
			if in.Decode(&value) != nil || !yield(name, Value{json: value}) {
				return
			}
		}
	}
}
