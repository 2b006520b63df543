package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/index"
)

// Vectors that another program wrote get the numbers of their rows as labels.
func TestFiller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.txt")
	if err := os.WriteFile(path, []byte("a 1 2\nb 3 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &filler{ctx: context.Background(), path: path, options: index.Options{Kind: index.Flat, Metric: index.Dot}}
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	if err := f.flush(); err != nil {
		t.Fatal(err)
	}
	for label, want := range map[int64]string{0: "[1 2]", 1: "[3 4]"} {
		if v, ok := f.index.Vector(label); !ok || fmt.Sprint(v) != want {
			t.Errorf("row %d is %v, want %s", label, v, want)
		}
	}
}
