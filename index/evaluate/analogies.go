package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/kernel"
)

// AnalogyOptions controls how analogies are answered.
type AnalogyOptions struct {
	Restrict int // number of most frequent words that can be answers; default 30,000, negative: all
	Threads  int // number of goroutines; default 0: one per core. The result does not depend on it
}

// AnalogyScore counts the answers to a number of questions.
type AnalogyScore struct {
	Accuracy  float64 // Correct / Covered; 0 if nothing is covered (null in JSON)
	Correct   int     // questions answered with the right word
	Covered   int     // questions whose four words are all known
	Questions int     // all questions
}

// AnalogySection is the score of one section of a set.
type AnalogySection struct {
	Name     string
	Relation sets.Relation // counted as semantic, syntactic or neither; see sets.AnalogySection.Relation
	AnalogyScore
}

// AnalogyResult is the report on a set of analogies. A question with a word that is unknown
// or excluded by the restriction is skipped: it counts in Questions but not in Covered, and
// the accuracy is that of the covered ones, as in word2vec.
type AnalogyResult struct {
	Name string
	AnalogyScore
	Restrict  int // number of words that could be answers
	Semantic  AnalogyScore
	Syntactic AnalogyScore
	Other     AnalogyScore // sections whose name does not say which of them they are
	Sections  []AnalogySection

	correct []float64 // 1 or 0 for each question of the set; NaN if it is not covered
}

// scoreJSON is an AnalogyScore in JSON.
type scoreJSON struct {
	Accuracy  *float64 `json:"accuracy"`
	Correct   int      `json:"correct"`
	Covered   int      `json:"covered"`
	Questions int      `json:"questions"`
}

func (s AnalogyScore) json() scoreJSON {
	return scoreJSON{defined(s.Accuracy, s.Covered > 0), s.Correct, s.Covered, s.Questions}
}

// MarshalJSON writes null for an accuracy of nothing.
func (s AnalogyScore) MarshalJSON() ([]byte, error) { return json.Marshal(s.json()) }

// MarshalJSON writes null for an accuracy of nothing.
func (s AnalogySection) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name     string        `json:"name"`
		Relation sets.Relation `json:"relation"`
		scoreJSON
	}{s.Name, s.Relation, s.json()})
}

// MarshalJSON writes null for an accuracy of nothing, and adds the coverage and the warning.
func (r AnalogyResult) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name string `json:"name"`
		scoreJSON
		Restrict  int              `json:"restrict"`
		Semantic  AnalogyScore     `json:"semantic"`
		Syntactic AnalogyScore     `json:"syntactic"`
		Other     AnalogyScore     `json:"other"`
		Sections  []AnalogySection `json:"sections"`
		Coverage  float64          `json:"coverage"` // share of the questions that are covered
		Warning   string           `json:"warning,omitempty"`
	}{r.Name, r.json(), r.Restrict, r.Semantic, r.Syntactic, r.Other, r.Sections, share(r.Covered, r.Questions), r.Warning()})
}

// Warning says why the result says little or nothing about the model, or is empty.
func (r *AnalogyResult) Warning() string {
	return warning(r.Covered > 0, r.Covered, r.Questions, "question", "only known words")
}

// question is an analogy of rows: a is to b as c is to d.
type question struct {
	a, b, c, d int32
	section    int
}

// AnalogyReport answers all questions of a set by 3CosAdd, excluding the three given words,
// with one of the most frequent words. It ignores the case of words; if a cased vocabulary has
// several spellings, the most frequent represents all.
func AnalogyReport(ctx context.Context, w *WordVectors, set *sets.Analogies, o AnalogyOptions) (*AnalogyResult, error) {
	if err := checkThreads(o.Threads); err != nil {
		return nil, err
	}
	n := w.Len()
	switch {
	case o.Restrict == 0:
		n = min(n, 30000)
	case o.Restrict > 0:
		n = min(n, o.Restrict)
	}
	r := &AnalogyResult{Name: set.Name, Restrict: n, Sections: make([]AnalogySection, len(set.Sections))}
	spelling := w.caseFolded(n)
	var questions []question
	var numbers []int // of the questions in the set
	for s, section := range set.Sections {
		r.Sections[s].Name, r.Sections[s].Relation = section.Name, section.Relation()
		r.Sections[s].Questions = len(section.Questions)
		for _, words := range section.Questions {
			var ids [4]int32
			known := true
			for i, word := range words {
				id, ok := spelling[strings.ToLower(word)]
				ids[i], known = id, known && ok
			}
			r.correct = append(r.correct, math.NaN())
			if known {
				questions = append(questions, question{ids[0], ids[1], ids[2], ids[3], s})
				numbers = append(numbers, len(r.correct)-1)
			}
		}
	}
	answers, err := w.answer(ctx, questions, n, o.Threads)
	if err != nil {
		return nil, err
	}
	for i, q := range questions {
		section := &r.Sections[q.section]
		section.Covered++
		r.correct[numbers[i]] = 0
		// In a cased vocabulary PARIS is as good an answer as Paris.
		if a := answers[i]; a == q.d || a >= 0 && spelling[strings.ToLower(w.vocabulary.Token(a))] == q.d {
			section.Correct++
			r.correct[numbers[i]] = 1
		}
	}
	for i := range r.Sections {
		section := &r.Sections[i]
		section.finish()
		total := map[sets.Relation]*AnalogyScore{sets.Semantic: &r.Semantic, sets.Syntactic: &r.Syntactic, sets.Unknown: &r.Other}[section.Relation]
		total.add(section.AnalogyScore)
		r.add(section.AnalogyScore)
	}
	return r, nil
}

