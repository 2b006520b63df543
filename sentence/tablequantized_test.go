package sentence

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// quantizedLayers returns an encoder's layers with random quantized tables, and the same with the
// tables as float32.
func quantizedLayers(t *testing.T, d checkpoints.DType, cols int, pooling Pooling, grams bool) (small, full Layers) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, uint64(cols)))
	words := []string{"one", "two", "three", "four"}
	v, err := tokenize.NewVocabulary(words, []int64{4, 3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	table := func(rows int) checkpoints.Tensor {
		q := &checkpoints.Quantized{DType: d, Cols: cols}
		q.Codes = make([]byte, 2*q.CodeBytes())
		for i := range q.Codes {
			q.Codes[i] = byte(r.Uint32())
		}
		for i := range rows {
			q.Scales, q.Mapping = append(q.Scales, float32(r.NormFloat64())), append(q.Mapping, int32(i%2))
		}
		if d == checkpoints.PQ {
			for range q.CodeBytes() * 1024 {
				q.Codebook = append(q.Codebook, float32(r.NormFloat64()))
			}
		}
		return checkpoints.Tensor{Shape: []int{rows, cols}, Quantized: q}
	}
	small = Layers{Tokenizer: tokenizer, Embedding: table(4), Pooling: pooling, Normalize: true}
	if pooling == SIF {
		small.Weights = &checkpoints.Tensor{Shape: []int{4}, Data: []float32{0.1, 0.5, 0.9, 1}}
	}
	if grams {
		if small.NGrams, err = tokenize.NewNGrams(v, tokenize.NGramOptions{Min: 2, Max: 3, Buckets: 50}); err != nil {
			t.Fatal(err)
		}
		x := table(small.NGrams.Rows())
		small.NGramTable = &x
	}
	full = small
	if full.Embedding, err = small.Embedding.Expanded(); err != nil {
		t.Fatal(err)
	}
	if grams {
		x, err := small.NGramTable.Expanded()
		if err != nil {
			t.Fatal(err)
		}
		full.NGramTable = &x
	}
	return small, full
}

// A quantized table gives the vectors of the same table in float32, to the bit.
func TestQuantizedTable(t *testing.T) {
	texts := []string{"one two three", "four", "one one unknown", "onetwo fourth", "", "unknown", "two three four one two"}
	for _, d := range checkpoints.DTypes[1:] {
		for _, cols := range []int{1, 7, 16, 100, 256} {
			for _, pooling := range Poolings {
				for _, grams := range []bool{false, true} {
					what := fmt.Sprintf("%s, %d columns, pooling %s, n-grams %v", d, cols, pooling, grams)
					small, full := quantizedLayers(t, d, cols, pooling, grams)
					a, err := New(small)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					b, err := New(full)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					got, known, err := a.EncodeBatch(context.Background(), texts, 2)
					if err != nil {
						t.Fatal(err)
					}
					want, knownBefore, err := b.EncodeBatch(context.Background(), texts, 1)
					if err != nil {
						t.Fatal(err)
					}
					same := slices.Equal(got, want)
					if cols < 16 { // the plain Go loops round otherwise
						same = largest(got, want) < 1e-6
					}
					if !same || !slices.Equal(known, knownBefore) {
						t.Errorf("%s: differs by %g", what, largest(got, want))
					}
					one := make([]float32, cols)
					if _, err := a.Encode(one, texts[0]); err != nil || largest(one, got[:cols]) > 1e-6 {
						t.Errorf("%s: Encode differs from EncodeBatch by %g, %v", what, largest(one, got[:cols]), err)
					}
					x, err := a.Explain(texts[0])
					if err != nil || largest(x.Vector, one) > 1e-6 {
						t.Errorf("%s: Explain differs by %g, %v", what, largest(x.Vector, one), err)
					}
					if c := a.Checkpoint(); c.Embedding().Quantized == nil {
						t.Errorf("%s: Checkpoint has expanded the table", what)
					}
				}
			}
		}
	}
}

func largest(a, b []float32) (d float32) {
	for i := range a {
		d = max(d, a[i]-b[i], b[i]-a[i])
	}
	return d
}

// Weights fold into a quantized table as into any other.
func TestQuantizedFold(t *testing.T) {
	small, _ := quantizedLayers(t, checkpoints.Int8, 32, SIF, false)
	e, err := New(small)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := e.Fold()
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float32, 32), make([]float32, 32)
	for _, text := range []string{"one two four", "three"} {
		if _, err := e.Encode(a, text); err != nil {
			t.Fatal(err)
		}
		if _, err := folded.Encode(b, text); err != nil {
			t.Fatal(err)
		}
		if largest(a, b) > 1e-6 {
			t.Errorf("%s: differs by %g", text, largest(a, b))
		}
	}
}

func TestQuantizedTableErrors(t *testing.T) {
	for _, change := range []func(q *checkpoints.Quantized){
		func(q *checkpoints.Quantized) { q.Mapping[0] = 2 },
		func(q *checkpoints.Quantized) { q.Codes = q.Codes[1:] },
		func(q *checkpoints.Quantized) { q.DType = "int2" },
		func(q *checkpoints.Quantized) { q.Scales = q.Scales[1:] },
	} {
		small, _ := quantizedLayers(t, checkpoints.Int8, 32, Mean, false)
		change(small.Embedding.Quantized)
		if _, err := New(small); err == nil {
			t.Error("no error")
		}
	}
}

// A quantized table of a mapped file gives the vectors of one in memory, is used where it is, and
// reports damaged bytes instead of using them.
func TestQuantizedMapped(t *testing.T) {
	for _, d := range checkpoints.DTypes[1:] {
		small, _ := quantizedLayers(t, d, 100, Mean, true)
		e, err := New(small)
		if err != nil {
			t.Fatal(err)
		}
		dir := written(t, small)
		mapped, err := Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		table, ok := mapped.table.(*quantizedTable)
		if !ok {
			t.Fatalf("%s: the table is a %T", d, mapped.table)
		}
		if !table.tensorOf.Mapped() {
			t.Skip("files cannot be mapped")
		}
		texts := []string{"one two three", "onetwo", "four"}
		got, _, err := mapped.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := e.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: differs by %g", d, largest(got, want))
		}
		// A copy of the model, from the mapped one.
		again := filepath.Join(t.TempDir(), "again")
		if err := checkpoints.Write(context.Background(), again, mapped.Checkpoint(), checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		a, err1 := os.ReadFile(filepath.Join(dir, checkpoints.ModelFile))
		b, err2 := os.ReadFile(filepath.Join(again, checkpoints.ModelFile))
		if err1 != nil || err2 != nil || !slices.Equal(a, b) {
			t.Errorf("%s: the copy differs, %v, %v", d, err1, err2)
		}
		// One changed byte of the codes.
		q := small.Embedding.Quantized
		at := bytes.Index(a, q.Codes)
		if at < 0 {
			t.Fatalf("%s: no codes in the file", d)
		}
		a[at] ^= 1
		if err := os.WriteFile(filepath.Join(dir, checkpoints.ModelFile), a, 0o666); err != nil {
			t.Fatal(err)
		}
		if mapped, err = Open(context.Background(), dir); err == nil {
			_, _, err = mapped.EncodeBatch(context.Background(), texts, 1)
		}
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: damaged: %v", d, err)
		}
	}
}
