package autograd

import "github.com/luminavec/luminavec/internal/parallel"

// Parallel is [kernel.Parallel].
func Parallel(threads, n, block int, fn func(from, to int)) { parallel.For(threads, n, block, fn) }
