package index

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// A file that is truncated while it is open causes an error, in every goroutine that reads it.
func TestTruncatedWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be truncated")
	}
	const dim, n = 128, 2000
	labels, vectors := sequence(0, n), clustered(n, dim, 1)
	for _, o := range []Options{
		{Kind: Flat}, {Kind: HNSW, KeepVectors: KeepFloat32}, {Kind: Flat, Quantization: Int8, KeepVectors: KeepNone},
	} {
		o.Dim, o.M, o.EfConstruction = dim, 4, 10
		ix, err := New(o)
		if err == nil {
			err = ix.AddBatch(context.Background(), labels, vectors)
		}
		if err != nil {
			t.Fatal(err)
		}
		for what, read := range map[string]func(Index) error{
			"Search":      func(ix Index) error { _, err := ix.Search(vectors[:dim], 5, SearchOptions{}); return err },
			"SearchRange": func(ix Index) error { _, err := ix.SearchRange(vectors[:dim], 0.9, SearchOptions{}); return err },
			"SearchBatch": func(ix Index) error {
				_, err := ix.SearchBatch(context.Background(), vectors[:64*dim], 5, SearchOptions{})
				return err
			},
			"Verify": func(ix Index) error { _, err := ix.Verify(context.Background()); return err },
			"Add":    func(ix Index) error { return ix.Add(n, vectors[:dim]) }, // which checks the file first
		} {
			path := filepath.Join(t.TempDir(), "a.lvx")
			if err := SaveFile(path, ix, false); err != nil {
				t.Fatal(err)
			}
			open, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			if err := read(open); err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), "it was truncated while it was open") {
				t.Errorf("%+v, %s: error %v, hint %q", o, what, err, fault.Hint(err))
			}
		}
	}
}
