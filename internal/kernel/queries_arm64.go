//go:build arm64 && !noasm

package kernel

// The length of x is a positive multiple of 64 for all of these but signSums, for which it is one of Lanes.

func largest(x []float32) float32 {
	if level == levelGo {
		return largestGo(x)
	}
	return largestNEON(&x[0], len(x))
}

func largestFour(x []float32) float32 {
	if level == levelGo {
		return largestFourGo(x)
	}
	return largestFourNEON(&x[0], len(x))
}

func queryBytes(dst []int8, x []float32, step int, inverse float32) (int32, float32) {
	if level == levelGo {
		return queryBytesGo(dst, x, step, inverse)
	}
	return queryBytesNEON(&dst[0], &x[0], len(x)/64, step, inverse)
}

func queryTables(tables []uint8, x []float32, inverse float32) (sum, below int32, rest float32) {
	if level == levelGo {
		return queryTablesGo(tables, x, inverse)
	}
	return queryTablesNEON(&tables[0], &x[0], len(x), inverse)
}

func signs(dst []uint64, x []float32) {
	if level == levelGo {
		signsGo(dst, x)
		return
	}
	signsNEON(&dst[0], &x[0], len(x))
}

func signSums(x, y []float32) (length, along float32) {
	if level == levelGo {
		return signSumsGo(x, y)
	}
	return signSumsNEON(&x[0], &y[0], len(x))
}
