package transformer

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// The weights that are shown are those of the equations, and the tokens those that are computed with.
func TestExplain(t *testing.T) {
	for _, name := range architectures {
		e := open(t, name)
		p := newPlain(t, e, "testdata/"+name)
		const text = "a bank of the river"
		x, err := e.Explain(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		vectors, tokens, err := e.EncodeBatch(context.Background(), []string{text}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Tokens) != tokens[0] || len(x.Attention) != e.config.Layers*e.config.Heads {
			t.Fatalf("%s: %d tokens, want %d; weights of %d heads", name, len(x.Tokens), tokens[0], len(x.Attention))
		}
		for j, v := range vectors {
			if v != x.Vector[j] {
				t.Fatalf("%s: value %d is %g, want %g", name, j, x.Vector[j], v)
			}
		}
		var ids []int32
		for _, s := range x.Tokens {
			ids = append(ids, s.ID)
		}
		all := p.layers(ids)
		for _, a := range x.Attention {
			layer := string(rune('0' + a.Layer - 1))
			in := all[a.Layer-1]
			q, k := p.linear(in, p.at(layer, p.n.query)), p.linear(in, p.at(layer, p.n.key))
			for i := range ids {
				for j, want := range p.weights(q, k, a.Head-1, i) {
					if got := float64(a.Weights[i][j]); math.Abs(got-want) > 1e-5 {
						t.Fatalf("%s: layer %d, head %d: token %d takes %g from token %d, want %g", name, a.Layer, a.Head, i, got, j, want)
					}
				}
			}
		}
		for i, s := range x.Tokens {
			for j, want := range all[e.config.Layers][i] {
				if math.Abs(float64(s.Vector[j])-want) > 2e-5*max(1, math.Abs(want)) {
					t.Fatalf("%s: token %d: value %d is %g, want %g", name, i, j, s.Vector[j], want)
				}
			}
		}
		for _, row := range x.Mean(1, 0) {
			sum := 0.0
			for _, v := range row {
				sum += v
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Errorf("%s: the mean weights of a token add up to %g", name, sum)
			}
		}
		if x, err := e.Explain(context.Background(), strings.Repeat("a ", 100)); err != nil || x.Truncated == 0 {
			t.Errorf("%s: a long text: %v", name, err)
		}
	}
}

// The weights are those of the reference library (output_attentions).
func TestExplainAgainstTransformers(t *testing.T) {
	f, err := os.Open("testdata/attention.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shown := map[string]*Explanation{}
	lines := bufio.NewScanner(f)
	n := 0
	for ; lines.Scan(); n++ {
		var row struct {
			Folder, Text string
			IDs          []int32
			Layer, Head  int
			Weights      [][]float64
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if shown[row.Folder] == nil {
			if shown[row.Folder], err = open(t, row.Folder).Explain(context.Background(), row.Text); err != nil {
				t.Fatal(err)
			}
			for i, s := range shown[row.Folder].Tokens {
				if s.ID != row.IDs[i] {
					t.Fatalf("%s: token %d is %d, want %d", row.Folder, i, s.ID, row.IDs[i])
				}
			}
		}
		got := shown[row.Folder].Mean(row.Layer, row.Head)
		for i, want := range row.Weights {
			for j, v := range want {
				if math.Abs(got[i][j]-v) > 1e-5 {
					t.Fatalf("%s, layer %d, head %d: token %d takes %g from token %d, want %g", row.Folder, row.Layer, row.Head, i, got[i][j], j, v)
				}
			}
		}
	}
	if n != 16 {
		t.Errorf("%d heads", n)
	}
}
