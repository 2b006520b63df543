//go:build unix

package text

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

func TestNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path) // which must not open it
	if err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(path, []byte("from\na pipe\n"), 0o644)
	lines, err := readAll(t, s)
	if err != nil || strings.Join(lines, "|") != "from|a pipe" || s.Size() != 0 {
		t.Errorf("lines %q, size %d, error %v", lines, s.Size(), err)
	}
	// Nobody writes: only the context can end it.
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	if err := s.Read(ctx, func(Chunk) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil { // ends the goroutine that still waits
		w.Close()
	}
}

// A line that comes through a pipe is handed on before the next one comes, also
// when it is short or begins like compressed data.
func TestPipeHandsLinesOn(t *testing.T) {
	for _, first := range []string{"a", "hi", "You", "P*M", "BZ", "é", "Z*"} {
		r, w := io.Pipe()
		ready, result := make(chan struct{}), make(chan error, 1)
		go func() {
			var lines []string
			err := FromReader("pipe", r).Read(context.Background(), func(c Chunk) error {
				lines = append(lines, string(c.Text))
				if len(lines) == 1 {
					close(ready)
				}
				return nil
			})
			if got := strings.Join(lines, "|"); err == nil && got != first+"|second" {
				err = fmt.Errorf("lines %q", got)
			}
			result <- err
		}()
		io.WriteString(w, first+"\n")
		select {
		case <-ready:
		case <-time.After(20 * time.Second):
			t.Fatalf("%q: waits for more before the line is handed on", first)
		}
		io.WriteString(w, "second\n")
		w.Close()
		if err := <-result; err != nil {
			t.Errorf("%q: %v", first, err)
		}
	}
}

// A compressed stream is known even when its bytes come one by one.
func TestPipeCompressedByteByByte(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "one\ntwo\n")
	z.Close()
	lines, err := readAll(t, FromReader("pipe", iotest.OneByteReader(&packed)))
	if err != nil || strings.Join(lines, "|") != "one|two" {
		t.Errorf("lines %q, error %v", lines, err)
	}
}
