package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/luminavec/luminavec/corpora/sets"
)

// Task is what a score measures.
type Task string

// The tasks.
const (
	WordTask      Task = "words"
	AnalogyTask   Task = "analogies"
	STSTask       Task = "sts"
	RetrievalTask Task = "retrieval"
	PairsTask     Task = "pairs"
	ANNTask       Task = "ann"
)

// Score is the main figure of one model on one set.
type Score struct {
	Task     Task      `json:"task"`
	Set      string    `json:"set"`
	Model    string    `json:"model"`
	Measure  string    `json:"measure"`
	Value    float64   `json:"value"` // 0 if it is not defined, null in JSON
	Interval *Interval `json:"ci95,omitempty"`
	Items    int       `json:"items"`    // pairs, questions or queries of the set
	Coverage float64   `json:"coverage"` // share of them that the model knows
	Defined  bool      `json:"defined"`

	items []float64 // of each item: its value or, of a correlation, its cosine; NaN if it is not covered
	human []float64 // of a correlation: the scores given by people
}

// MarshalJSON writes null for what is undefined.
func (s Score) MarshalJSON() ([]byte, error) {
	type plain Score
	return json.Marshal(struct {
		plain
		Value *float64 `json:"value"`
	}{plain(s), defined(s.Value, s.Defined)})
}

// SetTest is a paired test of two models, or of two modes of one, on a set.
type SetTest struct {
	Task    Task   `json:"task"`
	Set     string `json:"set"`
	Measure string `json:"measure"`
	PairedTest
	Items int `json:"items"` // those that both cover
}

// Report is the result of several models on several sets.
type Report struct {
	Models  []string  `json:"models"`
	Scores  []Score   `json:"scores"`
	Tests   []SetTest `json:"tests"`
	Skipped []string  `json:"skipped"` // what was not measured, and why
}

// WordScore returns the score of a report of Words.
func WordScore(model string, r SimilarityReport, set *sets.WordPairs, resamples int) Score {
	s := Score{Task: WordTask, Set: r.Name, Model: model, Measure: "Spearman", Value: r.Spearman, Items: r.Pairs + r.Missing, Coverage: r.Coverage, Defined: r.Defined, items: r.cosines}
	for _, p := range set.Pairs {
		s.human = append(s.human, p.Score)
	}
	x, y := both(s.items, s.human)
	if resamples > 0 && r.Defined {
		s.Interval = spearmanInterval(x, y, resamples)
	}
	return s
}

// AnalogyScoreOf returns the score of a report of AnalogyReport.
func AnalogyScoreOf(model string, r *AnalogyResult, resamples int) Score {
	s := Score{Task: AnalogyTask, Set: r.Name, Model: model, Measure: "accuracy", Value: r.Accuracy, Items: r.Questions, Coverage: share(r.Covered, r.Questions), Defined: r.Covered > 0, items: r.correct}
	s.setInterval(resamples)
	return s
}

// STSScore returns the score of a result of STS.
func STSScore(model string, r STSResult, set *sets.STS) Score {
	s := Score{Task: STSTask, Set: r.Name, Model: model, Measure: "Spearman", Value: r.Spearman, Interval: r.Interval, Items: r.Pairs, Coverage: share(r.Pairs-r.Missing, r.Pairs), Defined: r.Defined, items: r.cosines}
	for _, p := range set.Pairs {
		s.human = append(s.human, p.Score)
	}
	return s
}

// RetrievalScore returns the score of a result of Retrieval. A mode other than Dense is part of the
// model's name; BM25 has no model.
func RetrievalScore(model string, r RetrievalResult) Score {
	switch r.Mode {
	case BM25:
		model = "BM25"
	case Hybrid:
		model += "+BM25"
	}
	return Score{Task: RetrievalTask, Set: r.Name, Model: model, Measure: "nDCG@10", Value: r.NDCG10, Interval: r.Interval, Items: r.Queries, Coverage: share(r.Queries-r.Unknown, r.Queries), Defined: r.Defined(), items: r.ndcg}
}