func (s *AnalogyScore) add(t AnalogyScore) {
	s.Correct += t.Correct
	s.Covered += t.Covered
	s.Questions += t.Questions
	s.finish()
}

func (s *AnalogyScore) finish() {
	if s.Covered > 0 {
		s.Accuracy = float64(s.Correct) / float64(s.Covered)
	}
}

// caseFolded maps each of the first n words in lower case to the row of its first spelling.
func (w *WordVectors) caseFolded(n int) map[string]int32 {
	m := make(map[string]int32, n)
	for id := range int32(n) {
		word := strings.ToLower(w.vocabulary.Token(id))
		if _, ok := m[word]; !ok {
			m[word] = id
		}
	}
	return m
}

// answer returns the row nearest to b - a + c for each question, or -1.
//
// The score of a row x is x·b - x·a + x·c, and the questions of a set consist of few words
// (Google's set has 58,632 given words, but only 905 different ones). So the products of a
// block of rows with each different word are computed once, and a question costs two
// additions per row instead of a dot product: about ten times less work at 100 dimensions.
func (w *WordVectors) answer(ctx context.Context, questions []question, n, threads int) ([]int32, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	slot := map[int32]int{} // row of a given word → its index among the products
	var given []int32
	place := func(id int32) int {
		s, ok := slot[id]
		if !ok {
			s = len(given)
			slot[id], given = s, append(given, id)
		}
		return s
	}
	slots := make([][3]int, len(questions))
	for i, q := range questions {
		slots[i] = [3]int{place(q.a), place(q.b), place(q.c)}
	}

	const block = 256 // rows; the products of Google's set are then 0.9 MB and stay in the L2 cache
	// Each worker takes every threads-th block and keeps its own best answers.
	type best struct {
		score float32
		id    int32
	}
	found := make([][]best, threads)
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	for t := range threads {
		workers.Go(func(ctx context.Context) error {
			mine := make([]best, len(questions))
			for i := range mine {
				mine[i] = best{-8, -1} // below the score of any row
			}
			found[t] = mine
			products := make([]float32, len(given)*block)
			for from := t * block; from < n; from += threads * block {
				if err := ctx.Err(); err != nil {
					return err
				}
				rows := min(block, n-from)
				for s, id := range given {
					kernel.Dots(products[s*block:][:whole(rows)], w.row(id), w.unit[from*w.stride:], w.stride)
				}
				for i, q := range questions {
					a := products[slots[i][0]*block:][:rows]
					b := products[slots[i][1]*block:][:rows]
					c := products[slots[i][2]*block:][:rows]
					top := mine[i]
					for j, x := range a {
						score := b[j] - x + c[j]
						if score > top.score {
							if id := int32(from + j); id != q.a && id != q.b && id != q.c {
								top = best{score, id}
							}
						}
					}
					mine[i] = top
				}
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	answers := make([]int32, len(questions))
	for i := range answers {
		top := best{-8, -1}
		for _, mine := range found {
			// The lower row wins if scores are equal, whichever worker found it.
			if b := mine[i]; b.score > top.score || b.score == top.score && b.id < top.id {
				top = b
			}
		}
		answers[i] = top.id
	}
	return answers, nil
}

// WriteAnalogies writes the results, each as a table.
func WriteAnalogies(w io.Writer, results []*AnalogyResult) error {
	for _, r := range results {
		if _, err := r.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

// WriteTo writes the sections and totals as a table.
func (r *AnalogyResult) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-29s %9s %9s %9s %10s\n", "analogies", "accuracy", "correct", "covered", "questions")
	line := func(name string, s AnalogyScore) {
		accuracy := "-"
		if s.Covered > 0 {
			accuracy = fmt.Sprintf("%.4f", s.Accuracy)
		}
		fmt.Fprintf(&b, "%-29s %9s %9d %9d %10d\n", name, accuracy, s.Correct, s.Covered, s.Questions)
	}
	for _, s := range r.Sections {
		line("  "+s.Name, s.AnalogyScore)
	}
	line("semantic", r.Semantic)
	line("syntactic", r.Syntactic)
	if r.Other.Questions > 0 {
		line("other", r.Other)
	}
	line("all", r.AnalogyScore)
	fmt.Fprintf(&b, "among the %d most frequent words\n", r.Restrict)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}
