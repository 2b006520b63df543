package text

import (
	"errors"
	"strings"
	"testing"
)

// Bad records are skipped and counted, or the first one is an error that can be told from others.
func TestSkipBad(t *testing.T) {
	for _, test := range []struct {
		name, file string
		selection  Selection
		want       string
		skipped    int64
		first      string
	}{
		{"null, missing, of another type, no JSON, no object", `{"t":"a"}` + "\n" + `{"t":null}` + "\n{}\n" + `{"t":[1]}` + "\n{\n[]\n7\n\n" + `{"t":["b","c"]}`,
			Selection{Field: "t", OneLine: true}, "a|b c", 6, `x:2: field "t" is null, not a string`},
		{"nested", `{"m":{"t":"a"}}` + "\n" + `{"m":null}` + "\n" + `{"m":{"t":"b"}}`, Selection{Field: "m.t"}, "a|b", 1, `x:2: field "m" is null, not an object`},
		{"short rows", "a,1\nb\nc,2\n", Selection{Column: "2"}, "1|2", 1, "x:2: expected 2 fields as in the first record but found 1"},
		{"all", "{}\n{}\n", Selection{Field: "t"}, "", 2, `x:1: the record has no field "t": it has no fields`},
		{"none", `{"t":"a"}`, Selection{Field: "t"}, "a", 0, ""},
	} {
		read := func(skip bool) (*Source, string, error) {
			s := FromBytes("x", []byte(test.file))
			if err := s.Select(test.selection); err != nil {
				t.Fatal(err)
			}
			if skip {
				if err := s.SkipBad(); err != nil {
					t.Fatal(err)
				}
			}
			var lines []string
			err := s.Read(t.Context(), func(c Chunk) error { lines = append(lines, string(c.Text)); return nil })
			return s, strings.Join(lines, "|"), err
		}
		s, got, err := read(true)
		n, first := s.Skipped()
		if err != nil || got != test.want || n != test.skipped || n > 0 && first.Error() != test.first {
			t.Errorf("%s: %q, skipped %d (first: %v), error %v", test.name, got, n, first, err)
		}
		_, _, err = read(false)
		var bad *BadRecord
		if test.skipped > 0 && (!errors.As(err, &bad) || err.Error() != test.first) || test.skipped == 0 && err != nil {
			t.Errorf("%s: without skipping: error %v", test.name, err)
		}
	}
	if err := FromBytes("x", nil).SkipBad(); err == nil {
		t.Error("there are no records to skip")
	}
}
