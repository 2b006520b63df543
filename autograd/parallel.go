package autograd

import "github.com/luminavec/luminavec/internal/kernel"

// Parallel is [kernel.Parallel].
func Parallel(threads, n, block int, fn func(from, to int)) { kernel.Parallel(threads, n, block, fn) }
