package words

import (
	"cmp"
	"math"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Noise draws negative samples: word w with a probability proportional to
// count(w)^exponent, by Walker's alias method (Walker, 1977; the table is
// filled as in Vose, 1991). A draw reads one column.
type Noise struct {
	columns []column
	words   []int32 // the words of the columns; nil: 0, 1, 2, …
}

// column is one column of the table; its two numbers share a cache line.
type column struct {
	accept uint32 // accept/2³²: the probability of the word of the column
	alias  int32  // the word otherwise
}

// NewNoise returns the noise distribution of v.
func NewNoise(v *tokenize.Vocabulary, exponent float64) *Noise {
	return aliasTable(noiseWeights(v, exponent))
}

func noiseWeights(v *tokenize.Vocabulary, exponent float64) []float64 {
	weight := make([]float64, v.Len())
	for i := range weight {
		if n := v.Count(int32(i)); n > 0 { // words that do not occur are not drawn, whatever the exponent
			weight[i] = math.Pow(float64(n), exponent)
		}
	}
	return weight
}

// aliasTable returns the distribution proportional to weight, which it overwrites.
func aliasTable(weight []float64) *Noise {
	n := len(weight)
	sum := 0.0
	for _, w := range weight {
		sum += w
	}
	noise := &Noise{columns: make([]column, n)}
	var small, large []int32
	for i := range weight {
		weight[i] *= float64(n) / sum // mean 1
		noise.columns[i].alias = int32(i)
		if weight[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		noise.columns[s] = column{threshold(weight[s]), l}
		weight[l] -= 1 - weight[s]
		if weight[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) { // rounding leaves some at 1
		noise.columns[i].accept = math.MaxUint32
	}
	return noise
}

// threshold returns p as a fraction of 2³², for p in [0, 1].
func threshold(p float64) uint32 {
	return uint32(min(p*(1<<32), math.MaxUint32))
}

// Draw returns a word for the 64 random bits r.
func (n *Noise) Draw(r uint64) int32 {
	i := (r >> 32) * uint64(len(n.columns)) >> 32
	c := n.columns[i]
	id := int32(i)
	if uint32(r) > c.accept {
		id = c.alias
	}
	if n.words != nil {
		return n.words[id]
	}
	return id
}

// Workers that share tables without locks slow each other down where they write the same rows: a
// write takes the row out of the caches of all other processors, which then wait for it. Most rows
// that a window writes are those of its negative samples. So each worker draws its negatives from a
// part of the vocabulary of its own, T times as often as from all of it, with T workers:
//
//	          the   of   …   | river  church  …  | orange  …
//	worker 0   ×              |   ×               |            a part has 1/T of the noise
//	worker 1   ×              |         ×         |   ×
//
// Workers take blocks at random, so each word meets the same negatives as with one worker, and as
// often. A word that would be more than mostOfPart of its part is drawn by all workers.

// mostOfPart is the greatest share of a part's noise that one word may have.
const mostOfPart = 0.05

// leastPart is the least number of words in a part: negatives from few words would be too much alike.
const leastPart = 1000

// NoiseParts is the largest number of parts. It is a variable for the benchmark, as SpreadRows is.
var NoiseParts = 64

// divideNoise gives each of several workers its part of the noise.
func (t *wordTrainer) divideNoise() {
	if o := &t.options; o.Threads > 1 && !o.Deterministic && o.Loss != LossHS {
		t.noise = noiseParts(t.run.Corpus.Vocabulary(), o.NoiseExponent, min(o.Threads, NoiseParts))
	}
}

// noiseParts divides the noise among so many workers, or fewer if the vocabulary is small; some of
// them then share a part. It returns the parts, a single one if it cannot be divided.
func noiseParts(v *tokenize.Vocabulary, exponent float64, workers int) []*Noise {
	weight := noiseWeights(v, exponent)
	total := 0.0
	occur := 0
	for _, w := range weight {
		total += w
		if w > 0 {
			occur++
		}
	}
	n := min(workers, occur/leastPart)
	if n < 2 {
		return []*Noise{aliasTable(weight)}
	}
	order := make([]int32, len(weight))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(weight[b], weight[a]) })
	words, weights, sums := make([][]int32, n), make([][]float64, n), make([]float64, n)
	give := func(to int, id int32, w float64) {
		words[to], weights[to] = append(words[to], id), append(weights[to], w)
	}
	for _, id := range order {
		switch w := weight[id]; {
		case w == 0:
		case w*float64(n) > mostOfPart*total:
			for i := range n {
				give(i, id, w/float64(n))
			}
		default: // to the part that has the least so far
			least := 0
			for i := range sums {
				if sums[i] < sums[least] {
					least = i
				}
			}
			sums[least] += w
			give(least, id, w)
		}
	}
	parts := make([]*Noise, n)
	for i := range parts {
		parts[i] = aliasTable(weights[i])
		parts[i].words = words[i]
	}
	return parts
}
