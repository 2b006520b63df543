package index

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "a.index")
	d, err := OpenDurable(path, DurableOptions{Create: Options{Dim: 2, Kind: Flat}})
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(d.Add(1, []float32{1, 2}), d.Update(1, []float32{2, 1}), d.Delete(1), d.Add(2, []float32{2, 2})); err != nil {
		f.Fatal(err)
	}
	d.Close()
	log, err := os.ReadFile(LogPath(path))
	if err != nil {
		f.Fatal(err)
	}
	head := log[:logHead]
	f.Add(log[logHead:])
	f.Fuzz(func(t *testing.T, records []byte) {
		at := filepath.Join(t.TempDir(), "a.index")
		copyFileTo(t, at, path, -1)
		for _, records := range [][]byte{records, resealLog(records)} {
			if err := os.WriteFile(LogPath(at), append(slices.Clone(head), records...), 0o666); err != nil {
				t.Fatal(err)
			}
			d, err := OpenDurable(at, DurableOptions{})
			if err != nil {
				continue
			}
			mustVerify(t, d)
			d.Close()
		}
	})
}

// resealLog makes the checksums of records right, as far as they can be followed.
func resealLog(records []byte) []byte {
	var out []byte
	number := uint64(0)
	for at := 0; at+recordHead+recordBase <= len(records); {
		c := change(1 + records[at+recordHead+8]%3)
		n := recordBytes(c, 2)
		if at+n > len(records) {
			break
		}
		vector := make([]float32, 0, 2)
		var r record
		if c != deleted {
			vector = append(vector, float32(records[at+n-1]), float32(records[at+n-2]))
		}
		r.label = int64(records[at+recordHead+9])
		number++
		out = appendRecord(out, number, c, r.label, vector, 2)
		at += n
	}
	return out
}
