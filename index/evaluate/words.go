package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/fault"
)

// SimilarityReport measures how well the cosines of word pairs agree with human scores.
// Spearman and Pearson cover the pairs whose words have vectors. Both are 0 if they are
// undefined (see Defined), and null in JSON.
type SimilarityReport struct {
	Name         string   `json:"name"`
	Spearman     float64  `json:"spearman"`                // rank correlation, -1 to 1
	Pearson      float64  `json:"pearson"`                 // linear correlation, -1 to 1
	Pairs        int      `json:"pairs"`                   // pairs whose words both have a vector
	Composed     int      `json:"composed,omitempty"`      // of these, with a word composed of its n-grams
	Missing      int      `json:"missing"`                 // pairs with an unknown word
	Coverage     float64  `json:"coverage"`                // Pairs / (Pairs + Missing); 0 for an empty set
	MissingWords []string `json:"missing_words,omitempty"` // the unknown words, in the order of the set
	Defined      bool     `json:"defined"`                 // whether the correlations are defined

	Columns *sets.WordColumns `json:"columns,omitempty"` // of the file; nil if the set is not from a file

	cosines []float64 // of each pair of the set; NaN without one
}

// MarshalJSON writes null for what is undefined, and adds the warning.
func (r SimilarityReport) MarshalJSON() ([]byte, error) {
	type plain SimilarityReport
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Spearman *float64 `json:"spearman"`
		Pearson  *float64 `json:"pearson"`
		plain
		Warning string `json:"warning,omitempty"`
	}{r.Name, defined(r.Spearman, r.Defined), defined(r.Pearson, r.Defined), plain(r), r.Warning()})
}

// Warning says why the result says little or nothing about the model, or is empty.
func (r SimilarityReport) Warning() string {
	text := warning(r.Defined, r.Pairs, r.Pairs+r.Missing, "pair", "only known words")
	if n := len(r.MissingWords); text != "" && n > 0 && r.Defined {
		text += ", which lacks " + fault.Names(r.MissingWords[:min(n, 3)])
	}
	return text
}

// Words compares the cosines of word vectors with human scores.
func Words(w *WordVectors, set *sets.WordPairs) SimilarityReport {
	r := SimilarityReport{Name: set.Name}
	if set.Columns != (sets.WordColumns{}) {
		r.Columns = &set.Columns
	}
	var cosines, scores []float64
	seen := map[string]bool{}
	for _, p := range set.Pairs {
		if cosine, ok := w.Similarity(p.A, p.B); ok {
			cosines, scores = append(cosines, settled(cosine)), append(scores, p.Score)
			r.cosines = append(r.cosines, settled(cosine))
			if w.Composed(p.A) > 0 || w.Composed(p.B) > 0 {
				r.Composed++
			}
			continue
		}
		r.Missing++
		r.cosines = append(r.cosines, math.NaN())
		for _, word := range []string{p.A, p.B} {
			if _, _, ok := w.vector(word); !ok && !seen[word] {
				seen[word] = true
				r.MissingWords = append(r.MissingWords, word)
			}
		}
	}
	r.Pairs = len(cosines)
	r.Coverage = share(r.Pairs, len(set.Pairs))
	r.Spearman, r.Pearson, r.Defined = correlations(cosines, scores)
	return r
}

// Lines returns the Spearman correlation, if it is defined, and the warning, if there is one, as
// lines of a report.
func (r SimilarityReport) Lines() (lines []string) {
	if r.Defined {
		lines = append(lines, fmt.Sprintf("%s: Spearman %.3f on %d of %d pairs", r.Name, r.Spearman, r.Pairs, r.Pairs+r.Missing))
	}
	if text := r.Warning(); text != "" {
		lines = append(lines, r.Name+": "+text)
	}
	return lines
}

// WriteTo writes the report as one line, and another one if words were composed. WriteSimilarity
// adds a header.
func (r SimilarityReport) WriteTo(w io.Writer) (int64, error) {
	spearman, pearson := fmt.Sprintf("%.4f", r.Spearman), fmt.Sprintf("%.4f", r.Pearson)
	if !r.Defined {
		spearman, pearson = "undefined", "undefined"
	}
	n, err := fmt.Fprintf(w, "%-24s %9s %9s %7d of %-6d %6.1f%%\n", r.Name, spearman, pearson, r.Pairs, r.Pairs+r.Missing, 100*r.Coverage)
	if err == nil && r.Composed > 0 {
		var more int
		more, err = fmt.Fprintf(w, "  %d of these with a word composed of its n-grams\n", r.Composed)
		n += more
	}
	return int64(n), err
}

// WriteSimilarity writes reports as a table with a header.
func WriteSimilarity(w io.Writer, reports []SimilarityReport) error {
	if _, err := fmt.Fprintf(w, "%-24s %9s %9s %17s %7s\n", "word pairs", "Spearman", "Pearson", "pairs found", "found"); err != nil {
		return err
	}
	for _, r := range reports {
		if _, err := r.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}
