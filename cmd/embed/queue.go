package main

import (
	"sync"

	"github.com/luminavec/luminavec/internal/cli"
)

// Bounds on what waits between reading and encoding.
const (
	queueLines = 4096
	queueBytes = 4 << 20
)

// queue hands lines from the goroutine that reads to the one that encodes. The
// taker gets all that wait, so a batch is small when lines come slowly and
// large when they come fast; the reader waits when the queue is full, so memory
// does not depend on the input.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	lines   []cli.Line
	bytes   int
	ended   bool
	err     error
	closed  bool
}

func newQueue() *queue {
	q := &queue{}
	q.changed.L = &q.mu
	return q
}

// put adds a line, and waits for room first. It returns false when the taker
// has gone.
func (q *queue) put(line cli.Line) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.lines) > 0 && (len(q.lines) >= queueLines || q.bytes+len(line.Text) > queueBytes) {
		q.changed.Wait()
	}
	q.lines = append(q.lines, line)
	q.bytes += len(line.Text)
	q.changed.Broadcast()
	return !q.closed
}

// end says that no line follows; err is why, nil at the end of the input.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended, q.err = true, err
	q.changed.Broadcast()
}

// take waits for lines and returns all there are. At the end of the input it
// returns none; after an error it returns the lines before it first.
func (q *queue) take() ([]cli.Line, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) == 0 && !q.ended {
		q.changed.Wait()
	}
	if len(q.lines) == 0 {
		return nil, q.err
	}
	lines := q.lines
	q.lines, q.bytes = nil, 0
	q.changed.Broadcast()
	return lines, nil
}

// idle says whether take would wait.
func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.lines) == 0 && !q.ended
}

// close lets a waiting put return.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
