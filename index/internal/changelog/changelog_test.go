package changelog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

const dim = 3

// opened is a log with the records it had.
type opened struct {
	*Log
	file    *os.File
	records []Record
	torn    int64
}

func open(t testing.TB, path string) (*opened, error) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{file: file}
	o.Log, o.torn, err = Open(file, Owner{Dim: dim, ID: 5, Apply: func(r *Record) error {
		r.Vector = slices.Clone(r.Vector)
		o.records = append(o.records, *r)
		r.Vector = nil
		return nil
	}})
	t.Cleanup(func() { file.Close() })
	return o, err
}

func mustOpen(t testing.TB, path string) *opened {
	t.Helper()
	o, err := open(t, path)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// written returns the path of a log with n records, and the records.
func written(t testing.TB, n int) (path string, records []Record) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.log")
	l := mustOpen(t, path)
	for i := range n {
		r := Record{uint64(i + 1), Added + Change(i%3), int64(i), []float32{1, 2, float32(i)}}
		l.Note(r.Number, r.Change, r.Label, r.Vector)
		if r.Change == Deleted {
			r.Vector = nil
		}
		records = append(records, r)
	}
	if err := l.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path, records
}

func TestRoundTrip(t *testing.T) {
	path, want := written(t, 20)
	l := mustOpen(t, path)
	if fmt.Sprint(l.records) != fmt.Sprint(want) || l.torn != 0 || l.Last() != 20 {
		t.Errorf("read %v, want %v; %d bytes torn, last change %d", l.records, want, l.torn, l.Last())
	}
	l.Note(21, Deleted, 7, nil)
	if err := l.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := mustOpen(t, path).records; len(got) != 21 || got[20].Label != 7 {
		t.Errorf("after appending to it, read %v", got)
	}
	if err := l.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := mustOpen(t, path).records; len(got) != 0 {
		t.Errorf("after Restart, read %v", got)
	}
}

// After a failed write, nothing is logged, and every change reports the failure.
func TestFailedWrite(t *testing.T) {
	l := mustOpen(t, filepath.Join(t.TempDir(), "a.log"))
	l.file.Close()
	for i := range uint64(2) {
		l.Note(i+1, Deleted, 1, nil)
		if err := l.Sync(); err == nil || fault.Hint(err) == "" || l.Err() == nil {
			t.Errorf("Sync returned %v, Err %v", err, l.Err())
		}
	}
}

// Restart waits for a running write, which would otherwise append records with wrong numbers.
func TestRestartWaits(t *testing.T) {
	l := mustOpen(t, filepath.Join(t.TempDir(), "a.log"))
	setWriting := func(writing bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.writing = writing
		l.written.Broadcast()
	}
	setWriting(true)
	done := make(chan error, 1)
	go func() { done <- l.Restart() }()
	select {
	case err := <-done:
		t.Errorf("Restart did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
		setWriting(false)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// The log does not keep the memory of a large batch.
func TestMemoryOfLargeBatch(t *testing.T) {
	l := mustOpen(t, filepath.Join(t.TempDir(), "a.log"))
	number := uint64(0)
	for _, n := range []int{200_000, 1, 1} {
		for range n {
			number++
			l.Note(number, Added, int64(number), []float32{1, 2, 3})
		}
		if err := l.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if held := cap(l.pending) + cap(l.spare); held > 2*maxSpare {
		t.Errorf("the log holds %d bytes", held)
	}
}

// However much of the middle of a log is damaged, the records after it are not dropped
// silently.
func TestDamageInTheMiddle(t *testing.T) {
	path, _ := written(t, 300)
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	record := recordBytes(Added, dim)
	for _, n := range []int{9, record, 2 * record, 3*record + 7, 50 * record} {
		changed := slices.Clone(log)
		clear(changed[headerBytes+20*record+5:][:n])
		if err := os.WriteFile(path, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		if l, err := open(t, path); err == nil || fault.Hint(err) == "" {
			t.Errorf("%d damaged bytes: read %d records: error %v", n, len(l.records), err)
		}
	}
}

// The folder of a new log is synced, so that the name of the log survives a crash.
func TestNewLogSyncsItsFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	before, synced := syncFolder, ""
	defer func() { syncFolder = before }()
	syncFolder = func(folder string) error { synced = folder; return before(folder) }
	mustOpen(t, path)
	if synced != filepath.Dir(path) {
		t.Errorf("synced folder %q, want %q", synced, filepath.Dir(path))
	}
}

// Every log either is refused or yields records with consecutive numbers.
func FuzzOpen(f *testing.F) {
	path, _ := written(f, 4)
	log, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(log[headerBytes:])
	f.Fuzz(func(t *testing.T, records []byte) {
		defer SkipSync()()
		for _, records := range [][]byte{records, reseal(records)} {
			path := filepath.Join(t.TempDir(), "a.log")
			if err := os.WriteFile(path, append(slices.Clone(log[:headerBytes]), records...), 0o666); err != nil {
				t.Fatal(err)
			}
			l, err := open(t, path)
			if err != nil {
				continue
			}
			for i, r := range l.records {
				if r.Number != uint64(i+1) || (r.Change == Deleted) != (len(r.Vector) == 0) {
					t.Errorf("record %d is %v", i, r)
				}
			}
		}
	})
}

// reseal corrects the checksums of records as far as they can be parsed.
func reseal(records []byte) []byte {
	var out []byte
	number := uint64(0)
	for at := 0; at+recordHead+recordBase <= len(records); {
		c := Change(1 + records[at+recordHead+8]%3)
		n := recordBytes(c, dim)
		if at+n > len(records) {
			break
		}
		vector := []float32{float32(records[at+n-1]), math.Float32frombits(uint32(records[at+n-2]) << 24), 0}
		number++
		out = appendRecord(out, number, c, int64(records[at+recordHead+9]), vector, dim)
		at += n
	}
	return out
}
