package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index/evaluate"
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
	if r.Seconds != 116.6 || r.Bytes != 220e6 || r.Batch != 0 || !slices.Equal(r.Points, []annPoint{{Ef: 20, Recall: 0.727, Speed: 9256.5}, {Ef: 40, Recall: 0.822, Speed: 5500}}) {
		t.Errorf("parsed %+v", r)
	}
	for _, out := range []string{"", "{}", `{"points": []}`, "[1]"} {
		if r, err := parseIndex([]byte(out)); err == nil {
			t.Errorf("%q gives %+v, want an error", out, r)
		}
	}
}

func TestReadVectors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vectors.vec")
	read := func(text string) (*evaluate.WordVectors, error) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return readVectors(t.Context(), path)
	}
	v, err := read("3 2\n</s> 0 0\nnorth 0 1 \neast 1 0\n")
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != 2 {
		t.Errorf("%d words, want 2 without the end of a line", v.Len())
	}
	for name, text := range map[string]string{
		"empty": "", "a number is missing": "1 2\nthe 0.5\n", "a field is text": "2 2\nthe 1 2\nof 1 x\n",
		"truncated": "3 1\nthe 1\nof 2\n", "only the end of a line": "1 1\n</s> 1\n",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v, want one that names the file", name, err)
		}
	}
}
