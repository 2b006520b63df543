package parallel

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// Every number is passed to exactly one call, whatever the number of threads, also in loops within
// loops and with many callers.
func TestFor(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 64} {
		for _, n := range []int{0, 1, 7, 64, 1000} {
			counts := make([]atomic.Int32, n)
			For(threads, n, 7, func(from, to int) {
				if from%7 != 0 || to != min(from+7, n) {
					t.Errorf("part from %d to %d", from, to)
				}
				For(threads, to-from, 2, func(lo, hi int) {
					for i := from + lo; i < from+hi; i++ {
						counts[i].Add(1)
					}
				})
			})
			for i := range counts {
				if c := counts[i].Load(); c != 1 {
					t.Fatalf("%d threads: %d of %d was passed %d times", threads, i, n, c)
				}
			}
		}
	}
}

func TestCallers(t *testing.T) {
	const callers = 20
	done := make(chan int64)
	for range callers {
		go func() {
			var sum atomic.Int64
			for range 50 {
				For(4, 100, 3, func(from, to int) {
					for i := from; i < to; i++ {
						sum.Add(int64(i))
					}
				})
			}
			done <- sum.Load()
		}()
	}
	for range callers {
		if sum := <-done; sum != 50*4950 {
			t.Errorf("sum %d", sum)
		}
	}
}

// A panic reaches the caller after all other parts are done, and the next loop works.
func TestPanics(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for range 20 {
		var done atomic.Int32
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			For(4, 20, 1, func(from, _ int) {
				if from%2 == 1 {
					panic("odd")
				}
				done.Add(1)
			})
		}()
		if done.Load() != 10 {
			t.Fatalf("%d parts were done", done.Load())
		}
	}
}

// Helpers end after a while.
func TestHelpersEnd(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	For(4, 100, 1, func(int, int) {})
	for helpers.size.Load() > 0 || len(helpers.calls) > 0 {
		runtime.Gosched()
	}
	For(4, 100, 1, func(int, int) {})
}
