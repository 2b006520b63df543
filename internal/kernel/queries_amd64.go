//go:build amd64 && !noasm

package kernel

// The length of x is a positive multiple of 64 for all of these but signSums, for which it is one of Lanes.

func largest(x []float32) float32 {
	switch level {
	case levelAVX512:
		return largestAVX512(&x[0], len(x))
	case levelAVX2:
		return largestAVX2(&x[0], len(x))
	}
	return largestGo(x)
}

func largestFour(x []float32) float32 {
	switch level {
	case levelAVX512:
		return largestFourAVX512(&x[0], len(x))
	case levelAVX2:
		return largestFourAVX2(&x[0], len(x))
	}
	return largestFourGo(x)
}

func queryBytes(dst []int8, x []float32, step int, inverse float32) (int32, float32) {
	switch level {
	case levelAVX512:
		return queryBytesAVX512(&dst[0], &x[0], len(x)/64, step, inverse)
	case levelAVX2:
		return queryBytesAVX2(&dst[0], &x[0], len(x)/64, step, inverse)
	}
	return queryBytesGo(dst, x, step, inverse)
}

func queryTables(tables []uint8, x []float32, inverse float32) (sum, below int32, rest float32) {
	switch level {
	case levelAVX512:
		return queryTablesAVX512(&tables[0], &x[0], len(x), inverse)
	case levelAVX2:
		return queryTablesAVX2(&tables[0], &x[0], len(x), inverse)
	}
	return queryTablesGo(tables, x, inverse)
}

func signs(dst []uint64, x []float32) {
	switch level {
	case levelAVX512:
		signsAVX512(&dst[0], &x[0], len(x))
	case levelAVX2:
		signsAVX2(&dst[0], &x[0], len(x))
	default:
		signsGo(dst, x)
	}
}

func signSums(x, y []float32) (length, along float32) {
	switch level {
	case levelAVX512:
		return signSumsAVX512(&x[0], &y[0], len(x))
	case levelAVX2:
		return signSumsAVX2(&x[0], &y[0], len(x))
	}
	return signSumsGo(x, y)
}
