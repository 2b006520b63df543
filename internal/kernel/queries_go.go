//go:build (!amd64 && !arm64) || noasm

package kernel

func largest(x []float32) float32     { return largestGo(x) }
func largestFour(x []float32) float32 { return largestFourGo(x) }

func queryBytes(dst []int8, x []float32, step int, inverse float32) (int32, float32) {
	return queryBytesGo(dst, x, step, inverse)
}

func queryTables(tables []uint8, x []float32, inverse float32) (sum, below int32, rest float32) {
	return queryTablesGo(tables, x, inverse)
}

func signs(dst []uint64, x []float32) { signsGo(dst, x) }

func signSums(x, y []float32) (length, along float32) { return signSumsGo(x, y) }
