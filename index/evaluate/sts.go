package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/luminavec/luminavec/corpora/sets"
)

// STSOptions controls how sentence pairs are compared.
type STSOptions struct {
	Dim       int // number of values of a vector to compare; default 0: all
	Resamples int // bootstrap samples for the interval of Spearman; default 0: no interval
	Threads   int // number of goroutines; default 0: one per core
}

// STSResult measures how well the cosines of sentence vectors agree with human scores. It includes
// all pairs: a sentence without a known token has the zero vector, whose cosine with any other
// is 0. Spearman and Pearson are 0 if they are undefined (see Defined), and null in JSON.
type STSResult struct {
	Name     string      `json:"name"`
	Spearman float64     `json:"spearman"`                // rank correlation, -1 to 1
	Pearson  float64     `json:"pearson"`                 // linear correlation, -1 to 1
	Pairs    int         `json:"pairs"`                   // all pairs
	Missing  int         `json:"missing"`                 // pairs with a sentence without a known token
	Dim      int         `json:"dimensions"`              // of the vectors compared
	Interval *Interval   `json:"spearman_ci95,omitempty"` // of Spearman; nil if not requested
	Defined  bool        `json:"defined"`                 // whether the correlations are defined
	Subsets  []STSSubset `json:"subsets,omitempty"`       // by name, if there are several
	Layout   string      `json:"layout,omitempty"`        // how the set was read

	cosines []float64 // of each pair
}

// STSSubset is the result on the pairs of one genre.
type STSSubset struct {
	Name     string  `json:"name"`
	Spearman float64 `json:"spearman"`
	Pearson  float64 `json:"pearson"`
	Pairs    int     `json:"pairs"`
	Defined  bool    `json:"defined"`
}

// MarshalJSON writes null for what is undefined, and adds the coverage and the warning.
func (r STSResult) MarshalJSON() ([]byte, error) {
	type plain STSResult
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Spearman *float64 `json:"spearman"`
		Pearson  *float64 `json:"pearson"`
		plain
		Coverage float64 `json:"coverage"` // share of the pairs that are not missing
		Warning  string  `json:"warning,omitempty"`
	}{r.Name, defined(r.Spearman, r.Defined), defined(r.Pearson, r.Defined), plain(r), share(r.Pairs-r.Missing, r.Pairs), r.Warning()})
}

// MarshalJSON writes null for what is undefined.
func (s STSSubset) MarshalJSON() ([]byte, error) {
	type plain STSSubset
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Spearman *float64 `json:"spearman"`
		Pearson  *float64 `json:"pearson"`
		plain
	}{s.Name, defined(s.Spearman, s.Defined), defined(s.Pearson, s.Defined), plain(s)})
}

// Warning says why the result says little or nothing about the model, or is empty.
func (r STSResult) Warning() string {
	return warning(r.Defined, r.Pairs-r.Missing, r.Pairs, "pair", "a known token in both sentences")
}

// STS compares the cosines of sentence vectors with human scores, as in the STS benchmark (Cer
// et al., 2017; with Spearman since Reimers et al., 2016). The result does not depend on the
// number of threads.
func STS(ctx context.Context, e Encoder, set *sets.STS, o STSOptions) (STSResult, error) {
	r := STSResult{Name: set.Name, Pairs: len(set.Pairs), Layout: set.Layout}
	if err := checkThreads(o.Threads); err != nil {
		return r, err
	}
	encoder, err := truncate(e, o.Dim, o.Threads)
	if err != nil {
		return r, err
	}
	r.Dim = encoder.dim
	cosines, scores := make([]float64, len(set.Pairs)), make([]float64, len(set.Pairs))
	texts := make([]string, 0, encodeTexts)
	for from := 0; from < len(set.Pairs); from += encodeTexts / 2 {
		block := set.Pairs[from:min(from+encodeTexts/2, len(set.Pairs))]
		texts = texts[:0]
		for _, p := range block {
			texts = append(texts, p.A, p.B)
		}
		vector, known, err := encoder.encode(ctx, texts)
		if err != nil {
			return r, fmt.Errorf("%s: %w", set.Name, err)
		}
		for i, p := range block {
			if known[2*i] == 0 || known[2*i+1] == 0 {
				r.Missing++
			}
			cosines[from+i], scores[from+i] = settled(cosine(vector(2*i), vector(2*i+1))), p.Score
		}
	}
	r.cosines = cosines
	r.Spearman, r.Pearson, r.Defined = correlations(cosines, scores)
	r.Subsets = subsets(set, cosines, scores)
	if o.Resamples > 0 && r.Defined {
		r.Interval = spearmanInterval(cosines, scores, o.Resamples)
	}
	return r, ctx.Err()
}

// cosine returns the cosine of two vectors, 0 if one of them is zero. It is exactly 1 for equal
// vectors (the square root of a rounded square is exact), and symmetric.
func cosine(x, y []float32) float64 {
	var xy, xx, yy float64
	for i, v := range x {
		a, b := float64(v), float64(y[i])
		xy += a * b
		xx += a * a
		yy += b * b
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// settled rounds a cosine to the precision of the vectors, 24 bits. Two sentences of the same
// words in another order have vectors that differ by rounding errors; these must not decide
// which of two pairs ranks higher.
func settled(cosine float64) float64 { return math.Round(cosine*(1<<24)) / (1 << 24) }

// correlations returns Spearman's and Pearson's correlation, zeros if they are undefined.
func correlations(x, y []float64) (spearman, pearson float64, defined bool) {
	if spearman = Spearman(x, y); math.IsNaN(spearman) {
		return 0, 0, false
	}
	return spearman, Pearson(x, y), true
}

func subsets(set *sets.STS, cosines, scores []float64) []STSSubset {
	type part struct{ cosines, scores []float64 }
	parts, names := map[string]*part{}, []string{}
	for i, p := range set.Pairs {
		if parts[p.Subset] == nil {
			parts[p.Subset], names = &part{}, append(names, p.Subset)
		}
		q := parts[p.Subset]
		q.cosines, q.scores = append(q.cosines, cosines[i]), append(q.scores, scores[i])
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	found := make([]STSSubset, len(names))
	for i, name := range names {
		s := STSSubset{Name: name, Pairs: len(parts[name].scores)}
		s.Spearman, s.Pearson, s.Defined = correlations(parts[name].cosines, parts[name].scores)
		found[i] = s
	}
	return found
}

// WriteSTS writes results as a table with a header, subsets below their set.
func WriteSTS(w io.Writer, results []STSResult) error {
	if _, err := fmt.Fprintf(w, "%-24s %9s %17s %9s %7s %8s\n", "sentence pairs", "Spearman", "95% interval", "Pearson", "pairs", "unknown"); err != nil {
		return err
	}
	line := func(name string, spearman, pearson float64, defined bool, interval *Interval, pairs int, unknown string) error {
		s, p := fmt.Sprintf("%.4f", spearman), fmt.Sprintf("%.4f", pearson)
		if !defined {
			s, p = "undefined", "undefined"
		}
		_, err := fmt.Fprintf(w, "%-24s %9s %17s %9s %7d %8s\n", name, s, interval, p, pairs, unknown)
		return err
	}
	for _, r := range results {
		if err := line(r.Name, r.Spearman, r.Pearson, r.Defined, r.Interval, r.Pairs, fmt.Sprint(r.Missing)); err != nil {
			return err
		}
		for _, s := range r.Subsets {
			if err := line("  "+s.Name, s.Spearman, s.Pearson, s.Defined, nil, s.Pairs, ""); err != nil {
				return err
			}
		}
	}
	return nil
}
