//go:build slow && unix

package attack

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index"
)

// TestNamedPipe sends SIGTERM to commands that wait for a named pipe, which nobody writes. The
// first signal ends them.
func TestNamedPipe(t *testing.T) {
	from := fixtures(t)
	dir := t.TempDir()
	copyTree(t, dir, from, append(inputs, "flat.lvx", "sts.tsv")...)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	for _, line := range []string{
		"search verify pipe", "search build --vectors pipe -o out.lvx", "search build -m sent pipe -o out", "search query flat.lvx --vectors pipe", "search query pipe --vectors v.npy",
		"search eval words -m words --set pipe", "search eval analogies -m words --set pipe", "search eval sts -m sent --set pipe", "search eval ann --vectors pipe",
		"train skipgram pipe -o out", "train cbow corpus.txt --phrases pipe -o out", "train skipgram corpus.txt --config pipe", "train skipgram corpus.txt --init pipe -o out",
		"train sentence pipe -o out", "train mine pipe -m words -o out.tsv", "train tokenizer pipe -o out.json", "train phrases pipe -o out.txt", "train resume words --corpus pipe -o out",
		"embed import pipe -o out", "embed import v.npy --vocab pipe -o out", "embed export -m words --words pipe -o out.txt", "embed text -m words pipe -o out.npy",
	} {
		args := strings.Fields(line)
		o := runAndSignal(t, dir, 300*time.Millisecond, syscall.SIGTERM, args)
		if wrong := checkLaws(o, 143); wrong != "" || o.status != 143 || o.signalled {
			t.Errorf("%s, expected status 143 and a message\n%v", wrong, o)
		}
		if left := filesIn(t, dir); !slices.Equal(left, before) {
			t.Errorf("%s: it left %q, expected %q", line, left, before)
		}
	}
}

// TestLargeIndex changes indexes that are so large that a search checks only the blocks that it
// reads: it fails, or it answers as from the undamaged file.
func TestLargeIndex(t *testing.T) {
	const dim, rows = 1024, 9000
	r, dir := random("large index"), t.TempDir()
	labels, vectors := make([]int64, rows), make([]float32, rows*dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	for i := range vectors {
		vectors[i] = r.Float32() - 0.5
	}
	if err := os.WriteFile(filepath.Join(dir, "few.npy"), npy(vectors[:3*dim], dim), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []index.Kind{index.Flat, index.HNSW, index.LSH} {
		name := string(kind) + ".lvx"
		path := filepath.Join(dir, name)
		ix, err := index.New(index.Options{Dim: dim, Kind: kind, M: 4, EfConstruction: 4})
		if err == nil {
			err = ix.AddBatch(t.Context(), labels, vectors)
		}
		if err == nil {
			err = index.SaveFile(path, ix, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"search", "query", name, "--vectors", "few.npy", "-k", "5"}
		want := run(t, dir, args...)
		if wrong := checkLaws(want); wrong != "" || want.status != 0 {
			t.Fatalf("undamaged: %s\n%v", wrong, want)
		}
		for try := range *tries {
			at, length := r.IntN(len(whole)), 1
			if r.IntN(2) == 0 { // a sector
				at &^= 511
				length = 512
			}
			now := bytes.Clone(whole[at:min(at+length, len(whole))])
			for i := range now {
				now[i] ^= 1 << r.IntN(8)
			}
			cut := r.IntN(6) == 0
			var err error
			if cut {
				err = os.Truncate(path, int64(at))
			} else {
				err = overwrite(path, now, at)
			}
			if err != nil {
				t.Fatal(err)
			}
			o := run(t, dir, args...)
			if wrong := checkLaws(o); wrong != "" || o.status == 0 && o.stdout != want.stdout {
				t.Errorf("%s, %d bytes from %d changed, or cut there (%v), try %d: %s\n%v\n%s", name, length, at, cut, try, wrong, o, firstDifference(o.stdout, want.stdout))
			}
			if cut {
				err = os.WriteFile(path, whole, 0o666)
			} else {
				err = overwrite(path, whole[at:at+len(now)], at)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// overwrite writes bytes into a file.
func overwrite(path string, data []byte, at int) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteAt(data, int64(at))
	return err
}
