package evaluate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// AnalogyMethod is how the answers of an analogy are scored.
type AnalogyMethod string

// The methods.
const (
	Add3Cos AnalogyMethod = "3cosadd" // cosine with b - a + c (Mikolov et al., 2013)
	Mul3Cos AnalogyMethod = "3cosmul" // product of the cosines with b and c, divided by that with a (Levy and Goldberg, 2014)
)

// AnalogyMethods returns the methods, the default first.
func AnalogyMethods() []AnalogyMethod { return []AnalogyMethod{Add3Cos, Mul3Cos} }

// Summary describes a method in a few words.
func (m AnalogyMethod) Summary() string {
	if m == Mul3Cos {
		return "product of the cosines with B and C, each moved to 0..1, divided by that with A"
	}
	return "cosine with A - B + C"
}

// Terms are the words of a sum: those that are added and those that are subtracted.
type Terms struct{ Plus, Minus []string }

// String writes the sum as ParseTerms reads it.
func (t Terms) String() string {
	text := strings.Join(t.Plus, " + ")
	for _, w := range t.Minus {
		text += " - " + w
	}
	return text
}

// ParseTerms reads a sum of words such as "king - man + woman". Signs stand between spaces, so that words
// may contain hyphens. ok is false if there is no sign between two words.
func ParseTerms(text string) (t Terms, ok bool, err error) {
	fields := strings.Fields(text)
	if len(fields) < 2 { // a sign alone is a word
		return t, false, nil
	}
	sign, word := "+", ""
	flush := func() {
		if word == "" {
			return
		}
		if sign == "+" {
			t.Plus = append(t.Plus, word)
		} else {
			t.Minus = append(t.Minus, word)
		}
		word = ""
	}
	for i, f := range fields {
		if f != "+" && f != "-" {
			word = strings.TrimSpace(word + " " + f)
			continue
		}
		const example = "for example king - man + woman"
		switch {
		case i == len(fields)-1:
			return t, true, fault.New(example, "%q has no word after the last %s", text, f)
		case word == "" && i > 0:
			return t, true, fault.New(example, "%q has two signs in a row", text)
		}
		ok = true
		flush()
		sign = f
	}
	flush()
	if ok && len(t.Plus) == 0 {
		return t, true, fault.New("for example king - man + woman", "%q adds no word", text)
	}
	return t, ok, nil
}

// Sum returns the k words nearest to a sum of the unit vectors of words, excluding these.
func (w *WordVectors) Sum(t Terms, k int) ([]Neighbor, error) {
	v, ids, err := w.vectors(append(slices.Clone(t.Plus), t.Minus...)...)
	if err != nil {
		return nil, err
	}
	target := kernel.Aligned(w.stride)
	for i, x := range v {
		sign := float32(1)
		if i >= len(t.Plus) {
			sign = -1
		}
		kernel.Axpy(target, sign, x)
	}
	unit(target, target)
	return w.nearest(target, k, ids)
}

// mulEpsilon keeps the quotient of 3CosMul finite, as in gensim.
const mulEpsilon = 1e-6

// Product scores each word x by 3CosMul, the product of (1 + cos(x, p))/2 for the added words divided by
// that for the subtracted ones, and returns the best k, excluding the words of t.
func (w *WordVectors) Product(t Terms, k int) ([]Neighbor, error) {
	v, ids, err := w.vectors(append(slices.Clone(t.Plus), t.Minus...)...)
	if err != nil {
		return nil, err
	}
	cosines := make([]float32, 1024)
	below := make([]float32, 1024)
	return w.best(k, ids, func(from int, scores []float32) {
		for i := range scores {
			scores[i], below[i] = 1, 1
		}
		for j, x := range v {
			into := scores
			if j >= len(t.Plus) {
				into = below
			}
			kernel.Dots(cosines[:len(scores)], x, w.unit[from*w.stride:], w.stride)
			for i := range scores {
				into[i] *= (1 + cosines[i]) / 2
			}
		}
		for i := range scores {
			scores[i] /= below[i] + mulEpsilon
		}
	})
}

// Odd returns words with the cosines between their vectors and the mean of all of these unit vectors, the
// lowest first: it is the one that does not belong, as in gensim's doesnt_match.
func (w *WordVectors) Odd(words []string) ([]Neighbor, error) {
	v, _, err := w.vectors(words...)
	if err != nil {
		return nil, err
	}
	mean := kernel.Aligned(w.stride)
	for _, x := range v {
		kernel.Axpy(mean, 1, x)
	}
	unit(mean, mean)
	all := make([]Neighbor, len(words))
	for i, x := range v {
		all[i] = Neighbor{words[i], kernel.Dot(x, mean)}
	}
	slices.SortStableFunc(all, func(a, b Neighbor) int { return cmp.Compare(a.Score, b.Score) })
	return all, nil
}
