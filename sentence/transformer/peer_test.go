package transformer

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"
)

func TestTry(t *testing.T) {
	e, err := Open(context.Background(), "/tmp/h/tf")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := os.Open("/tmp/h/tf/gold.jsonl")
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<24)
	var texts []string
	var want [][]float32
	for s.Scan() {
		var r struct {
			Text   string
			Vector []float32
		}
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		texts, want = append(texts, r.Text), append(want, r.Vector)
	}
	got, n, err := e.EncodeBatch(context.Background(), texts, 0)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range texts {
		for j, v := range want[i] {
			if d := math.Abs(float64(got[i*384+j] - v)); d > worst {
				worst = d
				t.Logf("%d %q %d tokens: %g", i, texts[i][:min(len(texts[i]), 50)], n[i], d)
			}
		}
	}
	t.Log(len(texts), worst)
}
