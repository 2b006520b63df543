package index

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// withoutCodes is set while eachKind leaves out those with quantization.
var withoutCodes bool

// withBlocks makes small files have blocks.
func withBlocks(t testing.TB) {
	before := blockedFrom
	blockedFrom = 0
	t.Cleanup(func() { blockedFrom = before })
}

// answers returns the results of every kind of search for a few queries, or the first error.
func answers(ix Index, queries []float32) (all [][]Result, err error) {
	dim := ix.Options().Dim
	for at := 0; at < len(queries); at += dim {
		q := queries[at : at+dim]
		for _, o := range []SearchOptions{{}, {Ef: 40}, {Filter: func(l int64) bool { return l%3 == 0 }},
			{Allowed: setOf(ix.Len(), func(l int64) bool { return l%50 == 0 })}, {Allowed: setOf(ix.Len(), func(l int64) bool { return l%3 == 0 })}} {
			found, err := ix.Search(q, 5, o)
			if err != nil {
				return nil, err
			}
			all = append(all, found)
		}
		found, err := ix.SearchRange(q, 0.9, SearchOptions{})
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	batch, err := ix.SearchBatch(context.Background(), queries, 5, SearchOptions{})
	return append(all, batch...), err
}

// A damaged file gives an error or the answers of the intact one, never others, whichever byte
// is damaged, with and without blocks.
func TestNoAnswerFromDamage(t *testing.T) {
	const n, dim = 600, 16
	vectors := clustered(n+10, dim, 4)
	for _, blocks := range []bool{false, true} {
		t.Run(fmt.Sprintf("blocks %v", blocks), func(t *testing.T) {
			if blocks {
				withBlocks(t)
			}
			eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "e.lvx")
				ix := filled(t, Options{Dim: dim, Kind: kind, Quantization: quant, M: 6, EfConstruction: 30, EfSearch: 10}, vectors[:n*dim])
				if err := SaveFile(path, ix, false); err != nil {
					t.Fatal(err)
				}
				file, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				version := map[bool]byte{false: 3, true: 4}[blocks]
				if quant != NoQuantization {
					version = 5
				}
				if file[8] != version {
					t.Fatalf("version %d", file[8])
				}
				want, err := answers(ix, vectors[n*dim:])
				if err != nil {
					t.Fatal(err)
				}
				refused, same := 0, 0
				for i := 0; i < len(file); i += 1 + len(file)/size(120, 250) {
					file[i] ^= 4
					if err := os.WriteFile(path, file, 0o644); err != nil {
						t.Fatal(err)
					}
					file[i] ^= 4
					back, err := OpenFile(path)
					var got [][]Result
					if err == nil {
						got, err = answers(back, vectors[n*dim:])
					}
					switch {
					case err != nil:
						if refused++; !strings.Contains(err.Error(), path) || fault.Hint(err) == "" {
							t.Fatalf("byte %d: error %v", i, err)
						}
						if back != nil { // every later search fails as well
							if _, err := back.Search(vectors[:dim], 1, SearchOptions{}); err == nil {
								t.Fatalf("byte %d: a search after the error succeeds", i)
							}
						}
					case !slices.EqualFunc(got, want, slices.Equal[[]Result]):
						t.Fatalf("byte %d: other answers", i)
					default:
						same++
					}
				}
				if refused == 0 || same > 0 && !blocks && quant == NoQuantization { // files with codes always have blocks
					t.Errorf("%d refused, %d same", refused, same)
				}
			})
		})
	}
}

// Checking the blocks of an opened file does not allocate.
func TestCheckingDoesNotAllocate(t *testing.T) {
	withBlocks(t)
	vectors := clustered(600, 16, 4)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		path := filepath.Join(t.TempDir(), "e.lvx")
		if err := SaveFile(path, filled(t, Options{Dim: 16, Kind: kind, Quantization: quant, EfSearch: 10}, vectors), false); err != nil {
			t.Fatal(err)
		}
		ix, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var found []Result
		search := func() { found, _ = ix.SearchInto(found[:0], vectors[:16], 5, SearchOptions{}) }
		search()
		if n := testing.AllocsPerRun(20, search); n > 0 || len(found) != 5 {
			t.Errorf("%v allocations, results %v", n, found)
		}
	})
}

// A file with blocks is opened, loaded, changed and saved like one without.
func TestBlocks(t *testing.T) {
	withBlocks(t)
	withoutCodes = true // files with codes always have blocks
	t.Cleanup(func() { withoutCodes = false })
	TestOpenFile(t)
	TestRoundTrip(t)
	TestEveryFlippedByteIsRefused(t)
	TestEveryTruncationIsRefused(t)
	TestOpenDamaged(t)
}
