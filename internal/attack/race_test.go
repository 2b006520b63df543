//go:build slow && unix

package attack

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index"
)

// readers are commands that read the output of a job while it is replaced.
var readers = map[string][]string{
	"train skipgram":  {"embed info -m out", "embed text -m out docs.txt -f tsv", "search neighbors -m out w1"},
	"train cbow":      {"embed export -m out", "embed info -m out"},
	"train sentence":  {"embed text -m out docs.txt -f jsonl", "embed explain -m out w1"},
	"embed import":    {"search neighbors -m out w2", "embed export -m out"},
	"search build":    {"search query out w1", "search query out w2 --json"},
	"embed export":    {},
	"embed text":      {},
	"train tokenizer": {},
	"train phrases":   {},
	"train mine":      {},
}

// TestRace runs several writers of one output, with readers, at the same time. All of them
// succeed, or wait for another one, and nothing but the output of one of them is left.
func TestRace(t *testing.T) {
	for _, j := range jobs {
		if !strings.HasSuffix(j.line, "--force") {
			continue
		}
		t.Run(j.name(), func(t *testing.T) {
			from := fixtures(t)
			dir := t.TempDir()
			copyTree(t, dir, from, inputs...)
			args := strings.Fields(j.line)
			if o := run(t, dir, args...); o.status != 0 {
				t.Fatalf("alone: %v", o)
			}
			read := readers[strings.Join(args[:2], " ")]
			if strings.HasSuffix(j.out, ".lvx") {
				read = []string{"search query out.lvx --vectors v.npy -k 1"}
			}
			if strings.HasSuffix(j.out, ".cache") {
				read = nil
			}
			if j.check != "" {
				read = append([]string{j.check}, read...)
			}
			var all sync.WaitGroup
			each := func(line string, times int) {
				all.Go(func() {
					for range times {
						if t.Failed() {
							return
						}
						if o := run(t, dir, strings.Fields(line)...); checkLaws(o) != "" || o.status != 0 && !(line == j.line && waits(j, o)) {
							t.Errorf("beside others: %s\n%v", checkLaws(o), o)
						}
					}
				})
			}
			for range 4 {
				each(j.line, max(1, *tries/6))
			}
			for _, line := range read {
				each(line, max(1, *tries/4))
			}
			all.Wait()
			if left := hidden(t, dir); len(left) > 0 {
				t.Errorf("the writers have left %q", left)
			}
			if j.check != "" {
				if o := run(t, dir, strings.Fields(j.check)...); o.status != 0 {
					t.Errorf("at last: %v", o)
				}
			}
		})
	}
}

// waits reports whether a writer was refused because another one is at work: an output that can be
// resumed, and a collection, has one writer at a time.
func waits(j job, o outcome) bool {
	return o.status == 1 && (strings.HasPrefix(j.line, "embed text") && strings.Contains(o.stderr, "another program is writing it") ||
		strings.HasPrefix(j.line, "search build") && strings.Contains(o.stderr, "is changing it"))
}

// TestRaceToCreate runs several writers of one output that may not be replaced: one of them
// writes it, and a training that comes later writes its model beside it.
func TestRaceToCreate(t *testing.T) {
	for _, j := range jobs {
		line, ok := strings.CutSuffix(j.line, " --force")
		if !ok || strings.Contains(line, "checkpoint-every") {
			continue
		}
		t.Run(j.name(), func(t *testing.T) {
			from := fixtures(t)
			dir := t.TempDir()
			copyTree(t, dir, from, inputs...)
			var all sync.WaitGroup
			done := make([]outcome, 4)
			for i := range done {
				all.Go(func() { done[i] = run(t, dir, strings.Fields(line)...) })
			}
			all.Wait()
			wrote := 0
			for _, o := range done {
				if wrong := checkLaws(o); wrong != "" {
					t.Errorf("%s\n%v", wrong, o)
				}
				if o.status == 0 {
					wrote++
				} else if !strings.Contains(o.stderr, "exist") && !waits(j, o) {
					t.Errorf("%v", o)
				}
			}
			if wrote == 0 {
				t.Error("no writer succeeded")
			}
			if left := hidden(t, dir); len(left) > 0 {
				t.Errorf("the writers have left %q", left)
			}
		})
	}
}