// ANNScore returns the score of a report of MeasureANN: the recall at the default width.
func ANNScore(model string, r *ANNReport) Score {
	p := r.Points[len(r.Points)-1]
	for _, q := range r.Points {
		if q.Ef == r.defaultEf {
			p = q
		}
	}
	return Score{Task: ANNTask, Set: fmt.Sprintf("%s, ef %d", r.Index, p.Ef), Model: model, Measure: "recall", Value: p.Recall, Items: r.Queries, Coverage: 1, Defined: true}
}

// MaxPairs is the number of pairs that Pairs compares.
const MaxPairs = 1000

// Pairs measures how well the second texts of pairs are found among all second texts by the first
// ones: MRR@10, the mean of 1 / rank, 0 beyond 10. Only the first MaxPairs pairs are compared. Equal
// second texts count as one.
func Pairs(ctx context.Context, e Encoder, name, model string, texts [][2]string, resamples int) (Score, error) {
	texts = texts[:min(MaxPairs, len(texts))]
	s := Score{Task: PairsTask, Set: name, Model: model, Measure: "MRR@10", Items: len(texts)}
	if len(texts) == 0 {
		return s, nil
	}
	var flat []string
	for _, p := range texts {
		flat = append(flat, p[0], p[1])
	}
	encoder, err := truncate(e, 0, 0)
	if err != nil {
		return s, err
	}
	vector, known, err := encoder.encode(ctx, flat)
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	units := make([][]float32, len(flat))
	for i := range flat {
		units[i] = make([]float32, encoder.dim)
		unit(units[i], vector(i))
	}
	covered := 0
	for i := range texts {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		if known[2*i] == 0 {
			s.items = append(s.items, 0) // it finds nothing, as a query of Retrieval
			continue
		}
		covered++
		own := cosine(units[2*i], units[2*i+1])
		rank := 1
		seen := map[string]bool{texts[i][1]: true}
		for j := range texts {
			if j != i && !seen[texts[j][1]] && cosine(units[2*i], units[2*j+1]) >= own {
				rank++ // of equal cosines the right one is last: a model that gives all the same finds nothing
			}
			seen[texts[j][1]] = true
		}
		value := 0.0
		if rank <= 10 {
			value = 1 / float64(rank)
		}
		s.items = append(s.items, value)
		s.Value += value / float64(len(texts))
	}
	s.Coverage, s.Defined = share(covered, len(texts)), covered > 0
	s.setInterval(resamples)
	return s, nil
}

// setInterval computes the interval of a mean.
func (s *Score) setInterval(resamples int) {
	if x, _ := both(s.items, s.items); resamples > 0 && len(x) > 0 && s.Defined {
		s.Interval = meanInterval(x, resamples)
	}
}

// both returns the items that are numbers in both lists.
func both(x, y []float64) (a, b []float64) {
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			a, b = append(a, x[i]), append(b, y[i])
		}
	}
	return a, b
}

// Compare adds a test between each two models that were measured on the same set: a randomization
// test of a mean, a paired bootstrap of a correlation.
func (r *Report) Compare(resamples int) {
	r.Tests = []SetTest{}
	for i, b := range r.Scores {
		for _, a := range r.Scores[i+1:] {
			if a.Task != b.Task || a.Set != b.Set || a.Measure != b.Measure || a.Model == b.Model || len(a.items) != len(b.items) || !a.Defined || !b.Defined || len(a.items) == 0 {
				continue
			}
			t := SetTest{Task: a.Task, Set: a.Set, Measure: a.Measure}
			if a.human == nil {
				x, y := both(a.items, b.items)
				t.PairedTest, t.Items = testPaired(a.Model, b.Model, x, y, resamples), len(x)
			} else {
				t.PairedTest, t.Items = testCorrelations(a, b, resamples)
			}
			if t.Items > 0 {
				r.Tests = append(r.Tests, t)
			}
		}
	}
}

