package sentence

import (
	"context"
	"fmt"
	"iter"

	"github.com/luminavec/luminavec/internal/fault"
)

// EncodeStream encodes the texts of read in their order and calls fn with them batch by batch:
// the items, how many tokens of each the model knows, and their vectors, one after another, Dim
// values each. It reads ahead on another goroutine and encodes whatever has arrived, on threads
// goroutines (0: one per core), so a text from a slow pipe is encoded at once, and those of a
// file in large batches. idle reports that no text is waiting behind the batch, so that fn can
// flush its output. Memory is bounded whatever the length of the input.
//
// EncodeStream stops at the first error of read, fn or ctx and returns it after passing the
// items before it to fn. It cancels the context of read when it needs no more texts, and
// returns only after read has returned.
func EncodeStream[T any](ctx context.Context, e *Encoder, read func(context.Context) iter.Seq2[T, error], text func(T) string, threads int,
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
	defer func() {
		cancel()
		q.close()
		<-done
	}()
	var texts []string
	for {
		batch, err := q.take()
		if err != nil || len(batch) == 0 {
			return err
		}
		texts = texts[:0]
		for _, item := range batch {
			texts = append(texts, text(item))
		}
		vectors, known, err := e.EncodeBatch(ctx, texts, threads)
		if err != nil {
			return err
		}
		if err := fn(batch, known, vectors, q.idle()); err != nil {
			return err
		}
	}
}
