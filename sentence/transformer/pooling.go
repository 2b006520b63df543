package transformer

import (
	"math"
	"strings"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Pooling is how the vectors of the tokens become the vector of the text. The vectors of several
// poolings are joined: "cls+mean".
type Pooling string

// The poolings, with the names of sentence-transformers.
const (
	Mean     Pooling = "mean"                 // of all tokens
	First    Pooling = "cls"                  // the first token's
	Max      Pooling = "max"                  // the largest value of each dimension
	MeanRoot Pooling = "mean_sqrt_len_tokens" // the sum, divided by the root of the number of tokens
	Rising   Pooling = "weightedmean"         // the mean, weighted by position from 1
	Last     Pooling = "lasttoken"            // the last token's, which marks the end
)

var poolings = []Pooling{Mean, First, Max, MeanRoot, Rising, Last}

func join(list []Pooling) Pooling {
	var names []string
	for _, p := range list {
		names = append(names, string(p))
	}
	return Pooling(strings.Join(names, "+"))
}

// Parts returns the poolings whose vectors are joined, usually one.
func (p Pooling) Parts() []Pooling {
	var list []Pooling
	for _, name := range strings.Split(string(p), "+") {
		list = append(list, Pooling(name))
	}
	return list
}

// Summary describes one pooling.
func (p Pooling) Summary() string {
	return map[Pooling]string{
		Mean: "the mean of the vectors of the tokens", First: "the vector of the first token", Max: "the largest value of each dimension among the tokens",
		MeanRoot: "the sum of the vectors of the tokens, divided by the root of their number", Rising: "the mean of the vectors of the tokens, weighted by their positions",
		Last: "the vector of the last token",
	}[p]
}

// A step changes the vector of a text after the pooling.
type step struct {
	dense int // number of the layer; -1: the vector is scaled to length 1
}

// dims returns the number of values of a vector of a text.
func (c *Config) dims() int {
	if n := len(c.Dense); n > 0 {
		return c.Dense[n-1].Out
	}
	return c.pooled()
}

// pooled returns the number of values after the pooling.
func (c *Config) pooled() int { return c.Width * len(c.Pooling.Parts()) }

// pool writes the vector of a text to dst. Its tokens have the vectors x; the first skip ones do not
// count.
func (e *Encoder) pool(s *scratch, dst, x []float32, skip int) {
	c := e.config
	if len(c.Dense) == 0 {
		e.poolParts(dst, x, skip)
		if c.Normalize {
			normalize(dst)
		}
		return
	}
	v := room(&s.pooled, c.pooled())
	e.poolParts(v, x, skip)
	for _, step := range c.steps {
		if step.dense < 0 {
			normalize(v)
			continue
		}
		out := make([]float32, c.Dense[step.dense].Out)
		c.Dense[step.dense].apply(out, v)
		v = out
	}
	copy(dst, v)
}

// poolParts writes the vectors of the poolings one after another.
func (e *Encoder) poolParts(dst, x []float32, skip int) {
	width := e.config.Width
	skip = min(skip, len(x)/width-1)
	for i, part := range e.config.Pooling.Parts() {
		poolOne(dst[i*width:(i+1)*width], x, skip, part)
	}
}

func poolOne(dst, x []float32, skip int, how Pooling) {
	width := len(dst)
	rest := x[skip*width:]
	n := len(rest) / width
	switch how {
	case First:
		copy(dst, rest)
	case Last:
		copy(dst, rest[len(rest)-width:])
	case Max:
		copy(dst, rest)
		for at := width; at < len(rest); at += width {
			for j, v := range rest[at : at+width] {
				dst[j] = max(dst[j], v)
			}
		}
	default:
		clear(dst)
		total := float64(n)
		for i := range n {
			row, weight := rest[i*width:(i+1)*width], float32(1)
			if how == Rising {
				weight = float32(skip + i + 1)
			}
			kernel.Axpy(dst, weight, row)
		}
		switch how {
		case Rising:
			total = float64(skip+1+skip+n) * float64(n) / 2
		case MeanRoot:
			total = math.Sqrt(total)
		}
		kernel.Scale(dst, float32(1/total))
	}
}

// normalize scales a vector to length 1.
func normalize(x []float32) {
	var square float64
	for _, v := range x {
		square += float64(v) * float64(v)
	}
	if length := math.Sqrt(square); length > 0 {
		for j := range x {
			x[j] = float32(float64(x[j]) / length)
		}
	}
}
