package index

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/internal/fault"
)

// skipSync speeds up a test that does not simulate a crash of the machine.
func skipSync(t *testing.T) { t.Cleanup(changelog.SkipSync()) }

func mustOpenDurable(t testing.TB, path string, o DurableOptions) *Durable {
	t.Helper()
	d, err := OpenDurable(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// contents returns the labels of an index with their vectors.
func contents(ix Index) map[int64]string {
	m := map[int64]string{}
	for l := range int64(100) {
		if v, ok := ix.Vector(l); ok {
			m[l] = fmt.Sprint(v)
		}
	}
	return m
}

// changesOf makes changes of all kinds and returns the contents and the length of the
// log before the first and after each of them.
func changesOf(t *testing.T, d *Durable) (after []map[int64]string, lengths []int64) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	vector := func() []float32 { return []float32{r.Float32(), r.Float32(), 1} }
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(LogPath(d.path))
		if err != nil {
			t.Fatal(err)
		}
		after, lengths = append(after, contents(d)), append(lengths, info.Size())
	}
	step(nil)
	for i := range int64(10) {
		step(d.Add(i, vector()))
	}
	step(d.Add(10, []float32{1, 2, 3}))
	step(d.Add(11, []float32{1, 2, 3}))
	step(d.Delete(10))
	for i := range int64(4) {
		step(d.Update(i, vector()))
		step(d.Delete(i + 4))
	}
	step(d.Add(4, vector()))
	return after, lengths
}

func copyFileTo(t testing.TB, to, from string, n int) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if n >= 0 {
		data = data[:n]
	}
	if err := os.WriteFile(to, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A log that is truncated anywhere restores the changes before that, and accepts more.
func TestLogCutAnywhere(t *testing.T) {
	skipSync(t)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		path := filepath.Join(t.TempDir(), "a.index")
		d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: kind, Quantization: quant, M: 4, EfConstruction: 20}})
		after, lengths := changesOf(t, d)
		size := int(lengths[len(lengths)-1])
		cut := filepath.Join(t.TempDir(), "b.index")
		step := 1
		if kind != Flat || !slow { // the log is the same for all kinds
			step = 13
		}
		for n := 0; n <= size; n += step {
			copyFileTo(t, cut, path, -1)
			copyFileTo(t, LogPath(cut), LogPath(path), n)
			warned := ""
			b, err := OpenDurable(cut, DurableOptions{Warn: func(m string) { warned = m }})
			if err != nil {
				t.Fatalf("truncated to %d bytes: %v", n, err)
			}
			whole := 0
			for whole+1 < len(lengths) && lengths[whole+1] <= int64(n) {
				whole++
			}
			torn := int64(n) > lengths[whole]
			if got := contents(b); fmt.Sprint(got) != fmt.Sprint(after[whole]) {
				t.Fatalf("truncated to %d bytes: contents %v, want %v", n, got, after[whole])
			}
			if torn != (warned != "") || torn != (b.Torn() > 0) {
				t.Errorf("truncated to %d bytes: %d bytes torn, warning %q", n, b.Torn(), warned)
			}
			if err := errors.Join(b.Add(50, []float32{3, 2, 1}), b.Close()); err != nil {
				t.Fatal(err)
			}
			if b, err = OpenDurable(cut, DurableOptions{}); err != nil {
				t.Fatalf("opening it again: %v", err)
			}
			if _, ok := b.Vector(50); !ok || b.Torn() != 0 {
				t.Fatalf("truncated to %d bytes, then appended to: %d bytes torn", n, b.Torn())
			}
			mustVerify(t, b)
			b.Close()
		}
	})
}

// A changed byte causes an error or drops the last record, but never changes a record.
func TestLogDamaged(t *testing.T) {
	skipSync(t)
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: Flat}})
	after, lengths := changesOf(t, d)
	d.Close()
	log, err := os.ReadFile(LogPath(path))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := 0; i < len(log); i += size(3, 1) {
		changed := slices.Clone(log)
		changed[i] ^= 0x41
		if err := os.WriteFile(LogPath(path), changed, 0o666); err != nil {
			t.Fatal(err)
		}
		b, err := OpenDurable(path, DurableOptions{})
		if err != nil {
			if fault.Hint(err) == "" || !strings.Contains(err.Error(), ".log") {
				t.Fatalf("byte %d: %v", i, err)
			}
			refused++
			continue
		}
		if got := contents(b); int64(i) < lengths[len(lengths)-2] || fmt.Sprint(got) != fmt.Sprint(after[len(after)-2]) {
			t.Fatalf("byte %d: %v", i, got)
		}
		b.Close()
	}
	if refused == 0 {
		t.Error("no damaged log was refused")
	}
}

