package exchange

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

func TestIntact(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("a 1 2\nb 3 4\n"))
	z.Close()
	damaged := bytes.Clone(packed.Bytes())
	damaged[len(damaged)-8] ^= 1 // the checksum
	dir := t.TempDir()
	for name, test := range map[string]struct {
		content []byte
		ok      bool
	}{"v.gz": {packed.Bytes(), true}, "damaged.gz": {damaged, false}, "v.txt": {[]byte("a 1 2\n"), true}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, test.content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Intact(t.Context(), path); (err == nil) != test.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none")} { // Open says what is wrong
		if err := Intact(t.Context(), path); err != nil {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
