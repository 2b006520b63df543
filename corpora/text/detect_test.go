package text

import "testing"

// The format that is surest reads a file; among equals, the one registered last.
func TestDetectFormat(t *testing.T) {
	was := formats
	defer func() { formats = was }()
	for _, c := range []struct {
		sure []Confidence // by format, in the order of registration
		want string
	}{
		{nil, ""},
		{[]Confidence{No, No}, ""},
		{[]Confidence{Possible, No}, "a"},
		{[]Confidence{Possible, Possible}, "b"},
		{[]Confidence{Likely, Possible, Certain, Certain, Likely}, "d"},
	} {
		formats = nil
		for i, sure := range c.sure {
			Register(&Format{
				Name:   string(rune('a' + i)),
				Detect: func(Head) Confidence { return sure },
				Open:   func(*File) (RecordReader, error) { return nil, nil },
			})
		}
		got := ""
		if f := detectFormat(Head{}); f != nil {
			got = f.Name
		}
		if got != c.want {
			t.Errorf("%v: detected %q, want %q", c.sure, got, c.want)
		}
	}
}

func TestHead(t *testing.T) {
	for name, want := range map[string]string{"Pairs.TSV.gz": ".tsv", "a.csv.bz2": ".csv", "b.jsonl.zst": ".jsonl", "c.txt": ".txt", "dir.csv/d": ""} {
		if got := (Head{Name: name}).Ext(); got != want {
			t.Errorf("%s has the ending %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct {
		first, line string
		whole       bool
	}{{" a\tb \r\nc\n", "a\tb", true}, {"a", "a", false}, {"", "", false}} {
		if line, whole := (Head{First: []byte(c.first)}).Line(); string(line) != c.line || whole != c.whole {
			t.Errorf("the first line of %q is %q, whole %v", c.first, line, whole)
		}
	}
}
