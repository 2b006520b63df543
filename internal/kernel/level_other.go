//go:build !amd64 || noasm

package kernel

// Level names the instruction set that the kernels use: "avx512", "avx2" or
// "go".
func Level() string { return "go" }

func dot(x, y []float32) float32                     { return dotGo(x, y) }
func squaredDistance(x, y []float32) float32         { return squaredDistanceGo(x, y) }
func axpy(dst []float32, alpha float32, x []float32) { axpyGo(dst, alpha, x) }
func scale(dst []float32, alpha float32)             { scaleGo(dst, alpha) }
func dots(dst, q, rows []float32, stride int)        { dotsGo(dst, q, rows, stride) }

func gatherRows(dst, own, table []float32, stride int, ids []int32, scale float32) {
	gatherRowsGo(dst, own, table, stride, ids, scale)
}

func scatterRows(table []float32, stride int, ids []int32, delta []float32) {
	scatterRowsGo(table, stride, ids, delta)
}

func multiplyAdd(dst []float32, alpha float32, x, y []float32) { multiplyAddGo(dst, alpha, x, y) }

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) { t.distancesGo(dst, q, ids) }

func tileSize() (height, width int) { return tileHeightGo, tileWidthGo }

func gemmTile(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	gemmTileGo(c, ldc, a, b, depth, alpha, beta)
}

func packRows(dst []float32, width int, src []float32, ld, n, lanes int) {
	packRowsGo(dst, width, src, ld, n, lanes)
}

func packColumns(dst []float32, width int, src []float32, ld, n, lanes int) {
	packColumnsGo(dst, width, src, ld, n, lanes)
}

func prefetch([]float32) {}

func prefetchRows([]float32, int, []int32) {}

type assemblyScratch struct{}

func newAssemblyScratch(maxContext, outputs int) assemblyScratch { return assemblyScratch{} }

func (assemblyScratch) place([]float32) {}

func skipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	return skipGramGo(in, out, stride, batch, outputs, alpha, s)
}

func cbow(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) float64 {
	return cbowGo(in, out, stride, batch, outputs, alpha, average, s)
}

func labelledSkipGram(in, out []float32, batch []int32, alpha float32, s *WindowScratch) float64 {
	return labelledSkipGramGo(in, out, batch, alpha, s)
}

func labelledCBOW(in, out, position []float32, batch []int32, alpha float32, average bool, s *WindowScratch) float64 {
	return labelledCBOWGo(in, out, position, batch, alpha, average, s)
}
