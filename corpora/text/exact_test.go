package text

import (
	"strings"
	"testing"
)

// An encoder gets NUL as it is, and the output a space; invalid bytes are replaced in both and counted.
func TestExactTexts(t *testing.T) {
	head := strings.Repeat("x\n", headBytes)
	for name, c := range map[string]struct {
		text    string
		prepare func(*Source) error
		exact   string
		line    string
	}{
		"lines":     {text: head + "a\x00b \xff\n", exact: "a\x00b \ufffd", line: "a b \ufffd"},
		"documents": {text: head + "a\x00b \xff\nc", prepare: (*Source).Documents, exact: head + "a\x00b \ufffd\nc", line: strings.ReplaceAll(head, "\n", " ") + "a b \ufffd c"},
		"records": {text: "{\"t\":\"a\\u0000b \xff\\nc\"}\n", prepare: func(s *Source) error { return s.Select(Selection{Field: "t"}) },
			exact: "a\x00b \ufffd\nc", line: "a b \ufffd c"},
	} {
		src := FromReader("in", strings.NewReader(c.text))
		if c.prepare != nil {
			if err := c.prepare(src); err != nil {
				t.Fatal(err)
			}
		}
		var exact, line string
		err := src.Texts(t.Context(), func(x *Text) error {
			exact, line = string(x.Exact), string(x.Text)
			return nil
		})
		if s := src.Stats(); err != nil || exact != c.exact || line != c.line || s.Invalid != 1 || s.NULs != 0 {
			t.Errorf("%s: %.40q, %.40q, %v, %+v", name, exact[max(0, len(exact)-20):], line[max(0, len(line)-20):], err, s)
		}
	}
}
