package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/cli"
)

// The reader runs ahead of the taker only as far as the bounds allow, and no
// line is lost or reordered.
func TestQueueBoundsAndOrder(t *testing.T) {
	q := newQueue()
	const n = 3 * queueLines
	failed := errors.New("the disk is gone")
	go func() {
		for i := range n {
			q.put(cli.Line{Number: int64(i), Text: strings.Repeat("x", 1<<10)})
		}
		q.end(failed)
	}()
	next := int64(0)
	for {
		batch, err := q.take()
		if len(batch) == 0 {
			if next != n || err != failed {
				t.Errorf("%d lines, then %v", next, err)
			}
			return
		}
		if size := len(batch) << 10; len(batch) > queueLines || size > queueBytes {
			t.Fatalf("a batch of %d lines, %d bytes", len(batch), size)
		}
		for _, line := range batch {
			if line.Number != next {
				t.Fatalf("line %d, want %d", line.Number, next)
			}
			next++
		}
	}
}

// A line larger than the bound passes alone.
func TestQueueLargeLine(t *testing.T) {
	q := newQueue()
	if !q.put(cli.Line{Text: strings.Repeat("x", queueBytes+1)}) {
		t.Fatal("refused")
	}
	if batch, err := q.take(); len(batch) != 1 || err != nil {
		t.Fatalf("%d lines, %v", len(batch), err)
	}
}

// A reader that waits for room is let go when the taker has failed.
func TestQueueClose(t *testing.T) {
	q := newQueue()
	for range queueLines {
		q.put(cli.Line{})
	}
	done := make(chan bool)
	go func() { done <- q.put(cli.Line{}) }()
	select {
	case <-done:
		t.Fatal("put did not wait for room")
	case <-time.After(10 * time.Millisecond):
	}
	q.close()
	select {
	case there := <-done:
		if there {
			t.Error("put says that the taker is still there")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("put waits for ever")
	}
}
