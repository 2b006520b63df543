package sentence

import "sync"

// Bounds on what waits between reading and encoding.
const (
	queueTexts = 1024
	queueBytes = 4 << 20
)

// queue passes texts from the goroutine that reads to the one that encodes. The receiver takes
// all that are waiting, so a batch is small when texts arrive slowly and large when they arrive
// fast. The reader waits while the queue is full, so memory does not depend on the input.
type queue[T any] struct {
	mu      sync.Mutex
	changed sync.Cond
	items   []T
	bytes   int
	ended   bool
	err     error
	closed  bool
}

func newQueue[T any]() *queue[T] {
	q := &queue[T]{}
	q.changed.L = &q.mu
	return q
}

// put waits for room and adds an item whose text has size bytes. It returns false
// after close.
func (q *queue[T]) put(item T, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.items) > 0 && (len(q.items) >= queueTexts || q.bytes+size > queueBytes) {
		q.changed.Wait()
	}
	q.items = append(q.items, item)
	q.bytes += size
	q.changed.Broadcast()
	return !q.closed
}

// end marks the end of the input; err is why it ended early, or nil.
func (q *queue[T]) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended, q.err = true, err
	q.changed.Broadcast()
}

// take waits for items and returns all that are waiting; the queue then uses the memory of spare
// for the next ones. At the end of the input and after close it returns none; before an error it
// returns the items that preceded it.
func (q *queue[T]) take(spare []T) ([]T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.ended && !q.closed {
		q.changed.Wait()
	}
	if len(q.items) == 0 || q.closed {
		return nil, q.err
	}
	items := q.items
	q.items, q.bytes = spare[:0], 0
	q.changed.Broadcast()
	return items, nil
}

// idle reports whether take would wait.
func (q *queue[T]) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) == 0 && !q.ended
}

// close makes a waiting put or take return.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
