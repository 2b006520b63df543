//go:build !amd64 || noasm

package kernel

func insertSorted(keys []uint64, n int, key uint64) int { return insertSortedGo(keys, n, key) }

func keysUpTo(dst []uint64, distances []float32, ids []int32, most uint64) int {
	return keysUpToGo(dst, distances, ids, most)
}
