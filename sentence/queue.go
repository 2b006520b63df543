package sentence

import "sync"

// Bounds on what waits between reading and encoding, and on what a goroutine encodes at a time:
// enough to keep scheduling cheap, and few enough that all goroutines have work.
const (
	queueTexts = 2048
	queueBytes = 4 << 20
	chunkTexts = 256
	chunkBytes = 128 << 10
	slowTexts  = 32 // chunkTexts of a slow model
)

// queue passes texts in chunks from the goroutine that reads to those that encode. A goroutine takes
// a whole chunk or, if no other one is encoding, all that is there of the next: chunks are small when
// texts arrive slowly. Of a slow model, whose texts take much longer than passing them, it takes what is
// there at once, so that few texts keep all goroutines busy. The reader waits while the queue is full, so
// memory does not depend on the input.
type queue[T any] struct {
	slow     bool
	mu       sync.Mutex
	room     sync.Cond // of the reader
	there    sync.Cond // of those that take
	whole    []chunk[T]
	next     chunk[T] // that is being filled
	spare    [][]T    // memory of chunks
	texts    int      // in all of them
	bytes    int
	encoding int // chunks that were taken and are not done
	ended    bool
	err      error
	closed   bool
}

// chunk has the items that are encoded together.
type chunk[T any] struct {
	items []T
	bytes int // of their texts
}

func newQueue[T any](slow bool) *queue[T] {
	q := &queue[T]{slow: slow}
	q.room.L, q.there.L = &q.mu, &q.mu
	return q
}

// put waits for room and adds an item whose text has size bytes. It returns false
// after close.
func (q *queue[T]) put(item T, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && q.texts > 0 && (q.texts >= queueTexts || q.bytes+size > queueBytes) {
		q.room.Wait()
	}
	if last := len(q.spare) - 1; q.next.items == nil && last >= 0 {
		q.next.items, q.spare = q.spare[last], q.spare[:last]
	}
	q.next.items = append(q.next.items, item)
	q.next.bytes += size
	q.texts++
	q.bytes += size
	if n := len(q.next.items); n >= chunkTexts || q.slow && n >= slowTexts || q.next.bytes >= chunkBytes {
		q.whole = append(q.whole, q.next)
		q.next = chunk[T]{}
		q.there.Signal()
	} else if n == 1 && (q.encoding == 0 || q.slow) {
		q.there.Signal()
	}
	return !q.closed
}

// end marks the end of the input; err is why it ended early, or nil.
func (q *queue[T]) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended, q.err = true, err
	q.there.Broadcast()
}

// take waits for items and returns a chunk of them, which the caller encodes and then calls done; the
// queue then uses the memory of spare for others. At the end of the input and after close it returns
// none; before an error it returns the items that preceded it.
func (q *queue[T]) take(spare []T) ([]T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.whole) == 0 && !q.ended && (len(q.next.items) == 0 || q.encoding > 0 && !q.slow) {
		q.there.Wait()
	}
	if q.closed || q.texts == 0 {
		return nil, q.err
	}
	taken := q.next
	if len(q.whole) > 0 {
		taken = q.whole[0]
		q.whole = append(q.whole[:0], q.whole[1:]...)
	} else {
		q.next = chunk[T]{}
	}
	if cap(spare) > 0 {
		q.spare = append(q.spare, spare[:0])
	}
	q.texts -= len(taken.items)
	q.bytes -= taken.bytes
	q.encoding++
	if q.texts <= queueTexts/2 && q.bytes <= queueBytes/2 { // waking a goroutine is not worth it for less
		q.room.Signal()
	}
	return taken.items, nil
}

// done reports that a chunk was encoded.
func (q *queue[T]) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.encoding--; q.encoding == 0 {
		q.there.Broadcast()
	}
}

// idle reports whether no text waits.
func (q *queue[T]) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.texts == 0 && !q.ended
}

// close makes a waiting put or take return.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	q.there.Broadcast()
}
