package exchange

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"
)

// BenchmarkVectors reads 20,000 words of 100 dimensions, as gensim would write
// them, without making a model of them.
func BenchmarkVectors(b *testing.B) {
	c := randomModel(b, 20_000, 100)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range c.Embedding().Data {
		c.Embedding().Data[i] = float32(rng.NormFloat64())
	}
	for _, format := range []string{"word2vec", "word2vec-bin"} {
		b.Run(format, func(b *testing.B) {
			var file bytes.Buffer
			if err := Export(context.Background(), &file, c, format); err != nil {
				b.Fatal(err)
			}
			path := fileOf(b, "vectors", file.String())
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			for b.Loop() {
				v, err := Open(context.Background(), path, Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := v.Each(context.Background(), func(Row) error { return nil }); err != nil {
					b.Fatal(err)
				}
				v.Close()
			}
		})
	}
}
