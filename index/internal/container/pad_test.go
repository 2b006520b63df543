package container

import (
	"bytes"
	"strings"
	"testing"
)

// padded returns a file like the example with a pad of n bytes.
func padded(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, Plain)
	w.Section("small", 13)
	w.Bytes(make([]byte, 13))
	w.End()
	w.Section("pad", n)
	w.Bytes(make([]byte, n))
	w.End()
	w.Section("rows", 24)
	w.Bytes(make([]byte, 24))
	w.End()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A pad whose checksum matches must still have the right length.
func TestPad(t *testing.T) {
	right := alignment - (headerBytes+headBytes+13+4+headBytes+4+headBytes)%alignment
	for name, read := range map[string]func([]byte) ([]byte, error){"Reader": read, "Image": open} {
		if _, err := read(padded(t, right)); err != nil {
			t.Errorf("%s: the right pad: %v", name, err)
		}
	}
	if _, err := read(padded(t, right+alignment)); err == nil || !strings.Contains(err.Error(), "section pad") {
		t.Errorf("a stream with a long pad: error %v", err)
	}
	if _, err := open(padded(t, right-1)); err == nil || !strings.Contains(err.Error(), "section rows") {
		t.Errorf("an image with a misaligned section: error %v", err)
	}
}
