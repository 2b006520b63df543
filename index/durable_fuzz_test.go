package index

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/index/internal/changelog"
)

// Whatever changes a log holds, opening the index fails or restores a sound index.
func FuzzDurable(f *testing.F) {
	defer changelog.SkipSync()()
	path := filepath.Join(f.TempDir(), "a.index")
	d, err := OpenDurable(path, DurableOptions{Create: Options{Dim: 2, M: 2}})
	if err != nil {
		f.Fatal(err)
	}
	owner := changelog.Owner{Dim: 2, ID: d.base().logID}
	d.Close()
	f.Add([]byte("\x00\x01abcdABCD\x01\x01\x02\x01aaaaAAAA"))
	f.Fuzz(func(t *testing.T, changes []byte) {
		defer changelog.SkipSync()()
		at := filepath.Join(t.TempDir(), "a.index")
		copyFileTo(t, at, path, -1)
		file, err := os.Create(LogPath(at))
		if err != nil {
			t.Fatal(err)
		}
		log, _, err := changelog.Open(file, owner)
		if err != nil {
			t.Fatal(err)
		}
		for number := uint64(1); len(changes) >= 10; number++ {
			c := changelog.Added + changelog.Change(changes[0]%3)
			vector := []float32{
				math.Float32frombits(binary.LittleEndian.Uint32(changes[2:])),
				math.Float32frombits(binary.LittleEndian.Uint32(changes[6:])),
			}
			log.Note(number, c, int64(changes[1]%8), vector)
			changes = changes[10:]
		}
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
		log.Close()
		d, err := OpenDurable(at, DurableOptions{})
		if err != nil {
			return
		}
		mustVerify(t, d)
		d.Close()
	})
}
