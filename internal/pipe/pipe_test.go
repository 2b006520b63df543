//go:build unix

package pipe

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ends checks that f returns the error of a context that is canceled while f blocks.
func ends(t *testing.T, name string, f func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer Until(ctx)()
	time.AfterFunc(20*time.Millisecond, cancel)
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: does not end", name)
	}
}

func TestBlockingEnds(t *testing.T) {
	unwritten, held, unread, full := fifo(t), fifo(t), fifo(t), fifo(t)
	read := func(path string) func() error {
		return func() error {
			f, err := Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.ReadAll(f)
			return err
		}
	}
	ends(t, "nobody writes", read(unwritten))

	w, err := os.OpenFile(held, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	io.WriteString(w, "begun")
	ends(t, "the writer waits", read(held))

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	ends(t, "a long file", func() error {
		for {
			if err := read(file)(); err != nil {
				return err
			}
		}
	})
	ends(t, "nobody reads", func() error { _, err := Create(unread); return err })

	r, err := os.OpenFile(full, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ends(t, "the reader waits", func() error {
		f, err := Create(full)
		for err == nil {
			_, err = f.Write(make([]byte, 64<<10))
		}
		return err
	})
}

// Without a signal a pipe is read and written as by package os.
func TestPipePasses(t *testing.T) {
	path := fifo(t)
	if !Blocks(path) || Blocks(t.TempDir()) || Blocks(filepath.Join(t.TempDir(), "none")) {
		t.Error("Blocks is wrong")
	}
	text := strings.Repeat("a line\n", 100_000)
	go func() {
		w, err := Create(path)
		if err == nil {
			io.WriteString(w, text)
			w.Close()
		}
	}()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != text {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
