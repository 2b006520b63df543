package collection

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/luminavec/luminavec/index"
)

// A collection that is opened for words answers as another one, even if its model is gone, and says that it
// has none where one is needed.
func TestOpenWords(t *testing.T) {
	ctx := context.Background()
	m := randomEncoder(t, 400, 256)
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(ctx, dir, m, yield(nil, shortTexts(3000, 400, 1)...), BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	q := Question{Text: "w1 w77 w300", Mode: "bm25", GroupBy: GroupByFile}
	want, err := open1(t, dir).Ask(ctx, q)
	if err != nil || len(want.Hits) == 0 {
		t.Fatalf("%+v (%v)", want, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, modelDir)); err != nil {
		t.Fatal(err)
	}
	c, err := OpenWords(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := c.Ask(ctx, q); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	if c.Model() != nil || c.PassageModel() != nil || c.Len() != 3000 {
		t.Errorf("model %v, %v, %d passages", c.Model(), c.PassageModel(), c.Len())
	}
	for name, ask := range map[string]func() error{
		"Ask":     func() error { _, err := c.Ask(ctx, Question{Text: "w1"}); return err },
		"Query":   func() error { _, err := c.Query(ctx, "w1", 3, index.SearchOptions{}); return err },
		"Similar": func() error { _, err := c.Similar(ctx, []int64{1}, nil, 3, false); return err },
		"Vectors": func() error { _, err := c.Vectors(ctx); return err },
	} {
		if err := ask(); !errors.Is(err, errWords) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
