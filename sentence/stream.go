package sentence

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/sourcegraph/conc"

	"github.com/luminavec/luminavec/internal/fault"
)

// EncodeStream encodes the texts of read in their order and calls fn with them chunk by chunk:
// the items, how many tokens of each the model knows, and their vectors, one after another, Dim
// values each; all are valid until fn returns. It reads ahead on another goroutine and encodes
// chunks on threads goroutines (0: one per core); a text from a slow pipe does not wait for others.
// fn is called on the goroutine of the caller, one call at a time, while the next chunks are being
// encoded. idle reports that no text was waiting behind the chunk, so that fn can flush its output.
// text is called on several goroutines. Memory is bounded whatever the length of the input.
//
//	read ──► queue ──► encode ──► order ──► fn
//	                   encode
//	                   …
//
// EncodeStream stops at the first error of read, fn or ctx and returns it after passing the
// items before it to fn. It cancels the context of read when it needs no more texts, and
// returns only after read has returned.
func EncodeStream[T any](ctx context.Context, e Model, read func(context.Context) iter.Seq2[T, error], text func(T) string, threads int,
	fn func(batch []T, known []int, vectors []float32, idle bool) error) error {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	own, _ := e.(*Encoder)
	q := newQueue[T](own == nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A panic in a library below is reported as an error of the input.
		defer func() {
			if v := recover(); v != nil {
				q.end(fmt.Errorf("reading the input: %w", fault.Recovered(v)))
			}
		}()
		for item, err := range read(ctx) {
			if err != nil {
				q.end(err)
				return
			}
			if !q.put(item, len(text(item))) {
				return
			}
		}
		q.end(nil)
	}()
	// No send on these channels blocks: there are as many chunks as places.
	free, order := make(chan *encoded[T], 2*threads+2), make(chan *encoded[T], 2*threads+2)
	for range cap(free) {
		free <- &encoded[T]{done: make(chan struct{}, 1)}
	}
	var encoding conc.WaitGroup
	defer func() {
		cancel()
		q.close()
		close(free)
		<-ended
		encoding.Wait() // and panics if one of them has
	}()
	var turn sync.Mutex
	next := func() *encoded[T] { // of the goroutine whose turn it is
		turn.Lock()
		defer turn.Unlock()
		c := <-free
		if c == nil {
			return nil
		}
		clear(c.items) // so that the texts can be freed
		clear(c.texts)
		if c.items, c.err = q.take(c.items); len(c.items) == 0 {
			c.done <- struct{}{}
			order <- c
			return nil
		}
		order <- c
		return c
	}
	for range threads {
		encoding.Go(func() {
			for c := next(); c != nil; c = next() {
				c.encode(ctx, e, own, q, text)
			}
		})
	}
	for c := range order {
		<-c.done
		if c.err != nil || len(c.items) == 0 {
			return c.err
		}
		if err := fn(c.items, c.known, c.vectors, len(order) == 0 && q.idle()); err != nil {
			return err
		}
		free <- c
	}
	return nil
}

// encoded is a chunk of texts.
type encoded[T any] struct {
	items   []T
	texts   []string
	known   []int
	vectors []float32
	err     error
	done    chan struct{} // has a value when they are encoded
}

// encode encodes the items on this goroutine. own is e, or nil if e is another model.
func (c *encoded[T]) encode(ctx context.Context, e Model, own *Encoder, q *queue[T], text func(T) string) {
	c.err = context.Canceled // unless it returns
	defer func() {
		q.done()
		c.done <- struct{}{}
	}()
	c.texts = c.texts[:0]
	for _, item := range c.items {
		c.texts = append(c.texts, text(item))
	}
	if own == nil {
		c.vectors, c.known, c.err = e.EncodeBatch(ctx, c.texts, 1)
		return
	}
	n := len(c.items)
	c.known = slices.Grow(c.known[:0], n)[:n]
	c.vectors = slices.Grow(c.vectors[:0], n*e.Dim())[:n*e.Dim()]
	c.err = own.encodeTexts(ctx, c.vectors, c.known, c.texts)
}