// TestTruncated cuts files while they are read.
func TestTruncated(t *testing.T) {
	from := fixtures(t)
	r := random("truncated")
	dir := t.TempDir()
	copyTree(t, dir, from, inputs...)
	large(t, filepath.Join(dir, "large"), r)
	for _, c := range []struct{ line, file string }{
		{"search query large.flat --vectors large.npy -k 5", "large.flat"},
		{"search query large.hnsw --vectors large.npy -k 5", "large.hnsw"},
		{"search query large.flat --vectors large.npy -k 5", "large.npy"},
		{"search verify large.hnsw", "large.hnsw"},
		{"search build --vectors large.npy -o out.lvx --force --index flat", "large.npy"},
		{"search query docs w1", "docs/*.index.lvx"},
		{"search query docs w1 --full", "docs/*.passages"},
		{"embed text -m sent large.txt -f tsv", "large.txt"},
		{"train skipgram large.txt --cache large.cache -o out --force --epochs 5 --dim 8 --min-count 1", "large.cache/ids"},
		{"train sentence large.tsv -o out --force --dim 8 --vocab 60 --epochs 2", "large.tsv"},
	} {
		args := strings.Fields(c.line)
		o := run(t, dir, args...)
		if wrong := checkLaws(o); wrong != "" || o.status != 0 {
			t.Fatalf("undisturbed: %s\n%v", wrong, o)
		}
		path := filepath.Join(dir, filepath.FromSlash(c.file))
		if found, _ := filepath.Glob(path); len(found) == 1 {
			path = found[0]
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for try := range *tries / 4 {
			wait := time.Duration(r.Float64() * float64(o.took))
			to := int64(r.IntN(len(whole)))
			if r.IntN(2) == 0 {
				to = int64(r.IntN(min(4096, len(whole))))
			}
			timer := time.AfterFunc(wait, func() { os.Truncate(path, to) })
			got := run(t, dir, args...)
			timer.Stop()
			if wrong := checkLaws(got); wrong != "" {
				t.Errorf("%s cut to %d of %d bytes after %s of %s, try %d: %s\n%v", c.file, to, len(whole), wait, o.took, try, wrong, got)
			}
			if err := os.WriteFile(path, whole, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// large writes inputs whose reading takes a while.
func large(t *testing.T, path string, r *rand.Rand) {
	t.Helper()
	const dim, n = 64, 20000
	labels, vectors := make([]int64, n), make([]float32, n*dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	for i := range vectors {
		vectors[i] = r.Float32() - 0.5
	}
	for kind, few := range map[index.Kind]int{index.Flat: n, index.HNSW: n / 10} {
		ix, err := index.New(index.Options{Dim: dim, Kind: kind, M: 4, EfConstruction: 10})
		if err == nil {
			err = ix.AddBatch(t.Context(), labels[:few], vectors[:few*dim])
		}
		if err == nil {
			err = index.SaveFile(path+"."+string(kind), ix, true)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var text, pairs strings.Builder
	for i := range 30000 {
		fmt.Fprintf(&text, "w%d w%d w%d w%d w%d\n", r.IntN(50), r.IntN(50), r.IntN(50), r.IntN(50), r.IntN(50))
		if i < 5000 {
			fmt.Fprintf(&pairs, "w%d w%d\tw%d w%d\n", r.IntN(50), r.IntN(50), r.IntN(50), r.IntN(50))
		}
	}
	for name, content := range map[string]string{".txt": text.String(), ".tsv": pairs.String(), ".npy": string(npy(vectors[:1000*dim], dim))} {
		if err := os.WriteFile(path+name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// npy returns vectors as a NumPy array.
func npy(vectors []float32, dim int) []byte {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", len(vectors)/dim, dim)
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	data := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	data = append(data, header...)
	for _, v := range vectors {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}
