package sentence

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/sourcegraph/conc"

	"github.com/luminavec/luminavec/internal/fault"
)

// EncodeStream encodes the texts of read in their order and calls fn with them batch by batch:
// the items, how many tokens of each the model knows, and their vectors, one after another, Dim
// values each; all are valid until fn returns. It reads ahead on another goroutine and encodes
// whatever has arrived, on threads goroutines (0: one per core), so a text from a slow pipe is
// encoded at once, and those of a file in large batches. fn is called on the goroutine of the
// caller, one call at a time, while the next batch is being encoded. idle reports that no text was
// waiting behind the batch, so that fn can flush its output. Memory is bounded whatever the length
// of the input.
//
// EncodeStream stops at the first error of read, fn or ctx and returns it after passing the
// items before it to fn. It cancels the context of read when it needs no more texts, and
// returns only after read has returned.
func EncodeStream[T any](ctx context.Context, e Model, read func(context.Context) iter.Seq2[T, error], text func(T) string, threads int,
	fn func(batch []T, known []int, vectors []float32, idle bool) error) error {
	ctx, cancel := context.WithCancel(ctx)
	q := newQueue[T]()
	done := make(chan struct{})
	go func() {
		defer close(done)
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
	free, ready := make(chan *encoded[T], 2), make(chan *encoded[T], 1) // no send blocks: there are two batches
	for range cap(free) {
		free <- &encoded[T]{}
	}
	var encoding conc.WaitGroup
	defer func() {
		cancel()
		q.close()
		close(free)
		<-done
		encoding.Wait()
	}()
	encoding.Go(func() {
		defer close(ready)
		for b := range free {
			b.next(ctx, e, q, text, threads)
			ready <- b
			if b.err != nil || len(b.items) == 0 {
				return
			}
		}
	})
	for b := range ready {
		if b.err != nil || len(b.items) == 0 {
			return b.err
		}
		if err := fn(b.items, b.known, b.vectors, b.idle); err != nil {
			return err
		}
		free <- b
	}
	return nil
}

// encoded is a batch of texts.
type encoded[T any] struct {
	items   []T
	texts   []string
	known   []int
	vectors []float32
	idle    bool
	err     error
}

// next takes the next items of the queue and encodes them. There are none at the end.
func (b *encoded[T]) next(ctx context.Context, e Model, q *queue[T], text func(T) string, threads int) {
	clear(b.items) // so that the texts can be freed
	clear(b.texts)
	b.items, b.err = q.take(b.items)
	b.texts = b.texts[:0]
	for _, item := range b.items {
		b.texts = append(b.texts, text(item))
	}
	n := len(b.items)
	own, ok := e.(*Encoder)
	if !ok {
		if b.err == nil {
			b.vectors, b.known, b.err = e.EncodeBatch(ctx, b.texts, threads)
		}
		b.idle = q.idle()
		return
	}
	b.known = slices.Grow(b.known[:0], n)[:n]
	b.vectors = slices.Grow(b.vectors[:0], n*e.Dim())[:n*e.Dim()]
	if b.err == nil {
		b.err = own.encodeBatch(ctx, b.vectors, b.known, b.texts, threads)
	}
	b.idle = q.idle()
}
