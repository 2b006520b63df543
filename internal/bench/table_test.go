package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		scale  float64
		digits int
		want   string
	}{
		{"none", nil, 1, 3, "–"},
		{"one", []float64{0.6884}, 1, 3, "0.688"},
		{"one scaled", []float64{4_570_600}, 1e-3, 0, "4571"},
		{"mean and half the range", []float64{1, 2, 6}, 1, 1, "3.0 ± 2.5"},
		{"in any order", []float64{6, 1, 2}, 1, 1, "3.0 ± 2.5"},
		{"scaled, per thread", []float64{8_000_000, 7_000_000}, 1e-3 / 2, 0, "3750 ± 250"},
		{"equal", []float64{0.25, 0.25}, 1, 2, "0.25 ± 0.00"},
		{"negative", []float64{-0.5, 0.25}, 1, 3, "-0.125 ± 0.375"},
	} {
		if got := spread(c.values, c.scale, c.digits); got != c.want {
			t.Errorf("%s: spread(%v, %g, %d) = %q, want %q", c.name, c.values, c.scale, c.digits, got, c.want)
		}
	}
}

func TestRowAdd(t *testing.T) {
	var r row
	r.add(2, 3000, 1.5)
	r.add(0.5, 3000, 1.25)
	for _, c := range []struct {
		name string
		got  []float64
		want [2]float64
	}{
		{"seconds", r.seconds, [2]float64{2, 0.5}},
		{"speed", r.speed, [2]float64{1500, 6000}},
		{"loss", r.loss, [2]float64{1.5, 1.25}},
	} {
		if len(c.got) != 2 || c.got[0] != c.want[0] || c.got[1] != c.want[1] {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestQualityCells(t *testing.T) {
	r := row{quality: [][]float64{{0.70, 0.3}, {0.60, 0.3}, {0.65, 0.6}}}
	got := strings.Join(r.qualityCells(3), ", ")
	if want := "0.650 ± 0.050, 0.400 ± 0.150"; got != want {
		t.Errorf("qualityCells = %s, want %s", got, want)
	}
	if got := (&row{}).qualityCells(3); got != nil {
		t.Errorf("qualityCells of a row without figures = %q, want none", got)
	}
}

func TestWriteTable(t *testing.T) {
	var w strings.Builder
	writeTable(&w, []string{"a", "b"}, [][]string{{"1", "2"}, {"3 ± 1", "–"}})
	want := "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 ± 1 | – |\n"
	if w.String() != want {
		t.Errorf("table is\n%swant\n%s", w.String(), want)
	}
}

func TestWriteWordRows(t *testing.T) {
	var w strings.Builder
	writeWordRows(&w, []string{"WordSim-353", "SimLex-999"}, []row{
		{system: "ours", threads: 2, seconds: []float64{4, 6}, speed: []float64{6e6, 4e6}, loss: []float64{2.25, 2.125},
			quality: [][]float64{{0.6, 0.3, 0.25}, {0.7, 0.3, 0.5}}},
		{system: "peer", threads: 1, seconds: []float64{100}, speed: []float64{309_400}, quality: [][]float64{{0.5, 0.25, 0.125}}},
	})
	want := `| system | threads | seconds | speed | per thread | loss | WordSim-353 | SimLex-999 | analogies |
|---|---|---|---|---|---|---|---|---|
| ours | 2 | 5.0 ± 1.0 | 5000 ± 1000 | 2500 ± 500 | 2.1875 ± 0.0625 | 0.650 ± 0.050 | 0.300 ± 0.000 | 0.375 ± 0.125 |
| peer | 1 | 100.0 | 309 | 309 | – | 0.500 | 0.250 | 0.125 |
`
	if w.String() != want {
		t.Errorf("table is\n%swant\n%s", w.String(), want)
	}
}

func TestWriteSentenceRows(t *testing.T) {
	var w strings.Builder
	writeSentenceRows(&w, []string{"scifact"}, []row{
		{system: "ours", threads: 2, seconds: []float64{178.25}, speed: []float64{11_040}, loss: []float64{1.04714},
			quality: [][]float64{{0.83521, 0.48}}},
	})
	want := `| system | threads | seconds | speed | loss | STS dev | scifact |
|---|---|---|---|---|---|---|
| ours | 2 | 178.2 | 11.0 | 1.0471 | 0.8352 | 0.4800 |
`
	if w.String() != want {
		t.Errorf("table is\n%swant\n%s", w.String(), want)
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct{ name, args, want string }{
		{"defaults are not repeated", "", "go run bench"},
		{"given flags in the order of their names", "--threads 2,4 --dim 300", "go run bench --dim 300 --threads 2,4"},
		{"a flag that says where to write is dropped", "--output x.md --only cbow,hs", "go run bench --only cbow,hs"},
	} {
		f := pflag.NewFlagSet("bench", pflag.ContinueOnError)
		f.IntSlice("threads", []int{1, 2}, "")
		f.Int("dim", 100, "")
		f.String("output", "", "")
		f.StringSlice("only", nil, "")
		if err := f.Parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		if got := commandLine([]string{"go run bench"}, f, "threads", "dim", "only"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWordsHead(t *testing.T) {
	b := wordsBench{corpus: []string{"dir/enwiki.txt"}, sets: []string{"dir/SimLex-999.txt"}, seeds: 3, peers: true, options: wordsOptions()}
	b.options.Epochs = 1
	var w strings.Builder
	b.writeHead(&w, pflag.NewFlagSet("words", pflag.ContinueOnError),
		textStats{bytes: 101e6, raw: 16_400_000, words: 16_100_000, vocabulary: 76_908, reading: 500 * time.Millisecond})
	for _, want := range []string{
		"## Word vectors: 101 MB, 100 dimensions, 1 epoch\n",
		"`go run ./internal/bench words --corpus enwiki.txt --set SimLex-999.txt --peers`",
		"101 MB, 16.4M words, of which 16.1M are in the vocabulary of 76,908 (minimum count 5)",
		"counted in 0.5 s: 202 MB/s.",
		"Mean of 3 seeds",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("the head lacks %q:\n%s", want, w.String())
		}
	}
}

func TestSentenceHead(t *testing.T) {
	b := sentenceBench{pairs: []string{"dir/a.tsv"}, retrieval: []string{"sets/scifact"}, seeds: 1, epochs: 3, vocabulary: 10_000}
	var w strings.Builder
	b.writeHead(&w, pflag.NewFlagSet("sentence", pflag.ContinueOnError), 391_495, 4200*time.Millisecond)
	for _, want := range []string{
		"## Sentence vectors: 391,495 pairs\n",
		"`go run ./internal/bench sentence --pairs a.tsv --retrieval scifact`",
		"WordPiece, 10,000, learned from the pairs in 4.2 s.",
		"batches of 1,024, 3 epochs.",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("the head lacks %q:\n%s", want, w.String())
		}
	}
	if strings.Contains(w.String(), "Mean of") {
		t.Errorf("the head mentions a mean of one seed:\n%s", w.String())
	}
}

func TestWriteReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.md")
	if err := writeReport(nil, path, true, "## A\n"); err == nil {
		t.Error("appending to a missing file succeeded, want an error")
	}
	for _, c := range []struct {
		more         bool
		report, want string
	}{
		{false, "## A\n", "# Benchmarks\n\n## A\n"},
		{true, "## B\n", "# Benchmarks\n\n## A\n\n## B\n"},
		{false, "## C\n", "# Benchmarks\n\n## C\n"},
	} {
		if err := writeReport(nil, path, c.more, c.report); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("after %q (append: %v) the file holds %q, want %q", c.report, c.more, got, c.want)
		}
	}
	var w strings.Builder
	if err := writeReport(&w, "", false, "## A\n"); err != nil || w.String() != "## A\n" {
		t.Errorf("without a path the output is %q (%v), want only the report", w.String(), err)
	}
}

func TestProcessor(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC\ncache\t: 1\n\nmodel name\t: other\n", "AMD EPYC"},
		{"processor\t: 0\nBogoMIPS\t: 50\n", ""},
		{"", ""},
	} {
		if got := processor(strings.NewReader(c.text)); got != c.want {
			t.Errorf("processor of %q = %q, want %q", c.text, got, c.want)
		}
	}
}

// near reports whether two numbers are equal up to rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }
