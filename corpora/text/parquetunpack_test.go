package text

import (
	"bytes"
	"testing"
)

// What Parquet calls LZ4 is blocks of Hadoop with their sizes, or a bare block.
func TestUnpackHadoop(t *testing.T) {
	block := []byte("\x80one\ntwo\n") // 8 literals
	framed := append([]byte{0, 0, 0, 8, 0, 0, 0, 9}, block...)
	for name, data := range map[string][]byte{"a block": framed, "a bare block": block} {
		out := make([]byte, 8)
		if n, err := unpackHadoop(out, data); err != nil || n != 8 || string(out) != "one\ntwo\n" {
			t.Errorf("%s: %q, %d, %v", name, out, n, err)
		}
	}
	out := make([]byte, 16)
	if n, err := unpackHadoop(out, append(bytes.Clone(framed), framed...)); err != nil || n != 16 || string(out) != "one\ntwo\none\ntwo\n" {
		t.Errorf("two blocks: %q, %d, %v", out, n, err)
	}
	for cut := 1; cut < len(framed); cut++ {
		if n, err := unpackHadoop(make([]byte, 8), framed[:cut]); err == nil && n == 8 {
			t.Errorf("cut to %d bytes: no error", cut)
		}
	}
}