func TestFlush(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		path := filepath.Join(t.TempDir(), "a.index")
		d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: kind, Quantization: quant}})
		after, lengths := changesOf(t, d)
		log, err := os.ReadFile(LogPath(path))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(LogPath(path)); info.Size() >= lengths[1] {
			t.Errorf("after Flush, the log has %d bytes", info.Size())
		}
		if err := errors.Join(d.Add(60, []float32{1, 0, 0}), d.Delete(60), d.Close()); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(61, []float32{1, 0, 0}); err == nil {
			t.Error("Add after Close succeeded")
		}
		want := fmt.Sprint(after[len(after)-1])
		b := mustOpenDurable(t, path, DurableOptions{})
		if got := fmt.Sprint(contents(b)); got != want {
			t.Errorf("contents %s, want %s", got, want)
		}
		b.Close()
		// If the program was killed after writing the file and before emptying the log,
		// the changes are not made twice.
		if err := os.WriteFile(LogPath(path), log, 0o666); err != nil {
			t.Fatal(err)
		}
		b = mustOpenDurable(t, path, DurableOptions{})
		if got := fmt.Sprint(contents(b)); got != want {
			t.Errorf("with the old log: contents %s, want %s", got, want)
		}
		mustVerify(t, b)
	})
}

func TestOpenDurableErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.index")
	if _, err := OpenDurable(path, DurableOptions{}); !errors.Is(err, fs.ErrNotExist) || fault.Hint(err) == "" {
		t.Errorf("missing index: error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
	if _, err := OpenDurable(path, DurableOptions{Create: Options{Dim: 2, Kind: "tree"}}); err == nil || !strings.Contains(err.Error(), "Kind") {
		t.Errorf("unknown kind: error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 2}})
	if _, err := OpenDurable(path, DurableOptions{}); err == nil && runtime.GOOS == "windows" {
		t.Log("this system has no locks")
	} else if err == nil || fault.Hint(err) == "" {
		t.Errorf("opened twice: error %v", err)
	}
	d.Close()
	// The log of another index.
	other := filepath.Join(dir, "b.index")
	mustOpenDurable(t, other, DurableOptions{Create: Options{Dim: 2}}).Close()
	copyFileTo(t, LogPath(path), LogPath(other), -1)
	if _, err := OpenDurable(path, DurableOptions{}); err == nil || !strings.Contains(err.Error(), "another index") {
		t.Errorf("log of another index: error %v", err)
	}
}

// After Close another program may have the files open, so nothing writes to them.
func TestFlushAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 2, Kind: Flat}})
	if err := errors.Join(d.Add(1, []float32{1, 2}), d.Close()); err != nil {
		t.Fatal(err)
	}
	other := mustOpenDurable(t, path, DurableOptions{})
	if err := errors.Join(other.Add(2, []float32{1, 2}), other.Flush()); err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(); err == nil {
		t.Error("Flush after Close succeeded")
	}
	if ix, err := LoadFile(path); err != nil || ix.Len() != 2 {
		t.Errorf("Flush after Close changed the file: %v", err)
	}
}

// The log has the changes of several goroutines in the order in which they were made.
func TestDurableConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, M: 4, EfConstruction: 20}})
	var wg sync.WaitGroup
	for u := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(u), 1))
			for range 60 {
				l, v := r.Int64N(20), []float32{r.Float32(), r.Float32(), r.Float32()}
				switch r.IntN(3) { // some fail because of the other goroutines
				case 0:
					_ = d.Add(l, v)
				case 1:
					_ = d.Delete(l)
				default:
					_ = d.Update(l, v)
				}
			}
			if u == 0 {
				if err := d.Flush(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want := fmt.Sprint(contents(d))
	d.Close()
	b := mustOpenDurable(t, path, DurableOptions{})
	if got := fmt.Sprint(contents(b)); got != want {
		t.Errorf("contents %s, want %s", got, want)
	}
	mustVerify(t, b)
}

// Only one program at a time has an index open.
func TestDurableOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	o := DurableOptions{Create: Options{Dim: 2}}
	d, err := OpenDurable(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDurable(path, o); err == nil || !strings.Contains(err.Error(), "is in use by another program") || fault.Hint(err) == "" {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = OpenDurable(path, o); err != nil {
		t.Fatal(err)
	}
	d.Close()
}
