package fields

import (
	"slices"
	"testing"
)

// The fields are those of Python's csv module and of PostgreSQL's COPY.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		record    string
		separator byte
		want      []string // nil: an error
	}{
		{`a,"b,""c""",,"d` + "\n" + `e"`, ',', []string{"a", `b,"c"`, "", "d\ne"}},
		{`a,b"c`, ',', nil},
		{`"a`, ',', nil},
		{`"a"b,c`, ',', nil},
		{`a\tb` + "\t" + `c\\n\n` + "\t", '\t', []string{"a\tb", "c\\n\n", ""}},
	} {
		got, err := Split(nil, []byte(c.record), c.separator)
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, error %v", c.record, got, err)
		}
		var again []byte
		for i, field := range c.want {
			if i > 0 {
				again = append(again, c.separator)
			}
			again = Append(again, field, c.separator)
		}
		if back, err := Split(nil, again, c.separator); c.want != nil && (err != nil || !slices.Equal(back, c.want)) {
			t.Errorf("%q was written as %q, error %v", c.want, again, err)
		}
	}
}
