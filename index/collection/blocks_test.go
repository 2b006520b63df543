package collection

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
)

// Passages are the same when they are read for the first and the second time, alone, for the third time, with all
// of their blocks, and from the blocks that are kept.
func TestPassagesAgain(t *testing.T) {
	ctx := context.Background()
	const n = 3000
	texts := shortTexts(n, 400, 3)
	each := func(yield func(documents.Passage, error) bool) {
		for i, text := range texts {
			p := documents.Passage{Path: "a.md", ID: fmt.Sprint("id", i), Title: "w1 title", Heading: []string{"w2", fmt.Sprint("h", i)}, FirstLine: i + 1, LastLine: i + 1, Text: text,
				Fields: []documents.Field{{Name: "year", Value: int64(i)}}}
			if !yield(p, nil) {
				return
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(ctx, dir, randomEncoder(t, 400, 64), each, BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir)
	if blocks := len(c.store.segments[0].Blocks); blocks < 2 {
		t.Fatalf("%d blocks", blocks)
	}
	labels := []int64{2999, 0, 7, 1500, 7, 2998, 1}
	var first []Stored
	for round := range 4 {
		got, err := c.Passages(labels)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got {
			at := int(labels[i])
			if p.Label != labels[i] || p.Text != texts[at] || p.ID != fmt.Sprint("id", at) || p.Heading[1] != fmt.Sprint("h", at) || p.FirstLine != at+1 || len(p.Fields) != 1 || p.Fields[0].Value != int64(at) {
				t.Errorf("round %d, %d: %+v", round, at, p)
			}
		}
		if round == 0 {
			first = got
		} else if !reflect.DeepEqual(got, first) {
			t.Errorf("round %d: %+v, want %+v", round, got, first)
		}
	}
}
