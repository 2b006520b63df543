package pairs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
)

func BenchmarkEachText(b *testing.B) {
	const n = 100_000
	words := "the quick brown fox jumps over the lazy dog while it rains"
	var tsv, csv, jsonl strings.Builder
	for i := range n {
		x, y := words[i%20:], words[:30+i%20]
		fmt.Fprintf(&tsv, "%s\t%s\n", x, y)
		fmt.Fprintf(&csv, "\"%s, \"\"%d\"\"\",%s\n", x, i, y)
		record, err := json.Marshal(map[string]any{"id": i, "anchor": x, "positive": y})
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&jsonl, "%s\n", record)
	}
	for name, content := range map[string]string{"x.tsv": tsv.String(), "x.csv": csv.String(), "x.jsonl": jsonl.String()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				sources := []Source{{Source: text.FromBytes(name, []byte(content))}}
				if _, err := EachText(context.Background(), sources, Options{}, func([]byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
