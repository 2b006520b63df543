package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseTraining(t *testing.T) {
	for _, c := range []struct {
		out  string
		want trainingResult
		err  string // part of the error, "" for none
	}{
		{`{"seconds": 2.5}`, trainingResult{Seconds: 2.5}, ""},
		{`{"seconds": 416.2, "pairs": 1174485, "loss": 1.3246}` + "\n", trainingResult{416.2, 1174485, 1.3246}, ""},
		{`{"pairs": 3}`, trainingResult{}, "seconds must be positive"},
		{`{"seconds": -1}`, trainingResult{}, "seconds must be positive"},
		{"", trainingResult{}, "unexpected output"},
		{"Traceback", trainingResult{}, `unexpected output "Traceback"`},
	} {
		got, err := parseTraining([]byte(c.out))
		if c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%q gives %+v (%v), want %+v", c.out, got, err, c.want)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q gives the error %v, want one with %q", c.out, err, c.err)
		}
	}
}

func TestParseIndex(t *testing.T) {
	r, err := parseIndex([]byte(`{"seconds": 116.6, "bytes": 220000000, "points": [{"ef": 20, "recall": 0.727, "queries_per_second": 9256.5}, {"ef": 40, "recall": 0.822, "queries_per_second": 5500}], "batch": 0}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Seconds != 116.6 || r.Bytes != 220e6 || r.Batch != 0 || !slices.Equal(r.Points, []annPoint{{20, 0.727, 9256.5}, {40, 0.822, 5500}}) {
		t.Errorf("parsed %+v", r)
	}
	for _, out := range []string{"", "{}", `{"points": []}`, "[1]"} {
		if r, err := parseIndex([]byte(out)); err == nil {
			t.Errorf("%q gives %+v, want an error", out, r)
		}
	}
}

func TestParseVectors(t *testing.T) {
	tokens, data, err := parseVectors(strings.NewReader("3 2\n</s> 9 9\nthe 0.5 -1 \nof 2e-1 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tokens, []string{"the", "of"}) || !slices.Equal(data, []float32{0.5, -1, 0.2, 3}) {
		t.Errorf("parsed %q and %v", tokens, data)
	}
	for _, c := range []struct{ name, text, err string }{
		{"empty", "", "line 1: expected the number and the dimension"},
		{"no head", "the 0.5 -1\n", "line 1"},
		{"a number is missing", "1 2\nthe 0.5\n", "line 2: expected a word and 2 numbers but found 2 fields"},
		{"a field is text", "2 2\nthe 1 2\nof 1 x\n", `line 3: vector of "of": "x" is not a number`},
		{"truncated", "3 1\nthe 1\nof 2\n", "expected 3 vectors but found 2"},
		{"only the end of a line", "1 1\n</s> 1\n", "expected 1 vectors"},
	} {
		if _, _, err := parseVectors(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: the error is %v, want one with %q", c.name, err, c.err)
		}
	}
}

func TestReadVectors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vectors.vec")
	if err := os.WriteFile(path, []byte("3 2\n</s> 0 0\nnorth 0 1\neast 1 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := readVectors(path)
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != 2 {
		t.Errorf("%d words, want 2 without the end of a line", v.Len())
	}
}
