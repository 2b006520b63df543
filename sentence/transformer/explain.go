package transformer

import (
	"context"
	"math"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// Explanation shows how a text becomes a vector.
type Explanation struct {
	Text      string      `json:"text"`
	Prompt    string      `json:"prompt,omitempty"` // before the text
	Tokens    []Seen      `json:"tokens"`
	Truncated int         `json:"truncated"` // tokens beyond the limit, which are not used
	Attention []Attention `json:"attention"` // layer by layer, head by head
	Pooling   Pooling     `json:"pooling"`
	Length    float64     `json:"length"` // of the pooled vector
	Normalize bool        `json:"normalize"`
	Vector    []float32   `json:"vector"`
}

// Seen is a token of a text.
type Seen struct {
	Token    string    `json:"token"`
	ID       int32     `json:"id"`
	Position int       `json:"position"` // row of the table of positions
	Cosine   float64   `json:"cosine"`   // between Vector and the pooled vector, of several poolings that of the first
	Vector   []float32 `json:"vector"`   // after the last layer
}

// Attention has the weights of a head: row i says how much token i takes from each token, and its sum
// is 1.
type Attention struct {
	Layer   int         `json:"layer"` // from 1
	Head    int         `json:"head"`  // from 1
	Weights [][]float32 `json:"weights"`
}

// maxExplained limits the tokens of a text to be explained: the weights grow with their square.
const maxExplained = 512

// Explain computes the vector of a text, with all attention weights.
func (e *Encoder) Explain(ctx context.Context, text string) (*Explanation, error) {
	ids, length := e.tokenizer.encode(nil, e.prompt+text, e.config.MaxTokens)
	if len(ids) > maxExplained {
		return nil, fault.New("explain a shorter text", "the text has %d tokens; at most %d can be explained", length, maxExplained)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x := &Explanation{Text: text, Prompt: e.prompt, Truncated: length - len(ids), Pooling: e.config.Pooling, Normalize: e.config.Normalize,
		Vector: make([]float32, e.Dim())}
	n, width := len(ids), e.config.Width
	var s scratch
	s.watch = func(layer, head int, weights []float32) {
		a := Attention{Layer: layer + 1, Head: head + 1}
		for at := 0; at < n*n; at += n {
			a.Weights = append(a.Weights, slices.Clone(weights[at:at+n]))
		}
		x.Attention = append(x.Attention, a)
	}
	e.run(&s, []input{{ids: ids, skip: e.skip}}, x.Vector)
	pooled := make([]float32, e.config.pooled())
	e.poolParts(pooled, s.x[:n*width], e.skip)
	part := pooled[:width]
	for i, id := range ids {
		own := slices.Clone(s.x[i*width : (i+1)*width])
		x.Tokens = append(x.Tokens, Seen{Token: e.tokenizer.Vocabulary().Token(id), ID: id, Position: e.config.firstPosition + i,
			Cosine: dot(own, part) / math.Sqrt(dot(own, own)*dot(part, part)), Vector: own})
	}
	x.Length = math.Sqrt(dot(pooled, pooled))
	return x, nil
}

func dot(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// Mean returns the mean weights of heads of a layer, both from 1; head 0 stands for all heads.
func (x *Explanation) Mean(layer, head int) [][]float64 {
	n := len(x.Tokens)
	sum := make([][]float64, n)
	for i := range sum {
		sum[i] = make([]float64, n)
	}
	heads := 0.0
	for _, a := range x.Attention {
		if a.Layer != layer || head != 0 && a.Head != head {
			continue
		}
		heads++
		for i, row := range a.Weights {
			for j, v := range row {
				sum[i][j] += float64(v)
			}
		}
	}
	for _, row := range sum {
		for j := range row {
			row[j] /= heads
		}
	}
	return sum
}
