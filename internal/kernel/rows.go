package kernel

// A word whose vector is the mean of several rows, its own and those of its character
// n-grams, is composed with GatherRows and trained as a row of a small table;
// ScatterRows then distributes the change. Several goroutines may share the tables, as
// with the window kernels.

// GatherRows sets dst to scale times the sum of own, if it is not nil, and the rows ids of
// table. dst and own are stride long. It panics with PanicStride, PanicTable, PanicLength or
// PanicID if the arguments do not fit together.
func GatherRows(dst, own, table []float32, stride int, ids []int32, scale float32) {
	checkRows(table, stride, ids)
	if len(dst) < stride || own != nil && len(own) < stride {
		panic(PanicLength)
	}
	gatherRows(dst, own, table, stride, ids, scale)
}

// ScatterRows adds delta, which is stride long, to each of the rows ids of table;
// a row that is named twice receives it twice. It panics as GatherRows does.
func ScatterRows(table []float32, stride int, ids []int32, delta []float32) {
	checkRows(table, stride, ids)
	if len(delta) < stride {
		panic(PanicLength)
	}
	scatterRows(table, stride, ids, delta)
}

// Prefetch prefetches the cache lines of x, counted from its start. It changes no data.
func Prefetch(x []float32) { prefetch(x) }

// PrefetchRows prefetches the rows ids of table. It changes no data. It panics as
// GatherRows does.
func PrefetchRows(table []float32, stride int, ids []int32) {
	checkRows(table, stride, ids)
	prefetchRows(table, stride, ids)
}

// checkRows panics unless ids name rows of an aligned table.
func checkRows(table []float32, stride int, ids []int32) {
	if stride < Lanes || stride%Lanes != 0 {
		panic(PanicStride)
	}
	if len(table)%stride != 0 || !aligned(table) {
		panic(PanicTable)
	}
	rows := rowCount(table, stride)
	for _, id := range ids {
		if uint32(id) >= rows {
			panic(PanicID)
		}
	}
}