// testCorrelations compares two rank correlations with the same human scores, on the pairs that both
// cover, by the bootstrap: p is twice the share of samples in which the difference has the other sign.
func testCorrelations(a, b Score, resamples int) (PairedTest, int) {
	var x, y, human []float64
	for i := range a.items {
		if !math.IsNaN(a.items[i]) && !math.IsNaN(b.items[i]) {
			x, y, human = append(x, a.items[i]), append(y, b.items[i]), append(human, a.human[i])
		}
	}
	t := PairedTest{A: a.Model, B: b.Model, P: 1}
	n := len(x)
	difference := func(x, y, human []float64) float64 { return Spearman(x, human) - Spearman(y, human) }
	if n < 2 || math.IsNaN(difference(x, y, human)) {
		return t, 0
	}
	t.Difference = difference(x, y, human)
	if resamples == 0 {
		return t, n
	}
	below, above, all := 0, 0, 0
	r := rand.New(rand.NewPCG(uint64(n), 0xb007))
	sx, sy, sh := make([]float64, n), make([]float64, n), make([]float64, n)
	var figures []float64
	for range resamples {
		for i := range n {
			at := r.IntN(n)
			sx[i], sy[i], sh[i] = x[at], y[at], human[at]
		}
		d := difference(sx, sy, sh)
		if math.IsNaN(d) {
			continue
		}
		all++
		if d <= 0 {
			below++
		}
		if d >= 0 {
			above++
		}
		figures = append(figures, d)
	}
	t.P = min(1, 2*float64(min(below, above)+1)/float64(all+1))
	t.Interval = percentiles(figures)
	return t, n
}

// WriteTo writes the report as tables.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	rows := [][]string{{"task", "set", "model", "measure", "value", "95% interval", "items", "known"}}
	for _, s := range r.Scores {
		rows = append(rows, s.row())
	}
	out := align(rows)
	if len(r.Tests) > 0 {
		rows = [][]string{{"set", "difference of", "", "", "95% interval", "p"}}
		for _, t := range r.Tests {
			rows = append(rows, []string{t.Set, t.Measure, t.A + " vs " + t.B, fmt.Sprintf("%+.4f", t.Difference), t.Interval.String(), fmt.Sprintf("%.4f", t.P)})
		}
		out += "\n" + align(rows)
	}
	for _, s := range r.Skipped {
		out += "\nskipped: " + s
	}
	if len(r.Skipped) > 0 {
		out += "\n"
	}
	n, err := io.WriteString(w, out)
	return int64(n), err
}

func (s *Score) row() []string {
	value := "-"
	if s.Defined {
		value = fmt.Sprintf("%.4f", s.Value)
	}
	return []string{string(s.Task), s.Set, s.Model, s.Measure, value, s.Interval.String(), fmt.Sprint(s.Items), fmt.Sprintf("%.1f%%", 100*s.Coverage)}
}

// align returns rows as lines with columns of equal width.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// WriteMarkdown writes the report as tables of Markdown.
func (r *Report) WriteMarkdown(w io.Writer) error {
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "`", "\\`")
	var b strings.Builder
	line := func(cells ...string) {
		for _, c := range cells {
			b.WriteString("| " + cell.Replace(c) + " ")
		}
		b.WriteString("|\n")
	}
	line("task", "set", "model", "measure", "value", "95% interval", "items", "known")
	b.WriteString("|---|---|---|---|--:|---|--:|--:|\n")
	for _, s := range r.Scores {
		line(s.row()...)
	}
	if len(r.Tests) > 0 {
		b.WriteString("\n")
		line("set", "measure", "models", "difference", "95% interval", "p")
		b.WriteString("|---|---|---|--:|---|--:|\n")
		for _, t := range r.Tests {
			line(t.Set, t.Measure, t.A+" vs "+t.B, fmt.Sprintf("%+.4f", t.Difference), t.Interval.String(), fmt.Sprintf("%.4f", t.P))
		}
	}
	for _, s := range r.Skipped {
		b.WriteString("\nSkipped: " + cell.Replace(s) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
