package train

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/mining"
	"github.com/luminavec/luminavec/internal/cli"
)

// mineReport is the report of train mine.
type mineReport struct {
	Output    string `json:"output"`
	Rows      int64  `json:"rows"`
	Negatives int    `json:"negatives"` // of a pair
	Texts     int    `json:"texts"`
	*mining.Result
	Seconds float64  `json:"seconds"`
	Next    []string `json:"next"`
}

func (r *mineReport) write(b *strings.Builder, _ int) {
	how := "one by one"
	if r.Index == index.HNSW {
		how = "by their graph"
	}
	fmt.Fprintf(b, "mined %s each for %s of %s, in %s\n", cli.Plural(r.Negatives, "negative", "negatives"), cli.Thousands(r.Written),
		cli.Plural(r.Pairs, "pair", "pairs"), cli.Seconds(r.Seconds))
	fmt.Fprintf(b, "  among %s, searched %s\n", cli.Plural(r.Candidates, "candidate", "candidates"), how)
	fmt.Fprintf(b, "  mean cosine of positives %.4f, of negatives %.4f\n", r.Positive, r.Negative)
	fmt.Fprintf(b, "  skipped %s that were too near\n", cli.Plural(r.TooNear, "text", "texts"))
	if r.TooFew > 0 {
		fmt.Fprintf(b, "  skipped %s with fewer negatives\n", cli.Plural(r.TooFew, "pair", "pairs"))
	}
	if r.Unknown > 0 {
		fmt.Fprintf(b, "  skipped %s with a text without known tokens\n", cli.Plural(r.Unknown, "pair", "pairs"))
	}
	if r.NoVector > 0 {
		fmt.Fprintf(b, "  skipped %s without known tokens\n", cli.Plural(r.NoVector, "candidate", "candidates"))
	}
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(r.Output), cli.Plural(r.Rows, "row", "rows"))
	writeNext(b, r.Next)
}
