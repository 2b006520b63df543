package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/mining"
	"github.com/luminavec/luminavec/internal/cli"
)

// mineReport is the report of train mine.
type mineReport struct {
	Output     string   `json:"output"`
	Rows       int64    `json:"rows"`
	Negatives  int      `json:"negatives"` // of a pair
	Pairs      int64    `json:"pairs"`     // read
	Written    int64    `json:"written"`   // pairs
	Unknown    int64    `json:"unknown"`   // pairs without a known token
	TooFew     int64    `json:"too_few"`   // pairs without enough negatives
	TooNear    int64    `json:"too_near"`  // neighbors excluded by a margin or the highest score
	Texts      int      `json:"texts"`
	Candidates int      `json:"candidates"`
	NoVector   int      `json:"no_vector"` // candidates without a known token
	Index      string   `json:"index"`
	Positive   float64  `json:"mean_positive"`
	Negative   float64  `json:"mean_negative"`
	Seconds    float64  `json:"seconds"`
	Next       []string `json:"next"`
}

func newMineReport(j *mineJob, model string, pairs *mining.Pairs, f *mining.Result, rows int64, took time.Duration) *mineReport {
	next := cli.CommandLine("train", "sentence", cli.PathArgument(j.output), "--init", model, "-o", "tuned")
	return &mineReport{
		Output: j.output, Rows: rows, Negatives: j.options.Negatives, Pairs: f.Pairs, Written: f.Written, Unknown: f.Unknown,
		TooFew: f.TooFew, TooNear: f.TooNear, Texts: pairs.Texts(), Candidates: f.Candidates, NoVector: f.NoVector,
		Index: string(f.Index), Positive: f.Positive, Negative: f.Negative, Seconds: took.Seconds(), Next: []string{next},
	}
}

func (r *mineReport) writeText(w io.Writer) error {
	var b strings.Builder
	how := "one by one"
	if r.Index == string(index.HNSW) {
		how = "by their graph"
	}
	fmt.Fprintf(&b, "mined %s each for %s of %s, in %s\n", cli.Plural(r.Negatives, "negative", "negatives"), cli.Thousands(r.Written),
		cli.Plural(r.Pairs, "pair", "pairs"), cli.Duration(time.Duration(r.Seconds*float64(time.Second))))
	fmt.Fprintf(&b, "  among %s, searched %s\n", cli.Plural(r.Candidates, "candidate", "candidates"), how)
	fmt.Fprintf(&b, "  mean cosine of positives %.4f, of negatives %.4f\n", r.Positive, r.Negative)
	fmt.Fprintf(&b, "  skipped %s that were too near\n", cli.Plural(r.TooNear, "text", "texts"))
	if r.TooFew > 0 {
		fmt.Fprintf(&b, "  skipped %s with fewer negatives\n", cli.Plural(r.TooFew, "pair", "pairs"))
	}
	if r.Unknown > 0 {
		fmt.Fprintf(&b, "  skipped %s with a text without known tokens\n", cli.Plural(r.Unknown, "pair", "pairs"))
	}
	if r.NoVector > 0 {
		fmt.Fprintf(&b, "  skipped %s without known tokens\n", cli.Plural(r.NoVector, "candidate", "candidates"))
	}
	fmt.Fprintf(&b, "\nwrote %s, %s\n\nnext\n", cli.Printable(r.Output), cli.Plural(r.Rows, "row", "rows"))
	for _, c := range r.Next {
		fmt.Fprintf(&b, "  %s\n", cli.Printable(c))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
