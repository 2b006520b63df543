package transformer

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// architectures are the folders of testdata: tiny random networks.
var architectures = []string{"bert", "distilbert", "roberta", "xlm-roberta", "mpnet"}

func open(t testing.TB, name string) *Encoder {
	t.Helper()
	e, err := Open(context.Background(), filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// golden returns texts and their vectors by sentence-transformers 6.2.0, in float32.
func golden(t testing.TB, path string) (texts []string, vectors [][]float32) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var row struct {
			Text   string
			Vector []float32
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		texts, vectors = append(texts, row.Text), append(vectors, row.Vector)
	}
	if err := lines.Err(); err != nil || len(texts) == 0 {
		t.Fatal(err)
	}
	return texts, vectors
}

func compareGolden(t *testing.T, e *Encoder, path string) {
	t.Helper()
	texts, want := golden(t, path)
	for _, threads := range []int{1, 3} {
		got, _, err := e.EncodeBatch(context.Background(), texts, threads)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			for j, v := range want[i] {
				if d := math.Abs(float64(got[i*e.Dim()+j] - v)); !(d <= 1e-5*max(1, math.Abs(float64(v)))) {
					t.Fatalf("%q: value %d is %g, want %g", text, j, got[i*e.Dim()+j], v)
				}
			}
		}
	}
}

func TestAgainstSentenceTransformers(t *testing.T) {
	for _, name := range architectures {
		t.Run(name, func(t *testing.T) {
			compareGolden(t, open(t, name), filepath.Join("testdata", name, "golden.jsonl"))
		})
	}
}
