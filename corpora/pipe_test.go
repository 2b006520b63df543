//go:build unix

package corpora

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
	go os.WriteFile(path, nil, 0o644) // lets the goroutine that waits go
}
