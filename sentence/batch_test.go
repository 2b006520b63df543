package sentence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func batchTexts1000(words []string) []string {
	texts := make([]string, 1000)
	for i := range texts {
		var b strings.Builder
		for j := range i % 7 {
			fmt.Fprintf(&b, "%s ", words[(i*31+j*17)%len(words)])
		}
		texts[i] = b.String() + "unheard"
	}
	return texts
}

func TestEncodeBatchKeepsOrder(t *testing.T) {
	enc, err := New(randomLayers(t, shape{20, 9, 5, true}, 60))
	if err != nil {
		t.Fatal(err)
	}
	texts := batchTexts1000(enc.tokenizer.Vocabulary().Tokens())
	want := make([]float32, len(texts)*enc.Dim())
	for i, text := range texts {
		if n, err := enc.Encode(want[i*5:(i+1)*5], text); err != nil || n != i%7 {
			t.Fatalf("text %d: %d known, %v", i, n, err)
		}
	}
	for _, threads := range []int{0, 1, 2, 7} {
		got, known, err := enc.EncodeBatch(context.Background(), texts, threads)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d threads: vectors differ from those of Encode", threads)
		}
		for i, n := range known {
			if n != i%7 {
				t.Fatalf("%d threads: text %d has %d known tokens, want %d", threads, i, n, i%7)
			}
		}
	}
	got, known, err := enc.EncodeBatch(context.Background(), nil, 2)
	if len(got) != 0 || len(known) != 0 || err != nil {
		t.Errorf("no texts: %v, %v, %v", got, known, err)
	}
}

func TestEncodeBatchCancelled(t *testing.T) {
	enc, err := New(randomLayers(t, shape{dim: 4}, 10))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, texts := range [][]string{nil, {"waa"}, batchTexts1000([]string{"waa"})} {
		if v, _, err := enc.EncodeBatch(ctx, texts, 2); !errors.Is(err, context.Canceled) || v != nil {
			t.Errorf("%d texts: err = %v", len(texts), err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, s := range map[string]shape{"table": {dim: 100}, "layers": {100, 64, 32, true}} {
		enc, err := New(randomLayers(b, s, 600))
		if err != nil {
			b.Fatal(err)
		}
		text := strings.Join(enc.tokenizer.Vocabulary().Tokens()[:12], " ")
		b.Run(name, func(b *testing.B) {
			v := make([]float32, enc.Dim())
			b.ReportAllocs()
			for b.Loop() {
				enc.Encode(v, text)
			}
		})
	}
}

// Goroutines that need the same outputs of Linear for the first time wait for each other.
func TestEncodeBatchFeatures(t *testing.T) {
	for range 20 {
		enc, err := New(randomLayers(t, shape{20, 90, 5, true}, 60))
		if err != nil {
			t.Fatal(err)
		}
		texts := batchTexts1000(enc.tokenizer.Vocabulary().Tokens())
		got, _, err := enc.EncodeBatch(context.Background(), texts, 4)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, 5)
		for i, text := range texts {
			if _, err := enc.Encode(want, text); err != nil || !slices.Equal(got[i*5:(i+1)*5], want) {
				t.Fatalf("text %d: %v, want %v, error %v", i, got[i*5:(i+1)*5], want, err)
			}
		}
	}
}
