package transformer

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

// plain is the network of the package comment in float64: one loop a line of the equations.
type plain struct {
	*Config
	tensors map[string]checkpoints.Tensor
	n       names
}

type rows [][]float64

func newPlain(t *testing.T, e *Encoder, dir string) plain {
	t.Helper()
	l := loader{}
	tensors, err := checkpoints.ReadTensors(context.Background(), dir+"/model.safetensors", l.wanted(namesOf[e.config.Architecture], e.config.Layers)...)
	if err != nil {
		t.Fatal(err)
	}
	return plain{e.config, tensors, namesOf[e.config.Architecture]}
}

func (p plain) row(name string, i int) []float64 {
	var x []float64
	for _, v := range p.tensors[name].Row(i) {
		x = append(x, float64(v))
	}
	return x
}

// linear returns x·Wᵀ + b.
func (p plain) linear(x rows, name string) rows {
	w, b := p.tensors[name+".weight"], p.row(name+".bias", 0)
	y := make(rows, len(x))
	for i := range x {
		y[i] = make([]float64, w.Rows())
		for j := range y[i] {
			y[i][j] = b[j]
			for k, v := range w.Row(j) {
				y[i][j] += x[i][k] * float64(v)
			}
		}
	}
	return y
}

func (p plain) layerNorm(x rows, name string) rows {
	gain, bias := p.row(name+".weight", 0), p.row(name+".bias", 0)
	y := make(rows, len(x))
	for i := range x {
		var mean, variance float64
		for _, v := range x[i] {
			mean += v / float64(len(x[i]))
		}
		for _, v := range x[i] {
			variance += (v - mean) * (v - mean) / float64(len(x[i]))
		}
		for j, v := range x[i] {
			y[i] = append(y[i], (v-mean)/math.Sqrt(variance+p.Epsilon)*gain[j]+bias[j])
		}
	}
	return y
}

// weights are the attention weights of token i.
func (p plain) weights(q, k rows, h, i int) []float64 {
	d := p.Width / p.Heads
	weights, total := make([]float64, len(k)), 0.0
	for j := range k {
		for c := h * d; c < (h+1)*d; c++ {
			weights[j] += q[i][c] * k[j][c] / math.Sqrt(float64(d))
		}
		if p.n.distance != "" {
			weights[j] += p.row(p.n.distance+".weight", bucket(j-i, 32))[h]
		}
		weights[j] = math.Exp(weights[j])
		total += weights[j]
	}
	for j := range weights {
		weights[j] /= total
	}
	return weights
}

func (p plain) attention(x rows, layer string) rows {
	q, k, v := p.linear(x, p.at(layer, p.n.query)), p.linear(x, p.at(layer, p.n.key)), p.linear(x, p.at(layer, p.n.value))
	d := p.Width / p.Heads
	mixed := make(rows, len(x))
	for i := range x {
		mixed[i] = make([]float64, p.Width)
		for h := range p.Heads {
			for j, weight := range p.weights(q, k, h, i) {
				for c := h * d; c < (h+1)*d; c++ {
					mixed[i][c] += weight * v[j][c]
				}
			}
		}
	}
	return p.linear(mixed, p.at(layer, p.n.out))
}

func (p plain) at(layer, name string) string { return strings.Replace(name, "%d", layer, 1) }

func add(x, y rows) rows {
	for i := range x {
		for j := range x[i] {
			x[i][j] += y[i][j]
		}
	}
	return x
}

func (p plain) activate(x rows) rows {
	for i := range x {
		for j, v := range x[i] {
			switch p.Activation {
			case "relu":
				x[i][j] = max(0, v)
			case "gelu_new":
				x[i][j] = v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
			default:
				x[i][j] = v / 2 * (1 + math.Erf(v/math.Sqrt2))
			}
		}
	}
	return x
}

// layers returns the vectors of the tokens after each layer, from the first table on.
func (p plain) layers(ids []int32) []rows {
	x := make(rows, len(ids))
	for i, id := range ids {
		x[i] = p.row(p.n.tokens+".weight", int(id))
		position := p.row(p.n.positions+".weight", p.firstPosition+i)
		for j := range x[i] {
			x[i][j] += position[j]
			if p.n.kind != "" {
				x[i][j] += p.row(p.n.kind+".weight", 0)[j]
			}
		}
	}
	all := []rows{p.layerNorm(x, p.n.norm)}
	for i := range p.Layers {
		layer, x := string(rune('0'+i)), all[i]
		x = p.layerNorm(add(p.attention(x, layer), x), p.at(layer, p.n.norm1))
		inner := p.activate(p.linear(x, p.at(layer, p.n.first)))
		all = append(all, p.layerNorm(add(p.linear(inner, p.at(layer, p.n.second)), x), p.at(layer, p.n.norm2)))
	}
	return all
}

// Every layer equals the equations, whatever shares the batch.
func TestLayersEqualThePlainNetwork(t *testing.T) {
	for _, name := range architectures {
		e := open(t, name)
		p := newPlain(t, e, "testdata/"+name)
		texts, _ := golden(t, "testdata/"+name+"/golden.jsonl")
		var batch []input
		for i, text := range texts[:8] {
			ids, _ := e.tokenizer.encode(nil, text, e.config.MaxTokens)
			batch = append(batch, input{at: i, ids: ids})
		}
		var s scratch
		total := 0
		for _, in := range batch {
			total += len(in.ids)
		}
		x := make([]float32, total*e.config.Width)
		e.embed(x, batch)
		for depth := range e.config.Layers + 1 {
			if depth > 0 {
				e.attend(&s, depth-1, x, batch)
				e.transform(&s, &e.weights.layers[depth-1], x)
			}
			at := 0
			for _, in := range batch {
				for i, row := range p.layers(in.ids)[depth] {
					for j, want := range row {
						if got := float64(x[at]); !(math.Abs(got-want) <= 2e-5*max(1, math.Abs(want))) {
							t.Fatalf("%s: layer %d, token %d of %q: value %d is %g, want %g", name, depth, i, texts[in.at], j, got, want)
						}
						at++
					}
				}
			}
		}
	}
}
