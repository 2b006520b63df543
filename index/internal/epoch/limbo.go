package epoch

// Limbo holds values that nothing refers to anymore, until no goroutine can see them.
type Limbo[T any] struct {
	waiting []waiting[T]
	free    []T
}

// waiting is a value that goroutines with an earlier epoch may still see.
type waiting[T any] struct {
	value T
	epoch uint64
}

// Add adds values that were unlinked before the pool advanced to epoch.
func (l *Limbo[T]) Add(epoch uint64, values ...T) {
	for _, v := range values {
		l.waiting = append(l.waiting, waiting[T]{v, epoch})
	}
}

// Take removes a value that no goroutine can see and returns it, if there is one. oldest is
// Pool.Oldest.
func (l *Limbo[T]) Take(oldest func() uint64) (value T, ok bool) {
	if len(l.free) == 0 && len(l.waiting) > 0 {
		reached, n := oldest(), 0
		for ; n < len(l.waiting) && l.waiting[n].epoch <= reached; n++ {
			l.free = append(l.free, l.waiting[n].value)
		}
		l.waiting = l.waiting[n:]
	}
	n := len(l.free)
	if n == 0 {
		return value, false
	}
	value, l.free = l.free[n-1], l.free[:n-1]
	return value, true
}

// All returns all values.
func (l *Limbo[T]) All() []T {
	all := append([]T(nil), l.free...)
	for _, w := range l.waiting {
		all = append(all, w.value)
	}
	return all
}
