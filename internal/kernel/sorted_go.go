//go:build !amd64 || noasm

package kernel

func insertSorted(keys []uint64, n int, key uint64) int { return insertSortedGo(keys, n, key) }
