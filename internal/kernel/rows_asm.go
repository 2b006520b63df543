//go:build (amd64 || arm64) && !noasm

package kernel

func prefetch(x []float32) {
	if level != levelGo && len(x) > 0 {
		prefetchAssembly(&x[0], 4*len(x))
	}
}

// prefetchRows treats a negative id as the complement of a row.
func prefetchRows(table []float32, stride int, ids []int32) {
	if level != levelGo && len(ids) > 0 {
		prefetchRowsAssembly(&table[0], &ids[0], len(ids), 4*stride)
	}
}
