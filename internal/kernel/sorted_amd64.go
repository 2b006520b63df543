//go:build amd64 && !noasm

package kernel

func insertSorted(keys []uint64, n int, key uint64) int {
	if level == levelAVX512 {
		return insertSortedAVX512(&keys[0], n, key)
	}
	return insertSortedGo(keys, n, key)
}

func keysUpTo(dst []uint64, distances []float32, ids []int32, most uint64) int {
	if level == levelAVX512 {
		return keysUpToAVX512(&dst[0], &distances[0], &ids[0], len(ids), most)
	}
	return keysUpToGo(dst, distances, ids, most)
}
