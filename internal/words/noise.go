package words

import (
	"math"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Noise draws negative samples: word w with a probability proportional to
// count(w)^exponent, by Walker's alias method (Walker, 1977; the table is
// filled as in Vose, 1991). A draw reads one column.
type Noise struct {
	columns []column
}

// column is one column of the table; its two numbers share a cache line.
type column struct {
	accept uint32 // accept/2³²: the probability of the word of the column
	alias  int32  // the word otherwise
}

// NewNoise returns the noise distribution of v.
func NewNoise(v *tokenize.Vocabulary, exponent float64) *Noise {
	n := v.Len()
	weight := make([]float64, n)
	sum := 0.0
	for i := range weight {
		if n := v.Count(int32(i)); n > 0 { // words that do not occur are not drawn, whatever the exponent
			weight[i] = math.Pow(float64(n), exponent)
		}
		sum += weight[i]
	}
	noise := &Noise{make([]column, n)}
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
	if uint32(r) <= c.accept {
		return int32(i)
	}
	return c.alias
}
