package sentence

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// The reader runs ahead of the taker only as far as the bounds allow, and no
// line is lost or reordered.
func TestQueueBoundsAndOrder(t *testing.T) {
	q := newQueue[string](false)
	const n = 3 * queueTexts
	failed := errors.New("the disk is gone")
	go func() {
		for i := range n {
			q.put(fmt.Sprint(i), 1<<10)
		}
		q.end(failed)
	}()
	next := 0
	for {
		batch, err := q.take(nil)
		if len(batch) == 0 {
			if next != n || err != failed {
				t.Errorf("%d lines, then %v", next, err)
			}
			return
		}
		if size := len(batch) << 10; len(batch) > chunkTexts || size > chunkBytes {
			t.Fatalf("a chunk of %d lines, %d bytes", len(batch), size)
		}
		q.done()
		for _, line := range batch {
			if line != fmt.Sprint(next) {
				t.Fatalf("line %s, want %d", line, next)
			}
			next++
		}
	}
}

// A line larger than the bound passes alone.
func TestQueueLargeLine(t *testing.T) {
	q := newQueue[string](false)
	if !q.put("long", queueBytes+1) {
		t.Fatal("refused")
	}
	if batch, err := q.take(nil); len(batch) != 1 || err != nil {
		t.Fatalf("%d lines, %v", len(batch), err)
	}
}

// A reader that waits for room returns when the taker has failed.
func TestQueueClose(t *testing.T) {
	q := newQueue[string](false)
	for range queueTexts {
		q.put("", 0)
	}
	done := make(chan bool)
	go func() { done <- q.put("", 0) }()
	select {
	case <-done:
		t.Fatal("put did not wait for room")
	case <-time.After(10 * time.Millisecond):
	}
	q.close()
	select {
	case there := <-done:
		if there {
			t.Error("put reports that the queue is open")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("put waits forever")
	}
}

// What is there is taken at once, unless another chunk is being encoded: then a whole chunk is.
func TestQueueChunks(t *testing.T) {
	q := newQueue[int](false)
	q.put(1, 1)
	if got, _ := q.take(nil); len(got) != 1 {
		t.Fatal("first:", got)
	}
	taken := make(chan int)
	go func() {
		got, _ := q.take(nil)
		taken <- len(got)
	}()
	for i := range chunkTexts {
		select {
		case n := <-taken:
			t.Fatalf("took %d while another one was being encoded", n)
		case <-time.After(50 * time.Microsecond):
		}
		q.put(i, 1)
	}
	if n := <-taken; n != chunkTexts {
		t.Error("whole chunk:", n)
	}
	go func() {
		got, _ := q.take(nil)
		taken <- len(got)
	}()
	q.put(1, 1)
	q.done()
	q.done()
	if n := <-taken; n != 1 {
		t.Error("when all are done:", n)
	}
}

// Of a slow model, what is there is taken at once, by each goroutine.
func TestQueueSlow(t *testing.T) {
	q := newQueue[int](true)
	for want := range 2 {
		taken := make(chan int)
		go func() {
			got, _ := q.take(nil)
			taken <- len(got)
		}()
		q.put(want, 1)
		if n := <-taken; n != 1 {
			t.Errorf("goroutine %d took %d", want, n)
		}
	}
	for i := range 2 * slowTexts {
		q.put(i, 1)
	}
	if got, _ := q.take(nil); len(got) != slowTexts {
		t.Errorf("a chunk of %d", len(got))
	}
}
