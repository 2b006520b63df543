// Package pipe opens files that may block forever: a named pipe that nobody writes to, a
// terminal, a pipe that nobody reads. What blocks runs in a goroutine that is left behind when a
// context ends, so that a signal ends the program:
//
//	defer pipe.Until(ctx)() // the context that a signal cancels
//	f, err := pipe.Open(path)
//
// Regular files are opened as by package os.
package pipe

import (
	"context"
	"io"
	"os"
	"sync/atomic"
)

// The context of Until, for functions that have none. Without Until it never ends.
var until atomic.Pointer[context.Context]

// Until makes Open, Create and Writer give up when ctx ends, with the error of ctx. The
// function it returns restores the context that was set before.
func Until(ctx context.Context) (restore func()) {
	before := until.Swap(&ctx)
	return func() { until.Store(before) }
}

func current() context.Context {
	if ctx := until.Load(); ctx != nil {
		return *ctx
	}
	return context.Background()
}

// Blocks reports whether opening or reading path may block forever: it exists and is neither a
// regular file nor a folder.
func Blocks(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// Open opens a file for reading. If it may block, it is opened by the first Read. Reading any
// file ends when the context of Until does.
func Open(path string) (io.ReadCloser, error) {
	if !Blocks(path) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return checked{f, current()}, nil
	}
	ctx, cancel := context.WithCancel(current())
	r := NewReader(ctx, func() (io.ReadCloser, error) { return os.Open(path) })
	return closer{r, cancel}, nil
}

// checked is a regular file.
type checked struct {
	*os.File
	ctx context.Context
}

func (c checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.File.Read(p)
}

type closer struct {
	io.Reader
	cancel func()
}

func (c closer) Close() error {
	c.cancel()
	return nil
}

// Create opens an existing file for writing, as it is. It returns when a pipe has a reader.
func Create(path string) (io.WriteCloser, error) {
	f, err := wait(func() (*os.File, error) { return os.OpenFile(path, os.O_WRONLY, 0) })
	if err != nil {
		return nil, err
	}
	return file{Writer(f), f}, nil
}

type file struct {
	io.Writer
	io.Closer
}

// Writer returns a writer that gives up when the context of Until ends while w blocks.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(p []byte) (int, error) {
	kept := append([]byte(nil), p...) // the caller may change p when the write is given up
	return wait(func() (int, error) { return w.w.Write(kept) })
}

// wait returns what f returns, or the error of the context of Until if that ends before.
func wait[T any](f func() (T, error)) (value T, err error) {
	ctx, done := current(), make(chan struct{})
	var got T
	var failed error
	go func() {
		got, failed = f()
		close(done)
	}()
	select {
	case <-done:
		return got, failed
	case <-ctx.Done():
		return value, ctx.Err()
	}
}
