package index

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

// doNotSync spares the disk where no machine is to stop.
func doNotSync(t *testing.T) {
	before := syncLog
	syncLog = func(*os.File) error { return nil }
	t.Cleanup(func() { syncLog = before })
}

func mustOpenDurable(t testing.TB, path string, o DurableOptions) *Durable {
	t.Helper()
	d, err := OpenDurable(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// contents is the labels of an index with their vectors.
func contents(ix Index) map[int64]string {
	m := map[int64]string{}
	for l := range int64(100) {
		if v, ok := ix.Vector(l); ok {
			m[l] = fmt.Sprint(v)
		}
	}
	return m
}

// changesOf makes twenty changes of all kinds and returns the contents after
// none, one, two, … of them, and the lengths of the log.
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

// Whatever the log is cut to, the index has the changes up to there, and goes on.
func TestLogCutAnywhere(t *testing.T) {
	doNotSync(t)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		path := filepath.Join(t.TempDir(), "a.index")
		d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: kind, Quantization: quant, M: 4, EfConstruction: 20}})
		after, lengths := changesOf(t, d)
		size := int(lengths[len(lengths)-1])
		cut := filepath.Join(t.TempDir(), "b.index")
		step := 1
		if kind != Flat { // the log is the same
			step = 13
		}
		for n := 0; n <= size; n += step {
			copyFileTo(t, cut, path, -1)
			copyFileTo(t, LogPath(cut), LogPath(path), n)
			warned := ""
			b, err := OpenDurable(cut, DurableOptions{Warn: func(m string) { warned = m }})
			if err != nil {
				t.Fatalf("cut to %d bytes: %v", n, err)
			}
			whole := 0
			for whole+1 < len(lengths) && lengths[whole+1] <= int64(n) {
				whole++
			}
			torn := int64(n) > lengths[whole]
			if got := contents(b); fmt.Sprint(got) != fmt.Sprint(after[whole]) {
				t.Fatalf("cut to %d bytes: %v, want %v", n, got, after[whole])
			}
			if torn != (warned != "") || torn != (b.Torn() > 0) {
				t.Errorf("cut to %d bytes: %d torn, warning %q", n, b.Torn(), warned)
			}
			if err := errors.Join(b.Add(50, []float32{3, 2, 1}), b.Close()); err != nil {
				t.Fatal(err)
			}
			if b, err = OpenDurable(cut, DurableOptions{}); err != nil {
				t.Fatalf("opened again: %v", err)
			}
			if _, ok := b.Vector(50); !ok || b.Torn() != 0 {
				t.Fatalf("cut to %d bytes, then appended to: %d torn", n, b.Torn())
			}
			mustVerify(t, b)
			b.Close()
		}
	})
}

// A changed byte is an error, or cuts the end off; it never changes what is read.
func TestLogDamaged(t *testing.T) {
	doNotSync(t)
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: Flat}})
	after, lengths := changesOf(t, d)
	d.Close()
	log, err := os.ReadFile(LogPath(path))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range log {
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
		t.Error("nothing was refused")
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
			t.Errorf("the log has %d bytes", info.Size())
		}
		if err := errors.Join(d.Add(60, []float32{1, 0, 0}), d.Delete(60), d.Close()); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(61, []float32{1, 0, 0}); err == nil {
			t.Error("added after Close")
		}
		want := fmt.Sprint(after[len(after)-1])
		b := mustOpenDurable(t, path, DurableOptions{})
		if got := fmt.Sprint(contents(b)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		b.Close()
		// Killed between writing the file and emptying the log: its changes are
		// not made twice.
		if err := os.WriteFile(LogPath(path), log, 0o666); err != nil {
			t.Fatal(err)
		}
		b = mustOpenDurable(t, path, DurableOptions{})
		if got := fmt.Sprint(contents(b)); got != want {
			t.Errorf("with the old log: %s, want %s", got, want)
		}
		mustVerify(t, b)
	})
}

func TestOpenDurableErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.index")
	if _, err := OpenDurable(path, DurableOptions{}); !errors.Is(err, fs.ErrNotExist) || fault.Hint(err) == "" {
		t.Errorf("nothing there: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	if _, err := OpenDurable(path, DurableOptions{Create: Options{Dim: 2, Kind: "tree"}}); err == nil || fault.Hint(err) == "" {
		t.Errorf("a kind that is none: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 2}})
	if _, err := OpenDurable(path, DurableOptions{}); err == nil && lockFile(d.log.file) == nil {
		t.Log("no locks here")
	} else if err == nil || fault.Hint(err) == "" {
		t.Errorf("opened twice: %v", err)
	}
	d.Close()
	// The log of another index.
	other := filepath.Join(dir, "b.index")
	mustOpenDurable(t, other, DurableOptions{Create: Options{Dim: 2}}).Close()
	copyFileTo(t, LogPath(path), LogPath(other), -1)
	if _, err := OpenDurable(path, DurableOptions{}); err == nil || !strings.Contains(err.Error(), "another index") {
		t.Errorf("another log: %v", err)
	}
}

// After a write that failed nothing is logged any more, and every change says so.
func TestLogCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 2}})
	if err := d.Add(1, []float32{1, 2}); err != nil {
		t.Fatal(err)
	}
	d.log.file.Close()
	for range 2 {
		if err := d.Add(2, []float32{2, 1}); err == nil || fault.Hint(err) == "" {
			t.Errorf("error %v", err)
		}
	}
}

// The log is emptied only when no write to it is on its way: what that would
// write behind would be numbered wrongly.
func TestFlushWaitsForTheLog(t *testing.T) {
	d := mustOpenDurable(t, filepath.Join(t.TempDir(), "a.index"), DurableOptions{Create: Options{Dim: 2, Kind: Flat}})
	writing := func(is bool) {
		d.log.mu.Lock()
		defer d.log.mu.Unlock()
		d.log.writing = is
		d.log.done.Broadcast()
	}
	writing(true)
	done := make(chan error, 1)
	go func() { done <- d.Flush() }()
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
		writing(false)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	writing(false)
}

// A large batch does not keep its memory in the log.
func TestLogLetsGoOfALargeBatch(t *testing.T) {
	const n, dim = 3000, 512
	d := mustOpenDurable(t, filepath.Join(t.TempDir(), "a.index"), DurableOptions{Create: Options{Dim: dim, Kind: Flat}})
	if err := d.AddBatch(t.Context(), sequence(0, n), clustered(n, dim, 1)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Delete(1); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(1, make([]float32, dim)); err != nil {
			t.Fatal(err)
		}
	}
	if held := cap(d.log.pending) + cap(d.log.spare); held > 2*mostSpare {
		t.Errorf("%d bytes are held", held)
	}
}

// After Close another program may have the files: nothing writes to them.
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
		t.Error("flushed after Close")
	}
	if ix, err := LoadFile(path); err != nil || ix.Len() != 2 {
		t.Errorf("the file of the other program is overwritten: %v", err)
	}
}

// However much of the middle of a log is damaged, what is behind it is not
// dropped.
func TestLogDamagedAtLength(t *testing.T) {
	doNotSync(t)
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: Flat}})
	for i := range int64(100) {
		if err := d.Add(i, []float32{1, 2, float32(i)}); err != nil {
			t.Fatal(err)
		}
	}
	d.Close()
	log, err := os.ReadFile(LogPath(path))
	if err != nil {
		t.Fatal(err)
	}
	one := recordBytes(added, 3)
	for _, n := range []int{9, one, 2 * one, 3*one + 7, 50 * one} {
		changed := slices.Clone(log)
		clear(changed[logHead+20*one+5:][:n])
		if err := os.WriteFile(LogPath(path), changed, 0o666); err != nil {
			t.Fatal(err)
		}
		if b, err := OpenDurable(path, DurableOptions{}); err == nil {
			t.Errorf("%d bytes damaged: opened with %d vectors", n, b.Len())
			b.Close()
		}
	}
}

// A log that is made anew is known to its folder before anything is in it.
func TestNewLogIsInItsFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, Kind: Flat}}).Close()
	if err := os.Remove(LogPath(path)); err != nil {
		t.Fatal(err)
	}
	before, synced := syncFolder, ""
	defer func() { syncFolder = before }()
	syncFolder = func(folder string) error { synced = folder; return before(folder) }
	mustOpenDurable(t, path, DurableOptions{})
	if synced != filepath.Dir(path) {
		t.Errorf("synced %q", synced)
	}
}

// Changes from many goroutines are in the log as they were made.
func TestDurableConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.index")
	d := mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, M: 4, EfConstruction: 20}})
	var wg sync.WaitGroup
	for u := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(u), 1))
			for range 60 {
				l, v := r.Int64N(20), []float32{r.Float32(), r.Float32(), r.Float32()}
				switch r.IntN(3) { // some fail: another goroutine was there before
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
		t.Errorf("%s, want %s", got, want)
	}
	mustVerify(t, b)
}
