package plot

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestRecall(t *testing.T) {
	series := []Series{{"ours", []float64{0.7, 0.9, 0.99}, []float64{9000, 4000, 500}}, {"theirs", []float64{0.8}, []float64{100}}}
	for name, magic := range map[string]string{"a.svg": "<?xml", "a.png": "\x89PNG"} {
		path := filepath.Join(t.TempDir(), name)
		for range 2 { // the second time, it replaces the file
			if err := Recall(path, "nearest neighbors", series); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(got, []byte(magic)) {
			t.Errorf("%s begins with %.20q: error %v", name, got, err)
		}
	}
	for name, series := range map[string][]Series{
		"slow":    {{"exact", []float64{1}, []float64{0.5}}},
		"stopped": {{"exact", []float64{1, 1}, []float64{0, 2}}},
		"short":   {{"exact", []float64{1, 1}, []float64{2}}},
		"empty":   {{"exact", nil, nil}},
		"none":    nil,
		"too far": {{"exact", []float64{1}, []float64{math.Inf(1)}}},
	} {
		path := filepath.Join(t.TempDir(), "a.svg")
		if err := Recall(path, "", series); (err == nil) != (name == "slow") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := Recall("a.gif", "", nil); err == nil || fault.Hint(err) == "" {
		t.Errorf("a.gif: error %v", err)
	}
}
