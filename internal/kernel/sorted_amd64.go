//go:build amd64 && !noasm

package kernel

func insertSorted(keys []uint64, n int, key uint64) int {
	if level == levelAVX512 {
		return insertSortedAVX512(&keys[0], n, key)
	}
	return insertSortedGo(keys, n, key)
}
